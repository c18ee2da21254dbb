using System.Runtime.InteropServices;
using SeekSharp.Models;

namespace SeekSharp.Inference;

/// <summary>Tokens that an engine has seen, with their cache pages.</summary>
public sealed class Sequence : IDisposable
{
    private readonly List<int> _tokens;

    internal Sequence(Engine engine, SequencePages pages, RouterTrace? trace, int capacity)
    {
        Engine = engine;
        Pages = pages;
        Trace = trace;
        _tokens = new List<int>(capacity);
    }

    /// <summary>Number of tokens so far.</summary>
    public int Length => _tokens.Count;

    /// <summary>The tokens so far.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    internal Engine Engine { get; }
    internal SequencePages Pages { get; }
    internal RouterTrace? Trace { get; }

    /// <summary>
    /// Takes the front of a prompt from the cache, where another sequence has computed the same tokens before; call it on an empty sequence, then
    /// append the rest.
    /// </summary>
    /// <param name="prompt">The whole prompt.</param>
    /// <returns>How many tokens of the prompt are in the sequence now; always less than the prompt has.</returns>
    /// <exception cref="InvalidOperationException">The sequence is not empty.</exception>
    public int ReusePrefix(ReadOnlySpan<int> prompt)
    {
        if (Length > 0) throw new InvalidOperationException("Only an empty sequence can reuse a prefix.");
        if (Trace is not null) return 0;
        int count = Pages.ReusePrefix(prompt);
        _tokens.AddRange(prompt[..count]);
        return count;
    }

    /// <summary>Begins to take what a shelf has of a prompt, behind what the sequence has already; nothing else may be done with the sequence until <see cref="EndLoad"/>.</summary>
    /// <returns>What is to be read, or null where there is nothing.</returns>
    internal PrefixLoad? BeginLoad(ReadOnlySpan<int> prompt, PrefixShelf shelf) => Trace is null ? Pages.BeginLoad(prompt, shelf) : null;

    /// <summary>Takes what was read.</summary>
    internal void EndLoad(PrefixLoad load, ReadOnlySpan<int> prompt)
    {
        int length = Pages.EndLoad(load);
        _tokens.AddRange(prompt[Length..length]);
    }

    /// <summary>A second sequence with the same tokens; they share cache pages until one of them writes.</summary>
    /// <param name="trace">Observes or replays the choice of experts from here on, or null.</param>
    /// <returns>The new sequence.</returns>
    public Sequence Fork(RouterTrace? trace = null)
    {
        var fork = new Sequence(Engine, Pages.Fork(publishes: trace is not { IsReplay: true }), trace, _tokens.Capacity);
        fork._tokens.AddRange(_tokens);
        return fork;
    }

    /// <summary>Forgets the last tokens.</summary>
    /// <param name="length">Tokens to keep.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sequence is shorter, or the length is negative.</exception>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Trace?.Forget(Engine.Model.Config.LayerCount, length, Length);
        Cut(length);
    }

    /// <summary>Gives the cache pages back to the engine. A trace keeps what it has observed.</summary>
    public void Dispose() => Cut(0);

    /// <param name="tokens">Tokens that are computed.</param>
    /// <param name="draftCount">How many of the last ones may yet be cut off.</param>
    internal void Append(ReadOnlySpan<int> tokens, int draftCount = 0)
    {
        _tokens.AddRange(tokens);
        Pages.PublishFullPages(Tokens[..^draftCount]);
    }

    /// <summary>Keeps the first tokens for good and forgets the rest, which were drafts.</summary>
    internal void Settle(int length)
    {
        if (length < Length) Truncate(length);
        Pages.PublishFullPages(Tokens);
    }

    private void Cut(int length)
    {
        Pages.Truncate(length);
        _tokens.RemoveRange(length, Length - length);
    }
}

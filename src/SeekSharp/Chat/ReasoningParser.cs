using SeekSharp.Inference;

namespace SeekSharp.Chat;

/// <summary>
/// Splits the text of a reply into reasoning and answer as it arrives. Reasoning stands between &lt;think&gt; and &lt;/think&gt; at the start of a
/// reply; the prompt may have opened it already. A tag never comes through, nor half of one. White space around the tags belongs to the format and is
/// left out, as is white space at the start of an answer.
/// </summary>
internal sealed class ReasoningParser
{
    /// <summary>Starts the reasoning.</summary>
    public const string Open = ReasoningLimit.Open;

    /// <summary>Ends the reasoning.</summary>
    public const string Close = ReasoningLimit.Close;

    private readonly bool _startsInside;
    private State _state;
    private string _held = "";
    private bool _atStart = true;
    private int _undecidedTokens;

    /// <summary>Starts a reply.</summary>
    /// <param name="thinks">Whether the model may think: if not, all is answer and tags are text.</param>
    /// <param name="startsInside">Whether the prompt ends with an open &lt;think&gt;.</param>
    /// <param name="continues">Whether the reply continues text that is there already: white space at its start is then a part of it.</param>
    public ReasoningParser(bool thinks, bool startsInside, bool continues = false)
    {
        _atStart = !continues;
        _startsInside = startsInside;
        _state = thinks || startsInside ? State.Start : State.Answer;
    }

    private enum State
    {
        /// <summary>Nothing has come yet that decides.</summary>
        Start,
        Reasoning,
        Answer,
    }

    /// <summary>The part that the reply is in, as far as is known.</summary>
    public ReplyPart Part => _state == State.Reasoning || (_state == State.Start && _startsInside) ? ReplyPart.Reasoning : ReplyPart.Answer;

    /// <summary>Tokens of the reasoning so far, those of its tags included.</summary>
    public int ReasoningTokens { get; private set; }

    /// <summary>Takes the text of one token.</summary>
    /// <param name="text">The text, often empty; tags under their spelling.</param>
    /// <returns>What is certain now: at most a piece of reasoning and a piece of the answer.</returns>
    public IReadOnlyList<ReplyPiece> Add(string text)
    {
        if (_state == State.Start) _undecidedTokens++;
        if (_state == State.Reasoning) ReasoningTokens++;
        return Take(text);
    }

    /// <summary>Takes text that belongs to no token of its own.</summary>
    /// <param name="text">The text.</param>
    /// <returns>What is certain now.</returns>
    public IReadOnlyList<ReplyPiece> Take(string text)
    {
        List<ReplyPiece> pieces = [];
        _held += text;
        if (_state == State.Start && !TryLeaveStart()) return pieces;
        if (_state == State.Reasoning) TakeReasoning(pieces);
        if (_state == State.Answer) Emit(ReplyPart.Answer, _held.Length, pieces);
        return pieces;
    }

    /// <summary>Says that no text follows.</summary>
    /// <returns>What was held back: text that only looked like the beginning of a tag.</returns>
    public IReadOnlyList<ReplyPiece> Flush()
    {
        List<ReplyPiece> pieces = [];
        if (_state == State.Start) Enter(_startsInside ? State.Reasoning : State.Answer);
        if (_state == State.Reasoning) _held = _held.TrimEnd();
        Emit(_state == State.Reasoning ? ReplyPart.Reasoning : ReplyPart.Answer, _held.Length, pieces);
        return pieces;
    }

    /// <summary>Decides what the reply starts with, as soon as it is not a beginning of a tag any more.</summary>
    private bool TryLeaveStart()
    {
        _held = _held.TrimStart();
        if (Open.StartsWith(_held, StringComparison.Ordinal) && _held.Length < Open.Length) return false;
        if (Close.StartsWith(_held, StringComparison.Ordinal) && _held.Length < Close.Length) return false;
        if (_held.StartsWith(Open, StringComparison.Ordinal))
        {
            _held = _held[Open.Length..];
            Enter(State.Reasoning);
        }
        else
        {
            // A model that closes what it never opened has not thought.
            Enter(_startsInside || _held.StartsWith(Close, StringComparison.Ordinal) ? State.Reasoning : State.Answer);
        }

        return true;
    }

    private void TakeReasoning(List<ReplyPiece> pieces)
    {
        int close = _held.IndexOf(Close, StringComparison.Ordinal);
        int end = close >= 0 ? close : _held.Length - LengthOfHalfTag();
        Emit(ReplyPart.Reasoning, _held.AsSpan(0, end).TrimEnd().Length, pieces);
        if (close < 0) return;
        _held = _held[(_held.IndexOf(Close, StringComparison.Ordinal) + Close.Length)..];
        Enter(State.Answer);
    }

    private void Enter(State state)
    {
        if (_state == State.Start && state == State.Reasoning) ReasoningTokens = _undecidedTokens;
        _state = state;
        _atStart = true;
    }

    /// <summary>Lets the first characters of what is held through.</summary>
    private void Emit(ReplyPart part, int length, List<ReplyPiece> pieces)
    {
        ReadOnlySpan<char> text = _held.AsSpan(0, length);
        if (_atStart) text = text.TrimStart();
        if (!text.IsEmpty)
        {
            _atStart = false;
            pieces.Add(new ReplyPiece(part, text.ToString()));
        }

        _held = _held[length..];
    }

    /// <summary>Length of the longest end of what is held that the closing tag begins with.</summary>
    private int LengthOfHalfTag()
    {
        for (int length = Math.Min(Close.Length - 1, _held.Length); length > 0; length--)
            if (_held.AsSpan(_held.Length - length).SequenceEqual(Close.AsSpan(0, length))) return length;
        return 0;
    }
}

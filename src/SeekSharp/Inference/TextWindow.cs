using SeekSharp.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Inference;

/// <summary>How a text is cut into windows, each of which a model reads from an empty cache.</summary>
public sealed record TextWindowOptions
{
    /// <summary>Tokens of a window, at least 4.</summary>
    public int Context { get; init; } = 512;

    /// <summary>Most windows, from the start of the text; 0 takes all.</summary>
    public int Chunks { get; init; }

    /// <summary>
    /// Tokens from window to window. 0: windows lie behind one another, each starts with the beginning-of-text token where the model adds one (in the
    /// place of the text's own token), and its second half is scored. Above 0: windows overlap, keep their own first token, and the last
    /// <see cref="Stride"/> tokens of each are scored.
    /// </summary>
    public int Stride { get; init; }
}

/// <summary>A part of a text with the positions whose next token is scored.</summary>
/// <param name="Tokens">All tokens.</param>
/// <param name="First">First position whose next token is scored.</param>
/// <param name="Count">Number of scored tokens: those behind <paramref name="First"/>.</param>
internal readonly record struct TextWindow(int[] Tokens, int First, int Count)
{
    /// <summary>The tokens that are scored.</summary>
    public ReadOnlySpan<int> Targets => Tokens.AsSpan(First + 1, Count);

    /// <summary>All tokens of a text as llama.cpp's tools take them: the beginning-of-text token where the model adds one, then the text.</summary>
    /// <exception cref="ModelFormatException">The tokenizer has tokens for which the model has no logits.</exception>
    public static int[] Tokenize(LanguageModel model, string text)
    {
        Tokenizer tokenizer = model.Tokenizer;
        IReadOnlyList<int> tokens = tokenizer.Encode(text);
        int[] all = tokenizer is { AddsBeginningOfText: true, BeginningOfText: { } beginning } ? [beginning, .. tokens] : [.. tokens];
        int most = model.Config.VocabularySize;
        return Array.Find(all, token => token >= most) is > 0 and var strange
            ? throw new ModelFormatException($"The tokenizer gives token {strange}, but the model's vocabulary has {most}.")
            : all;
    }

    /// <summary>Cuts a text into windows as llama.cpp's perplexity tool does (tools/perplexity/perplexity.cpp: perplexity, and perplexity_v2 with a stride).</summary>
    /// <param name="tokens">The text.</param>
    /// <param name="tokenizer">Says whether windows start with a beginning-of-text token.</param>
    /// <param name="options">How to cut.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or the text is shorter than two windows.</exception>
    public static TextWindow[] Cut(int[] tokens, Tokenizer tokenizer, TextWindowOptions options)
    {
        (int context, int stride) = (options.Context, options.Stride);
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 4, "The context");
        ArgumentOutOfRangeException.ThrowIfNegative(options.Chunks, "The number of chunks");
        ArgumentOutOfRangeException.ThrowIfNegative(stride, "The stride");
        if (stride >= context) throw new ArgumentException($"A stride of {stride} leaves no token of a window of {context} to start from; give less.", nameof(options));
        if (tokens.Length < 2L * context)
            throw new ArgumentException($"The text has {tokens.Length} tokens; windows of {context} need at least {2L * context}.", nameof(tokens));

        int all = stride == 0 ? tokens.Length / context : (tokens.Length - context + stride - 1) / stride;
        var windows = new TextWindow[options.Chunks == 0 ? all : Math.Min(options.Chunks, all)];
        for (int i = 0; i < windows.Length; i++)
        {
            int[] window = tokens.AsSpan(i * (stride == 0 ? context : stride), context).ToArray();
            // The tool means to do this with a stride too, but only after the window is computed; its numbers are what others compare with.
            if (stride == 0 && tokenizer.AddsBeginningOfText) window[0] = tokenizer.BeginningOfText ?? window[0];
            windows[i] = stride == 0
                ? new TextWindow(window, context / 2, context - 1 - context / 2)
                : new TextWindow(window, context - 1 - stride, stride);
        }

        return windows;
    }
}

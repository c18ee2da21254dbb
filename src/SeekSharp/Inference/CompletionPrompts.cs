using SeekSharp.Tokenizers;

namespace SeekSharp.Inference;

/// <summary>Prompts of plain text: for completion, and for filling a gap with the tokens that a model was trained for (fill in the middle, arXiv 2207.14255 §3).</summary>
public sealed class CompletionPrompts
{
    // Each family's tokens in front of the prefix, in front of the suffix, and in front of what is to be written; all of them put the suffix second (PSM).
    private static readonly (string Prefix, string Suffix, string Middle)[] s_spellings =
    [
        ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"), // DeepSeek
        ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"), // Qwen
        ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ];

    private readonly Tokenizer _tokenizer;
    private readonly (int Prefix, int Suffix, int Middle)? _tokens;

    /// <summary>Looks for the tokens of a model.</summary>
    /// <param name="tokenizer">Its tokenizer.</param>
    public CompletionPrompts(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        foreach (var (prefix, suffix, middle) in s_spellings)
        {
            if (tokenizer.FindToken(prefix) is { } first && tokenizer.FindToken(suffix) is { } second && tokenizer.FindToken(middle) is { } third)
                _tokens ??= (first, second, third);
        }
    }

    /// <summary>Whether the model can fill gaps.</summary>
    public bool CanFill => _tokens is not null;

    /// <summary>A prompt whose reply continues a text.</summary>
    /// <param name="text">The text; special tokens that it spells are text.</param>
    /// <returns>Tokens, with that of the beginning where the model wants it. Empty where there is neither text nor such a token.</returns>
    public int[] Continue(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. Beginning, .. _tokenizer.Encode(text)];
    }

    /// <summary>A prompt whose reply stands between two texts.</summary>
    /// <param name="prefix">Text in front of the gap.</param>
    /// <param name="suffix">Text behind it.</param>
    /// <returns>Tokens.</returns>
    /// <exception cref="NotSupportedException">The model has no tokens for that.</exception>
    public int[] Fill(string prefix, string suffix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(suffix);
        if (_tokens is not { } tokens) throw new NotSupportedException("The model cannot fill gaps: its vocabulary has no tokens for that. Leave the suffix out.");
        return [.. Beginning, tokens.Prefix, .. _tokenizer.EncodePlain(prefix, isFirst: false), tokens.Suffix, .. _tokenizer.EncodePlain(suffix, isFirst: false), tokens.Middle];
    }

    private int[] Beginning => _tokenizer is { AddsBeginningOfText: true, BeginningOfText: { } beginning } ? [beginning] : [];
}

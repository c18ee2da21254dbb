using SeekSharp.Formats;

namespace SeekSharp.Tokenizers;

/// <summary>Text to token ids and back. Immutable: one instance serves any number of threads.</summary>
public abstract class Tokenizer
{
    /// <summary>Number of tokens.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The token that starts a text, where the model has one.</summary>
    public abstract int? BeginningOfText { get; }

    /// <summary>Tokens that end a reply (end of sentence, end of turn).</summary>
    public abstract IReadOnlySet<int> EndOfText { get; }

    /// <summary>The one of <see cref="EndOfText"/> that the file names ("eos_token" of chat templates), or null.</summary>
    public virtual int? EndOfSentence => null;

    /// <summary>Whether the model expects <see cref="BeginningOfText"/> in front of a raw text.</summary>
    public abstract bool AddsBeginningOfText { get; }

    /// <summary>Whether a space is put in front of a text, to be left out again where the text starts (SentencePiece).</summary>
    internal virtual bool AddsSpace => false;

    /// <summary>Reads the tokenizer of a model file.</summary>
    /// <param name="file">GGUF file or Hugging Face folder.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="ModelFormatException">The file has no tokenizer, a damaged one, or one of a kind that is not supported.</exception>
    public static Tokenizer FromModel(ModelFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return VocabularyTokenizer.Create(file switch
        {
            GgufFile gguf => GgufTokenizer.Read(gguf.Metadata, gguf.Path),
            HuggingFaceFolder folder => HuggingFaceTokenizer.Read(folder),
            _ => throw new ModelFormatException($"{file.Path}: no tokenizer can be read from this kind of file."),
        });
    }

    /// <summary>Cuts a text into tokens, without a beginning-of-text token.</summary>
    /// <param name="text">Any text; unpaired surrogates become U+FFFD.</param>
    /// <param name="parseSpecial">
    /// True: special tokens written in the text ("&lt;|im_start|&gt;") become that token. False: they are ordinary text, so that a user's text can
    /// never become a control token.
    /// </param>
    /// <returns>Token ids.</returns>
    public abstract IReadOnlyList<int> Encode(string text, bool parseSpecial = false);

    /// <summary>
    /// Whether only a template may write a token: control tokens, and others that are spelled like a tag (&lt;think&gt;, &lt;tool_call&gt;), which
    /// some files declare as ordinary added tokens.
    /// </summary>
    /// <param name="token">Token id.</param>
    /// <returns>True where the text of a message must not become this token.</returns>
    internal virtual bool IsMarkup(int token) => IsSpecial(token);

    /// <summary>Cuts a part of a prompt that is not markup into tokens: whatever is written in it, it becomes no markup.</summary>
    /// <param name="text">Any text; unpaired surrogates become U+FFFD.</param>
    /// <param name="isFirst">Whether no token stands before it.</param>
    /// <returns>Token ids.</returns>
    internal virtual IReadOnlyList<int> EncodePlain(string text, bool isFirst) => Encode(text);

    /// <summary>Bytes of one token as they appear in the text (UTF-8; a token may be a part of a character).</summary>
    /// <param name="token">Token id.</param>
    /// <returns>The bytes; for special tokens the UTF-8 of their spelling.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public abstract ReadOnlySpan<byte> TokenBytes(int token);

    /// <summary>Whether a token is a control token that is not part of the text.</summary>
    /// <param name="token">Token id.</param>
    /// <returns>True for control tokens.</returns>
    public abstract bool IsSpecial(int token);

    /// <summary>The id of a token by its exact spelling in the vocabulary ("&lt;think&gt;").</summary>
    /// <param name="spelling">The spelling.</param>
    /// <returns>The id, or null.</returns>
    public abstract int? FindToken(string spelling);

    /// <summary>Text of many tokens.</summary>
    /// <param name="tokens">Token ids.</param>
    /// <param name="includeSpecial">Whether control tokens appear under their spelling; otherwise they are left out.</param>
    /// <returns>The text; bytes that are no UTF-8 become U+FFFD.</returns>
    public abstract string Decode(IEnumerable<int> tokens, bool includeSpecial = false);
}

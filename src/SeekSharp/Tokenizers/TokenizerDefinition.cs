namespace SeekSharp.Tokenizers;

/// <summary>How a tokenizer writes text in its vocabulary.</summary>
internal enum TokenizerKind
{
    /// <summary>BPE over the bytes of words, each byte under a printable stand-in (GPT-2's alphabet).</summary>
    ByteLevel,
    /// <summary>BPE over characters, spaces written as "▁", characters without a token written as bytes (SentencePiece).</summary>
    SentencePiece,
}

/// <summary>What a token is, numbered as GGUF numbers it.</summary>
internal enum TokenType : byte
{
    /// <summary>Text.</summary>
    Normal = 1,
    /// <summary>Stands for what has no token.</summary>
    Unknown = 2,
    /// <summary>Steers the model ("&lt;|im_start|&gt;"); never part of a text.</summary>
    Control = 3,
    /// <summary>Text that is always one token ("&lt;think&gt;").</summary>
    UserDefined = 4,
    /// <summary>Fills the vocabulary up; never produced.</summary>
    Unused = 5,
    /// <summary>One byte, spelled "&lt;0x0A&gt;".</summary>
    Byte = 6,
}

/// <summary>Where SentencePiece puts a space that the text does not have.</summary>
internal enum SpacePrefix
{
    /// <summary>Nowhere.</summary>
    None,
    /// <summary>In front of the text.</summary>
    Text,
    /// <summary>In front of every stretch of text: at the start and after each special token.</summary>
    EveryStretch,
}

/// <summary>White space that an added token swallows ("lstrip" and "rstrip" of tokenizer.json).</summary>
/// <param name="Before">White space in front of the token disappears.</param>
/// <param name="After">White space behind the token disappears.</param>
internal readonly record struct TokenStripping(bool Before, bool After);

/// <summary>Everything about a tokenizer, whatever file it comes from. Checked by its readers and by <see cref="VocabularyTokenizer"/>.</summary>
internal sealed record TokenizerDefinition
{
    /// <summary>Most tokens that a vocabulary may have.</summary>
    public const int MaximumTokens = 1 << 22;

    /// <summary>What it was read from, for messages.</summary>
    public required string Source { get; init; }
    /// <summary>How text is written in the vocabulary.</summary>
    public required TokenizerKind Kind { get; init; }
    /// <summary>How text is cut into words before merging; none for SentencePiece.</summary>
    public PreTokenizer? PreTokenizer { get; init; }
    /// <summary>Spelling of each token in the vocabulary; unique unless empty.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }
    /// <summary>
    /// Size of the model's vocabulary where it is larger than the list of tokens; the ids behind the list are unused. A number, not a longer list: a
    /// file of 1 KB can name a vocabulary of millions.
    /// </summary>
    public int VocabularySize { get; init; }
    /// <summary>Type of each token.</summary>
    public required IReadOnlyList<TokenType> Types { get; init; }
    /// <summary>SentencePiece: score of each token, the higher is merged first. Null where <see cref="Merges"/> orders the merges.</summary>
    public IReadOnlyList<float>? Scores { get; init; }
    /// <summary>Pairs that merge, the first merged first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; init; } = [];
    /// <summary>Whether a word that is a token is that token, whatever the merges say (Llama 3).</summary>
    public bool IgnoresMerges { get; init; }
    /// <summary>Whether text is brought into Unicode's form C first.</summary>
    public bool NormalizesToFormC { get; init; }
    /// <summary>Where a space is put in front.</summary>
    public SpacePrefix SpacePrefix { get; init; }
    /// <summary>Added tokens that swallow white space, by id.</summary>
    public IReadOnlyDictionary<int, TokenStripping> Stripping { get; init; } = new Dictionary<int, TokenStripping>();
    /// <summary>The token that starts a text.</summary>
    public int? BeginningOfText { get; init; }
    /// <summary>Whether the model expects it.</summary>
    public bool AddsBeginningOfText { get; init; }
    /// <summary>Tokens that end a reply.</summary>
    public required IReadOnlySet<int> EndOfText { get; init; }
    /// <summary>The one of them that the file names as the end of a text.</summary>
    public int? EndOfSentence { get; init; }
    /// <summary>SentencePiece: what stands for a character without token and without byte tokens.</summary>
    public int? Unknown { get; init; }
}

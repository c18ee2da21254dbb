using System.Runtime.InteropServices;
using System.Text;
using SeekSharp.Formats;

namespace SeekSharp.Tokenizers;

/// <summary>What all tokenizers share: the vocabulary, the special tokens, the way back to text.</summary>
internal abstract class VocabularyTokenizer : Tokenizer
{
    private const int LongestSpecialToken = 1024;

    private readonly SpecialTokenMatcher _special;
    private readonly SpecialTokenMatcher _userDefined;
    private readonly SpecialTokenMatcher _plain;
    private readonly IReadOnlyDictionary<int, TokenStripping> _stripping;
    private readonly bool _normalizesToFormC;

    /// <summary>Takes over what a definition says, after checking it.</summary>
    /// <param name="definition">The definition.</param>
    /// <exception cref="ModelFormatException">The definition contradicts itself.</exception>
    protected VocabularyTokenizer(TokenizerDefinition definition)
    {
        Vocabulary = new Vocabulary(definition);
        _special = CreateMatcher(definition, TokenType.Control, TokenType.UserDefined, TokenType.Unknown);
        _userDefined = CreateMatcher(definition, TokenType.UserDefined);
        _plain = CreateMatcher(definition, token => Vocabulary.TypeOf(token) == TokenType.UserDefined && !IsTag(token));
        _stripping = definition.Stripping;
        _normalizesToFormC = definition.NormalizesToFormC;
        foreach (int token in (IEnumerable<int>)[.. definition.EndOfText, definition.BeginningOfText ?? 0, definition.Unknown ?? 0])
            if ((uint)token >= (uint)Vocabulary.Count)
                throw new ModelFormatException($"{definition.Source}: token id {token} is used, but there are {Vocabulary.Count} tokens.");
        BeginningOfText = definition.BeginningOfText;
        AddsBeginningOfText = definition.AddsBeginningOfText;
        EndOfText = definition.EndOfText;
        EndOfSentence = definition.EndOfSentence;
    }

    /// <inheritdoc/>
    public override int VocabularySize => Vocabulary.Count;

    /// <inheritdoc/>
    public override int? BeginningOfText { get; }

    /// <inheritdoc/>
    public override IReadOnlySet<int> EndOfText { get; }

    /// <inheritdoc/>
    public override int? EndOfSentence { get; }

    /// <inheritdoc/>
    public override bool AddsBeginningOfText { get; }

    /// <summary>The tokens.</summary>
    protected Vocabulary Vocabulary { get; }

    /// <summary>Creates the tokenizer of a definition.</summary>
    /// <param name="definition">The definition.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="ModelFormatException">The definition contradicts itself.</exception>
    public static VocabularyTokenizer Create(TokenizerDefinition definition) =>
        definition.Kind == TokenizerKind.ByteLevel ? new ByteLevelTokenizer(definition) : new SentencePieceTokenizer(definition);

    /// <inheritdoc/>
    public override IReadOnlyList<int> Encode(string text, bool parseSpecial = false) => Encode(text, parseSpecial ? _special : _userDefined, isFirst: true);

    /// <inheritdoc/>
    internal override IReadOnlyList<int> EncodePlain(string text, bool isFirst) => Encode(text, _plain, isFirst);

    /// <inheritdoc/>
    internal override bool IsMarkup(int token) => IsSpecial(token) || (Vocabulary.TypeOf(token) == TokenType.UserDefined && IsTag(token));

    private List<int> Encode(string text, SpecialTokenMatcher matcher, bool isFirst)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> tokens = new(text.Length / 3 + 4);
        bool strip = false;
        for (ReadOnlySpan<char> rest = text; ;)
        {
            (int token, int start, int length) = matcher.Find(rest);
            TokenStripping stripping = token >= 0 ? _stripping.GetValueOrDefault(token) : default;
            ReadOnlySpan<char> stretch = rest[..start];
            if (strip) stretch = stretch.TrimStart();
            if (stripping.Before) stretch = stretch.TrimEnd();
            if (stretch.Length > 0) EncodeStretch(Normalize(stretch), isFirst, tokens);
            if (token < 0) return tokens;
            tokens.Add(token);
            (isFirst, strip) = (false, stripping.After);
            rest = rest[(start + length)..];
        }
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> TokenBytes(int token) => Vocabulary.Bytes(Checked(token));

    /// <inheritdoc/>
    public override bool IsSpecial(int token) => Vocabulary.TypeOf(Checked(token)) is TokenType.Control or TokenType.Unknown or TokenType.Unused;

    /// <inheritdoc/>
    public override int? FindToken(string spelling)
    {
        ArgumentNullException.ThrowIfNull(spelling);
        return Vocabulary.Find(spelling);
    }

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> tokens, bool includeSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        List<byte> bytes = [];
        foreach (int token in tokens)
            if (includeSpecial || !IsSpecial(token)) bytes.AddRange(TokenBytes(token));
        ReadOnlySpan<byte> text = CollectionsMarshal.AsSpan(bytes);
        return Encoding.UTF8.GetString(AddsSpace && text is [(byte)' ', ..] ? text[1..] : text);
    }

    /// <summary>Cuts text without special tokens into tokens.</summary>
    /// <param name="text">The text, normalised, not empty.</param>
    /// <param name="isFirst">Whether no token stands before it.</param>
    /// <param name="tokens">Its tokens are added here.</param>
    protected abstract void EncodeStretch(ReadOnlySpan<char> text, bool isFirst, List<int> tokens);

    private ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text) => _normalizesToFormC ? FormC.Normalize(text) : text;

    private bool IsTag(int token) => TokenBytes(token) is [(byte)'<', .., (byte)'>'];

    private SpecialTokenMatcher CreateMatcher(TokenizerDefinition definition, params TokenType[] types) =>
        CreateMatcher(definition, token => types.Contains(Vocabulary.TypeOf(token)));

    private static SpecialTokenMatcher CreateMatcher(TokenizerDefinition definition, Func<int, bool> belongs)
    {
        List<(int Token, string Spelling)> spellings = [];
        for (int token = 0; token < definition.Tokens.Count; token++)
        {
            if (!belongs(token)) continue;
            string spelling = definition.Tokens[token];
            if (spelling.Length > LongestSpecialToken)
                throw new ModelFormatException($"{definition.Source}: special token {token} is {spelling.Length} characters long, more than {LongestSpecialToken}.");
            spellings.Add((token, spelling));
        }

        return new SpecialTokenMatcher(spellings);
    }

    private int Checked(int token) => (uint)token < (uint)Vocabulary.Count
        ? token
        : throw new ArgumentOutOfRangeException(nameof(token), token, $"There are {Vocabulary.Count} tokens.");
}

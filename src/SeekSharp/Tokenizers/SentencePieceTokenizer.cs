using System.Runtime.InteropServices;
using System.Text;
using SeekSharp.Formats;

namespace SeekSharp.Tokenizers;

/// <summary>SentencePiece's BPE over characters with bytes to fall back to: Llama 2 and its relatives.</summary>
internal sealed class SentencePieceTokenizer : VocabularyTokenizer
{
    /// <summary>What stands for a space in the vocabulary.</summary>
    public const char Space = '\u2581';

    /// <summary>Most characters of a token; SentencePiece's trainer makes none above 16, or what it was told.</summary>
    public const int LongestToken = 512;

    private readonly MergeTable _merges;
    private readonly SpacePrefix _prefix;
    private readonly bool _wordsAreSeparate;
    private readonly int[]? _byteTokens;
    private readonly int? _unknown;
    private readonly PieceCache _cache = new();

    /// <summary>Creates the tokenizer.</summary>
    /// <param name="definition">Its definition.</param>
    /// <exception cref="ModelFormatException">The definition contradicts itself.</exception>
    public SentencePieceTokenizer(TokenizerDefinition definition) : base(definition)
    {
        if (definition.Tokens.Any(token => token.Length > LongestToken))
            throw new ModelFormatException($"{definition.Source}: a token is longer than {LongestToken} characters.");
        if (definition.Scores is { } scores && (scores.Count != definition.Tokens.Count || scores.Any(score => !float.IsFinite(score))))
            throw new ModelFormatException($"{definition.Source}: there is not one finite score for each of {definition.Tokens.Count} tokens.");
        _merges = definition.Scores is null
            ? new ListedMerges(definition.Merges, Vocabulary)
            : new ScoredMerges(definition.Scores, definition.Tokens, Vocabulary);
        _prefix = definition.SpacePrefix;
        _wordsAreSeparate = !definition.Tokens.Where((token, id) => Vocabulary.FindText(token) == id).Any(HasSpaceBehindText);
        _byteTokens = FindByteTokens(definition);
        _unknown = definition.Unknown;
        if (_byteTokens is null && _unknown is null)
            throw new ModelFormatException($"{definition.Source}: the vocabulary has neither byte tokens nor an unknown token.");
    }

    /// <inheritdoc/>
    internal override bool AddsSpace => _prefix != SpacePrefix.None;

    /// <inheritdoc/>
    protected override void EncodeStretch(ReadOnlySpan<char> text, bool isFirst, List<int> tokens)
    {
        bool addsSpace = _prefix == SpacePrefix.EveryStretch || (_prefix == SpacePrefix.Text && isFirst);
        CodePoints codePoints = new(string.Concat(addsSpace ? " " : "", text).Replace(' ', Space));
        PieceMerger merger = new(_merges);
        List<PieceMerger.Piece> pieces = [];
        for (int start = 0, end; start < codePoints.Count; start = end)
        {
            end = EndOfWord(codePoints, start);
            ReadOnlySpan<byte> word = codePoints.Utf8(start, end);
            if (_cache.TryGet(word, out ReadOnlySpan<int> known))
            {
                tokens.AddRange(known);
                continue;
            }

            int before = tokens.Count;
            MergeWord(codePoints, start, end, merger, pieces, tokens);
            _cache.Add(word, CollectionsMarshal.AsSpan(tokens)[before..]);
        }
    }

    /// <summary>
    /// SentencePiece merges over the whole text. But where no token has a space behind other text, nothing ever merges across the start of a word, and
    /// words can be merged (and remembered) one by one.
    /// </summary>
    private int EndOfWord(CodePoints text, int start)
    {
        if (!_wordsAreSeparate) return text.Count;
        int end = start + 1;
        while (end < text.Count && (text[end] != Space || text[end - 1] == Space)) end++;
        return end;
    }

    private static bool HasSpaceBehindText(string token)
    {
        for (int i = 1; i < token.Length; i++)
            if (token[i] == Space && token[i - 1] != Space) return true;
        return false;
    }

    private void MergeWord(CodePoints text, int start, int end, PieceMerger merger, List<PieceMerger.Piece> pieces, List<int> tokens)
    {
        Span<int> symbols = end - start <= 256 ? stackalloc int[end - start] : new int[end - start];
        Span<char> character = stackalloc char[2];
        for (int i = 0; i < symbols.Length; i++)
            symbols[i] = _merges.Find(character[..new Rune(text[start + i]).EncodeToUtf16(character)]);
        pieces.Clear();
        merger.Merge(symbols, pieces);
        foreach (PieceMerger.Piece piece in pieces)
        {
            if ((uint)piece.Symbol < (uint)Vocabulary.Count) tokens.Add(piece.Symbol);
            else AddCharacters(text, start, symbols, piece, tokens);
        }
    }

    /// <summary>Adds a piece that is no token character by character: as token, bytes or unknown token.</summary>
    private void AddCharacters(CodePoints text, int start, ReadOnlySpan<int> symbols, PieceMerger.Piece piece, List<int> tokens)
    {
        for (int i = piece.Start; i < piece.End; i++)
        {
            if ((uint)symbols[i] < (uint)Vocabulary.Count) tokens.Add(symbols[i]);
            else if (_byteTokens is null) tokens.Add(_unknown!.Value);
            else foreach (byte value in text.Utf8(start + i, start + i + 1)) tokens.Add(_byteTokens[value]);
        }
    }

    private static int[]? FindByteTokens(TokenizerDefinition definition)
    {
        var tokens = new int[256];
        Array.Fill(tokens, -1);
        for (int id = 0; id < definition.Tokens.Count; id++)
            if (definition.Types[id] == TokenType.Byte && Vocabulary.ByteOf(definition.Tokens[id]) is { } value) tokens[value] = id;
        if (tokens.All(token => token < 0)) return null;
        int missing = Array.IndexOf(tokens, -1);
        return missing < 0 ? tokens : throw new ModelFormatException($"{definition.Source}: the vocabulary has no token '<0x{missing:X2}>', but others like it.");
    }
}

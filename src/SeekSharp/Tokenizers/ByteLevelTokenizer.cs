using System.Runtime.InteropServices;
using SeekSharp.Formats;

namespace SeekSharp.Tokenizers;

/// <summary>BPE over the bytes of words (GPT-2's kind): DeepSeek, Qwen, Llama 3.</summary>
/// <remarks>
/// Own code where Microsoft.ML.Tokenizers might do. Given our pre-tokenizers, its BpeTokenizer finds the same ids as fast, but it does not know
/// "ignore_merges" (Llama 3), throws untyped exceptions at merges outside the vocabulary, is not marked as fit for trimming, and its SentencePiece
/// wants a protobuf model that neither GGUF nor tokenizer.json has; one engine of ours serves all.
/// </remarks>
internal sealed class ByteLevelTokenizer : VocabularyTokenizer
{
    private readonly PreTokenizer _preTokenizer;
    private readonly MergeTable _merges;
    private readonly bool _ignoresMerges;
    private readonly int[] _byteTokens = new int[256];
    private readonly PieceCache _cache = new();

    /// <summary>Creates the tokenizer.</summary>
    /// <param name="definition">Its definition.</param>
    /// <exception cref="ModelFormatException">The definition contradicts itself.</exception>
    public ByteLevelTokenizer(TokenizerDefinition definition) : base(definition)
    {
        _preTokenizer = definition.PreTokenizer ?? throw new ModelFormatException($"{definition.Source}: the tokenizer has no pre-tokenizer.");
        _merges = new ListedMerges(definition.Merges, Vocabulary);
        _ignoresMerges = definition.IgnoresMerges;
        for (int value = 0; value < 256; value++)
        {
            bool occursInUtf8 = value is not (0xC0 or 0xC1 or > 0xF4);
            int? token = Vocabulary.FindText([ByteAlphabet.Encode((byte)value)]);
            if (token is null && occursInUtf8) throw new ModelFormatException($"{definition.Source}: the vocabulary has no token for byte 0x{value:X2}.");
            _byteTokens[value] = token ?? -1;
        }
    }

    /// <inheritdoc/>
    protected override void EncodeStretch(ReadOnlySpan<char> text, bool isFirst, List<int> tokens)
    {
        CodePoints codePoints = new(text);
        PieceMerger merger = new(_merges);
        List<PieceMerger.Piece> pieces = [];
        int start = 0;
        foreach (int end in _preTokenizer.Split(codePoints))
        {
            ReadOnlySpan<byte> word = codePoints.Utf8(start, end);
            start = end;
            if (_cache.TryGet(word, out ReadOnlySpan<int> known))
            {
                tokens.AddRange(known);
                continue;
            }

            int before = tokens.Count;
            if (_ignoresMerges && FindWord(word) is { } whole) tokens.Add(whole);
            else MergeWord(word, merger, pieces, tokens);
            _cache.Add(word, CollectionsMarshal.AsSpan(tokens)[before..]);
        }
    }

    private int? FindWord(ReadOnlySpan<byte> word)
    {
        Span<char> spelling = word.Length <= 256 ? stackalloc char[word.Length] : new char[word.Length];
        for (int i = 0; i < word.Length; i++) spelling[i] = ByteAlphabet.Encode(word[i]);
        return Vocabulary.FindText(spelling);
    }

    private void MergeWord(ReadOnlySpan<byte> word, PieceMerger merger, List<PieceMerger.Piece> pieces, List<int> tokens)
    {
        Span<int> symbols = word.Length <= 256 ? stackalloc int[word.Length] : new int[word.Length];
        for (int i = 0; i < word.Length; i++) symbols[i] = _byteTokens[word[i]];
        pieces.Clear();
        merger.Merge(symbols, pieces);
        foreach (PieceMerger.Piece piece in pieces)
        {
            // A merge may lead out of a vocabulary that was cut short; its bytes stand for it.
            if (piece.Symbol < Vocabulary.Count) tokens.Add(piece.Symbol);
            else foreach (int symbol in symbols[piece.Start..piece.End]) tokens.Add(symbol);
        }
    }
}

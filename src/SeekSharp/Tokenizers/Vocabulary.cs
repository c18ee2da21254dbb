using System.Globalization;
using System.Text;
using SeekSharp.Formats;

namespace SeekSharp.Tokenizers;

/// <summary>The tokens of a tokenizer: spelling, type and bytes of each.</summary>
internal sealed class Vocabulary
{
    private readonly TokenType[] _types;
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;

    /// <summary>Checks and indexes the tokens of a definition.</summary>
    /// <param name="definition">The definition.</param>
    /// <exception cref="ModelFormatException">Lengths differ, a token is there twice, or there are too many.</exception>
    public Vocabulary(TokenizerDefinition definition)
    {
        IReadOnlyList<string> tokens = definition.Tokens;
        if (tokens.Count is 0 or > TokenizerDefinition.MaximumTokens)
            throw new ModelFormatException($"{definition.Source}: the vocabulary has {tokens.Count} tokens, not 1 to {TokenizerDefinition.MaximumTokens}.");
        if (definition.Types.Count != tokens.Count)
            throw new ModelFormatException($"{definition.Source}: {definition.Types.Count} token types for {tokens.Count} tokens.");

        Count = Math.Max(tokens.Count, definition.VocabularySize);
        _types = [.. definition.Types];
        _ids = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        _idsBySpan = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _starts = new int[tokens.Count + 1];
        using MemoryStream bytes = new();
        for (int id = 0; id < tokens.Count; id++)
        {
            string token = tokens[id];
            if (token.Length == 0) _types[id] = TokenType.Unused;
            else if (!_ids.TryAdd(token, id))
                throw new ModelFormatException($"{definition.Source}: tokens {_ids[token]} and {id} are both spelled '{token}'.");
            bytes.Write(BytesOf(token, _types[id], definition));
            if (bytes.Length > int.MaxValue) throw new ModelFormatException($"{definition.Source}: the vocabulary is longer than 2 GiB.");
            _starts[id + 1] = (int)bytes.Length;
        }

        _bytes = bytes.ToArray();
    }

    /// <summary>Number of tokens, with the unused ones behind the definition's list.</summary>
    public int Count { get; }

    /// <summary>The type of a token.</summary>
    /// <param name="token">Token id, in range.</param>
    /// <returns>The type.</returns>
    public TokenType TypeOf(int token) => token < _types.Length ? _types[token] : TokenType.Unused;

    /// <summary>The bytes that a token adds to a text.</summary>
    /// <param name="token">Token id, in range.</param>
    /// <returns>The bytes.</returns>
    public ReadOnlySpan<byte> Bytes(int token) => token < _types.Length ? _bytes.AsSpan(_starts[token], _starts[token + 1] - _starts[token]) : [];

    /// <summary>The token of a spelling.</summary>
    /// <param name="spelling">The spelling.</param>
    /// <returns>Its id, or null.</returns>
    public int? Find(ReadOnlySpan<char> spelling) => _idsBySpan.TryGetValue(spelling, out int id) ? id : null;

    /// <summary>The token of a spelling that text may become. Control tokens are none, so that no text, however spelled, becomes one by merging.</summary>
    /// <param name="spelling">The spelling.</param>
    /// <returns>Its id, or null.</returns>
    public int? FindText(ReadOnlySpan<char> spelling) =>
        _idsBySpan.TryGetValue(spelling, out int id) && _types[id] is TokenType.Normal or TokenType.UserDefined ? id : null;

    /// <summary>The byte that SentencePiece's spelling "&lt;0x0A&gt;" stands for.</summary>
    /// <param name="spelling">The spelling.</param>
    /// <returns>The byte, or null where it is no such spelling.</returns>
    public static byte? ByteOf(string spelling) =>
        spelling is ['<', '0', 'x', _, _, '>'] &&
        byte.TryParse(spelling.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? value : null;

    private static byte[] BytesOf(string token, TokenType type, TokenizerDefinition definition)
    {
        switch (type)
        {
            case TokenType.Byte:
                return [ByteOf(token) ?? throw new ModelFormatException($"{definition.Source}: byte token '{token}' is not spelled like '<0x0A>'.")];
            case TokenType.Normal when definition.Kind == TokenizerKind.ByteLevel:
                return ByteAlphabet.TryDecode(token) ?? Encoding.UTF8.GetBytes(token);
            case TokenType.Normal:
                return Encoding.UTF8.GetBytes(token.Replace(SentencePieceTokenizer.Space, ' '));
            default:
                return Encoding.UTF8.GetBytes(token);
        }
    }
}

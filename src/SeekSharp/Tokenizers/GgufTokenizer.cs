using SeekSharp.Formats;

namespace SeekSharp.Tokenizers;

/// <summary>Reads the tokenizer in a GGUF file's metadata, under "tokenizer.ggml.*".</summary>
internal sealed class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";

    private readonly GgufMetadata _metadata;
    private readonly string _source;
    private readonly IReadOnlyList<string> _tokens;

    private GgufTokenizer(GgufMetadata metadata, string source)
    {
        _metadata = metadata;
        _source = source;
        _tokens = metadata.GetStringArray(Prefix + "tokens");
    }

    /// <summary>Reads the definition.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <param name="source">The file, for messages.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ModelFormatException">A key is missing or wrong, or the kind of tokenizer is not supported.</exception>
    public static TokenizerDefinition Read(GgufMetadata metadata, string source)
    {
        if (!metadata.TryGetString(Prefix + "model", out string? model))
            throw new ModelFormatException($"{source}: the file has no tokenizer (key '{Prefix}model' is missing).");
        return model switch
        {
            "gpt2" => new GgufTokenizer(metadata, source).ReadByteLevel(),
            "llama" => new GgufTokenizer(metadata, source).ReadSentencePiece(),
            _ => throw new ModelFormatException($"{source}: key '{Prefix}model' is '{model}'; supported are 'gpt2' (byte-level BPE) and 'llama' (SentencePiece)."),
        };
    }

    private TokenizerDefinition ReadByteLevel()
    {
        PreTokenizer preTokenizer = PreTokenizer.Named(_metadata.GetString(Prefix + "pre"), _source);
        bool isLlama3 = preTokenizer == PreTokenizer.Llama3;
        TokenType[] types = ReadTypes();
        int? beginning = ReadToken("bos_token_id"), end = ReadToken("eos_token_id");
        return new TokenizerDefinition
        {
            Source = _source,
            Kind = TokenizerKind.ByteLevel,
            PreTokenizer = preTokenizer,
            Tokens = _tokens,
            Types = types,
            Merges = ReadMerges(),
            IgnoresMerges = isLlama3,
            BeginningOfText = beginning,
            AddsBeginningOfText = ReadAddsBeginning(isLlama3, beginning),
            EndOfText = ReadEndOfText(types, end),
            EndOfSentence = end,
        };
    }

    private TokenizerDefinition ReadSentencePiece()
    {
        // Files of this kind may leave out what is the same in all of them: <unk>, <s> and </s> are tokens 0, 1 and 2.
        TokenType[] types = ReadTypes();
        int? beginning = ReadToken("bos_token_id") ?? IfSpelled(1, "<s>"), end = ReadToken("eos_token_id") ?? IfSpelled(2, "</s>");
        bool addsSpace = _metadata.GetBooleanOrDefault(Prefix + "add_space_prefix", true);
        return new TokenizerDefinition
        {
            Source = _source,
            Kind = TokenizerKind.SentencePiece,
            Tokens = _tokens,
            Types = types,
            Scores = _metadata.GetFloatArray(Prefix + "scores"),
            SpacePrefix = addsSpace ? SpacePrefix.EveryStretch : SpacePrefix.None,
            BeginningOfText = beginning,
            AddsBeginningOfText = ReadAddsBeginning(true, beginning),
            EndOfText = ReadEndOfText(types, end),
            EndOfSentence = end,
            Unknown = ReadToken("unknown_token_id") ?? IfSpelled(0, "<unk>"),
        };
    }

    private TokenType[] ReadTypes()
    {
        var types = new TokenType[_tokens.Count];
        if (!_metadata.TryGetInt32Array(Prefix + "token_type", out IReadOnlyList<int>? numbers))
        {
            for (int id = 0; id < types.Length; id++) types[id] = EndTokens.Contains(_tokens[id]) ? TokenType.Control : TokenType.Normal;
            return types;
        }

        if (numbers.Count != types.Length)
            throw Wrong("token_type", $"has {numbers.Count} entries for {types.Length} tokens");
        for (int id = 0; id < types.Length; id++)
        {
            if (numbers[id] is < 0 or > (int)TokenType.Byte) throw Wrong("token_type", $"gives token {id} the type {numbers[id]}");
            types[id] = numbers[id] == 0 ? TokenType.Normal : (TokenType)numbers[id];
            if (types[id] == TokenType.UserDefined && EndTokens.LooksLikeControl(_tokens[id])) types[id] = TokenType.Control;
        }

        return types;
    }

    private (string Left, string Right)[] ReadMerges()
    {
        IReadOnlyList<string> lines = _metadata.GetStringArray(Prefix + "merges");
        var merges = new (string Left, string Right)[lines.Count];
        for (int i = 0; i < merges.Length; i++)
        {
            // The first part is never empty, so a space at the very start belongs to it.
            string line = lines[i];
            int space = line.Length < 3 ? -1 : line.IndexOf(' ', 1);
            if (space < 0 || space + 1 == line.Length) throw Wrong("merges", $"has no pair in entry {i}");
            merges[i] = (line[..space], line[(space + 1)..]);
        }

        return merges;
    }

    private int? ReadToken(string key)
    {
        if (!_metadata.TryGetInt32(Prefix + key, out int token)) return null;
        return (uint)token < (uint)_tokens.Count ? token : throw Wrong(key, $"is {token}, but there are {_tokens.Count} tokens");
    }

    private int? IfSpelled(int token, string spelling) => token < _tokens.Count && _tokens[token] == spelling ? token : null;

    private bool ReadAddsBeginning(bool isUsual, int? beginning)
    {
        bool isGiven = _metadata.TryGetBoolean(Prefix + "add_bos_token", out bool adds);
        if (isGiven && adds && beginning is null) throw Wrong("add_bos_token", $"is true, but '{Prefix}bos_token_id' is missing");
        return isGiven ? adds : isUsual && beginning is not null;
    }

    private HashSet<int> ReadEndOfText(TokenType[] types, int? end)
    {
        HashSet<int> tokens = [];
        foreach (int? token in (int?[])[end, ReadToken("eot_token_id"), ReadToken("eom_token_id")])
            if (token is { } id) tokens.Add(id);
        for (int id = 0; id < types.Length; id++)
            if (types[id] == TokenType.Control && EndTokens.Contains(_tokens[id])) tokens.Add(id);
        return tokens;
    }

    private ModelFormatException Wrong(string key, string what) => new($"{_source}: key '{Prefix}{key}' {what}.");
}

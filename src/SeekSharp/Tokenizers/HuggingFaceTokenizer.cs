using System.Text;
using System.Text.Json;
using SeekSharp.Formats;

namespace SeekSharp.Tokenizers;

/// <summary>Reads the tokenizer of a Hugging Face folder: tokenizer.json, with tokenizer_config.json and generation_config.json where they are there.</summary>
internal sealed class HuggingFaceTokenizer
{
    private readonly string _source;
    private readonly JsonElement _root;
    private readonly JsonElement _model;
    private readonly int _idLimit;
    private readonly List<string> _tokens = [];
    private readonly List<TokenType> _types = [];
    private readonly Dictionary<int, TokenStripping> _stripping = [];

    private HuggingFaceTokenizer(JsonElement root, string source)
    {
        _source = source;
        _root = root;
        _model = Required(root, "model", JsonValueKind.Object);

        // Ids may have gaps, which are filled with unused tokens; a few tokens must not ask for many of those.
        int count = Required(_model, "vocab", JsonValueKind.Object).GetPropertyCount() + (Optional(root, "added_tokens", JsonValueKind.Array)?.GetArrayLength() ?? 0);
        _idLimit = (int)Math.Min(TokenizerDefinition.MaximumTokens, (1L << 14) + 2L * count);
    }

    /// <summary>Reads the definition; the vocabulary is as large as the model's.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ModelFormatException">A file is missing or no JSON, a key is missing or wrong, or the kind of tokenizer is not supported.</exception>
    public static TokenizerDefinition Read(HuggingFaceFolder folder)
    {
        byte[] tokenizer = folder.ReadBytes("tokenizer.json") ?? throw new ModelFormatException($"{folder.Path}: the folder has no 'tokenizer.json'.");
        TokenizerDefinition definition = Read(folder.Path, tokenizer, folder.ReadBytes("tokenizer_config.json"), folder.EndOfTextTokens);
        return definition with { VocabularySize = folder.Config.VocabularySize };
    }

    /// <summary>Reads the definition.</summary>
    /// <param name="folder">The folder, for messages.</param>
    /// <param name="tokenizer">Text of tokenizer.json.</param>
    /// <param name="tokenizerConfig">Text of tokenizer_config.json, or null.</param>
    /// <param name="endOfText">Tokens that other files of the folder say end a reply.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="ModelFormatException">A file is no JSON, a key is missing or wrong, or the kind of tokenizer is not supported.</exception>
    public static TokenizerDefinition Read(string folder, string tokenizer, string? tokenizerConfig = null, IReadOnlyList<int>? endOfText = null) =>
        Read(folder, Encoding.UTF8.GetBytes(tokenizer), tokenizerConfig is null ? null : Encoding.UTF8.GetBytes(tokenizerConfig), endOfText);

    private static TokenizerDefinition Read(string folder, byte[] tokenizer, byte[]? tokenizerConfig, IReadOnlyList<int>? endOfText)
    {
        string source = Path.Combine(folder, "tokenizer.json");
        using JsonDocument tokenizerJson = Parse(tokenizer, source);
        using JsonDocument configJson = Parse(tokenizerConfig ?? "{}"u8.ToArray(), Path.Combine(folder, "tokenizer_config.json"));
        try
        {
            return new HuggingFaceTokenizer(tokenizerJson.RootElement, source).Read(configJson.RootElement, endOfText ?? []);
        }
        catch (InvalidOperationException exception)
        {
            // A text with half a surrogate pair ("\ud800") is only noticed when it is read.
            throw new ModelFormatException($"{source}: a text has broken escapes: {exception.Message}", exception);
        }
    }

    private TokenizerDefinition Read(JsonElement config, IReadOnlyList<int> endOfText)
    {
        string type = TextOf(_model, "type") ?? "BPE";
        if (type != "BPE") throw Wrong("model.type", $"is '{type}', only 'BPE' is supported");
        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
            if (TextOf(_model, affix) is { Length: > 0 }) throw Wrong($"model.{affix}", "is set, which is not supported");

        ReadVocabulary(FlagOf(_model, "byte_fallback"));
        int? unknown = TextOf(_model, "unk_token") is { } spelling ? Find(spelling, "model.unk_token") : null;
        if (unknown is { } id) _types[id] = TokenType.Unknown;
        ReadAddedTokens();

        (PreTokenizer? preTokenizer, SpacePrefix prefix) = ReadPreTokenizer();
        (bool formC, SpacePrefix? normalizerPrefix) = ReadNormalizer();
        int? beginning = ReadToken(config, "bos_token");
        return new TokenizerDefinition
        {
            Source = _source,
            Kind = preTokenizer is null ? TokenizerKind.SentencePiece : TokenizerKind.ByteLevel,
            PreTokenizer = preTokenizer,
            Tokens = _tokens,
            Types = _types,
            Merges = ReadMerges(),
            IgnoresMerges = FlagOf(_model, "ignore_merges"),
            NormalizesToFormC = formC,
            SpacePrefix = normalizerPrefix ?? prefix,
            Stripping = _stripping,
            BeginningOfText = beginning,
            AddsBeginningOfText = beginning is not null && AddsBeginning(config, beginning.Value),
            EndOfText = FindEndOfText(config, endOfText),
            EndOfSentence = ReadToken(config, "eos_token"),
            Unknown = unknown,
        };
    }

    private void ReadVocabulary(bool hasByteFallback)
    {
        foreach (JsonProperty entry in Required(_model, "vocab", JsonValueKind.Object).EnumerateObject())
        {
            byte? value = hasByteFallback ? Vocabulary.ByteOf(entry.Name) : null;
            Place(entry.Name, entry.Value, value is null ? TokenType.Normal : TokenType.Byte, "model.vocab");
        }
    }

    private void ReadAddedTokens()
    {
        if (Optional(_root, "added_tokens", JsonValueKind.Array) is not { } added) return;
        foreach (JsonElement token in added.EnumerateArray())
        {
            string spelling = TextOf(token, "content") ?? throw Wrong("added_tokens", "has an entry without 'content'");
            if (spelling.Length == 0) throw Wrong("added_tokens", "has an entry with an empty 'content'");
            bool isControl = FlagOf(token, "special") || EndTokens.LooksLikeControl(spelling);
            int id = Place(spelling, Required(token, "id", JsonValueKind.Number), isControl ? TokenType.Control : TokenType.UserDefined, "added_tokens");
            TokenStripping stripping = new(FlagOf(token, "lstrip"), FlagOf(token, "rstrip"));
            if (stripping != default) _stripping[id] = stripping;
        }
    }

    /// <summary>Puts a token in its place; gaps are filled with unused tokens.</summary>
    private int Place(string spelling, JsonElement number, TokenType type, string key)
    {
        if (number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out int id) || (uint)id >= _idLimit)
            throw Wrong(key, $"gives '{spelling}' the id {number}, not 0 to {_idLimit - 1}");
        while (_tokens.Count <= id)
        {
            _tokens.Add("");
            _types.Add(TokenType.Unused);
        }

        if (_tokens[id].Length > 0 && _tokens[id] != spelling) throw Wrong(key, $"gives '{spelling}' the id {id}, which is '{_tokens[id]}' already");
        _tokens[id] = spelling;
        if (_types[id] != TokenType.Unknown) _types[id] = type;
        return id;
    }

    private List<(string Left, string Right)> ReadMerges()
    {
        JsonElement entries = Required(_model, "merges", JsonValueKind.Array);
        var known = new HashSet<string>(_tokens, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> buffer = stackalloc char[256];
        List<(string Left, string Right)> merges = new(entries.GetArrayLength());
        foreach (JsonElement entry in entries.EnumerateArray())
        {
            CutPair(entry, out ReadOnlySpan<char> left, out ReadOnlySpan<char> right);
            if (left.IsEmpty || right.IsEmpty) throw Wrong("model.merges", $"has no pair in entry {merges.Count}");
            merges.Add((Known(left), Known(right)));
            Span<char> joined = left.Length + right.Length <= buffer.Length ? buffer[..(left.Length + right.Length)] : new char[left.Length + right.Length];
            left.CopyTo(joined);
            right.CopyTo(joined[left.Length..]);
            Known(joined);
        }

        return merges;

        // The vocabulary's own string, so that a part is not kept once more.
        string Known(ReadOnlySpan<char> part) =>
            known.TryGetValue(part, out string? token) ? token : throw Wrong("model.merges", $"has '{part}' in entry {merges.Count}, which is no token");
    }

    /// <summary>The two parts of a merge, written as one text with a space between them or as an array; empty where it is neither.</summary>
    private static void CutPair(JsonElement entry, out ReadOnlySpan<char> left, out ReadOnlySpan<char> right)
    {
        left = right = default;
        if (entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2 && entry[0].ValueKind == JsonValueKind.String && entry[1].ValueKind == JsonValueKind.String)
        {
            left = entry[0].GetString();
            right = entry[1].GetString();
            return;
        }

        ReadOnlySpan<char> text = entry.ValueKind == JsonValueKind.String ? entry.GetString() : default;
        int space = text.IndexOf(' ');
        if (space < 0 || text[(space + 1)..].Contains(' ')) return;
        left = text[..space];
        right = text[(space + 1)..];
    }

    /// <summary>Byte-level: "Split" steps and "ByteLevel". SentencePiece: nothing, or "Metaspace" that only puts a space in front.</summary>
    private (PreTokenizer?, SpacePrefix) ReadPreTokenizer()
    {
        List<string> patterns = [];
        bool isByteLevel = false;
        SpacePrefix prefix = SpacePrefix.None;
        foreach (JsonElement step in Steps("pre_tokenizer", "pretokenizers"))
        {
            switch (TextOf(step, "type"))
            {
                case "Split":
                    patterns.Add(ReadSplit(step));
                    break;
                case "Digits" when FlagOf(step, "individual_digits"):
                    patterns.Add(@"\p{N}");
                    break;
                case "ByteLevel":
                    if (FlagOf(step, "add_prefix_space") || FlagOf(step, "use_regex", true))
                        throw Wrong("pre_tokenizer", "has a 'ByteLevel' step with 'add_prefix_space' or 'use_regex', which is not supported");
                    isByteLevel = true;
                    break;
                case "Metaspace":
                    if (FlagOf(step, "split", true)) throw Wrong("pre_tokenizer", "has a 'Metaspace' step with 'split', which is not supported");
                    prefix = ReadPrefixScheme(step);
                    break;
                case var other:
                    throw Wrong("pre_tokenizer", $"has a step of type '{other}', which is not supported");
            }
        }

        if (!isByteLevel && patterns.Count > 0) throw Wrong("pre_tokenizer", "has 'Split' steps without a 'ByteLevel' step, which is not supported");
        return (isByteLevel ? PreTokenizer.WithPatterns(patterns, _source) : null, prefix);
    }

    private string ReadSplit(JsonElement step)
    {
        string? pattern = TextOf(Required(step, "pattern", JsonValueKind.Object), "Regex");
        if (pattern is null || TextOf(step, "behavior") != "Isolated" || FlagOf(step, "invert"))
            throw Wrong("pre_tokenizer", "has a 'Split' step that is not an isolating regular expression, which is not supported");
        return pattern;
    }

    private SpacePrefix ReadPrefixScheme(JsonElement step) => TextOf(step, "prepend_scheme") switch
    {
        "first" => SpacePrefix.Text,
        "never" => SpacePrefix.None,
        "always" => SpacePrefix.EveryStretch,
        null => FlagOf(step, "add_prefix_space", true) ? SpacePrefix.EveryStretch : SpacePrefix.None,
        var other => throw Wrong("pre_tokenizer", $"has the 'prepend_scheme' '{other}', which is not supported"),
    };

    /// <summary>Nothing, form C, or SentencePiece's "Prepend" of and "Replace" by "▁".</summary>
    private (bool FormC, SpacePrefix?) ReadNormalizer()
    {
        bool formC = false;
        SpacePrefix? prefix = null;
        foreach (JsonElement step in Steps("normalizer", "normalizers"))
        {
            switch (TextOf(step, "type"))
            {
                case "NFC":
                    formC = true;
                    break;
                case "Prepend" when TextOf(step, "prepend") == "▁":
                    prefix = SpacePrefix.EveryStretch;
                    break;
                case "Replace" when TextOf(step, "content") == "▁" && TextOf(Required(step, "pattern", JsonValueKind.Object), "String") == " ":
                    break;
                case var other:
                    throw Wrong("normalizer", $"has a step of type '{other}' that is not supported");
            }
        }

        return (formC, prefix);
    }

    /// <summary>The steps of a part of the pipeline: none, one, or a sequence (one within another is refused like any unknown step).</summary>
    private IEnumerable<JsonElement> Steps(string key, string sequenceKey)
    {
        if (Optional(_root, key, JsonValueKind.Object) is not { } part) yield break;
        if (TextOf(part, "type") != "Sequence")
        {
            yield return part;
            yield break;
        }

        foreach (JsonElement step in Required(part, sequenceKey, JsonValueKind.Array).EnumerateArray()) yield return step;
    }

    private bool AddsBeginning(JsonElement config, int beginning)
    {
        if (Optional(config, "add_bos_token", JsonValueKind.True) is not null) return true;
        if (Optional(config, "add_bos_token", JsonValueKind.False) is not null) return false;

        // Llama 3 says it by a template that starts with the token.
        if (Optional(_root, "post_processor", JsonValueKind.Object) is not { } processor) return false;
        IEnumerable<JsonElement> steps =
            TextOf(processor, "type") == "Sequence" ? Required(processor, "processors", JsonValueKind.Array).EnumerateArray() : [processor];
        foreach (JsonElement step in steps)
        {
            if (TextOf(step, "type") != "TemplateProcessing" || Optional(step, "single", JsonValueKind.Array) is not { } single) continue;
            JsonElement first = single.EnumerateArray().FirstOrDefault();
            if (first.ValueKind == JsonValueKind.Object && Optional(first, "SpecialToken", JsonValueKind.Object) is { } token)
                return TextOf(token, "id") == _tokens[beginning];
        }

        return false;
    }

    private HashSet<int> FindEndOfText(JsonElement config, IReadOnlyList<int> given)
    {
        HashSet<int> tokens = [.. given];
        foreach (int token in tokens)
            if ((uint)token >= (uint)_tokens.Count) throw Wrong("eos_token_id", $"(of a file beside it) is {token}, but there are {_tokens.Count} tokens");
        if (ReadToken(config, "eos_token") is { } end) tokens.Add(end);
        for (int id = 0; id < _tokens.Count; id++)
            if (_types[id] == TokenType.Control && EndTokens.Contains(_tokens[id])) tokens.Add(id);
        return tokens;
    }

    /// <summary>A token of tokenizer_config.json: its spelling, or an object with its spelling as "content".</summary>
    private int? ReadToken(JsonElement config, string key)
    {
        if (config.ValueKind != JsonValueKind.Object || !config.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return null;
        string? spelling = value.ValueKind == JsonValueKind.Object ? TextOf(value, "content") : TextOf(config, key);
        return spelling is null ? null : Find(spelling, key);
    }

    private int Find(string spelling, string key)
    {
        int id = spelling.Length == 0 ? -1 : _tokens.IndexOf(spelling);
        return id >= 0 ? id : throw Wrong(key, $"is '{spelling}', which is no token");
    }

    private static JsonDocument Parse(byte[] text, string source)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new ModelFormatException($"{source}: this is no JSON: {exception.Message}", exception);
        }
    }

    private JsonElement Required(JsonElement parent, string key, JsonValueKind kind) =>
        Optional(parent, key, kind) ?? throw Wrong(key, $"is missing or not of type {kind}");

    private JsonElement? Optional(JsonElement parent, string key, JsonValueKind kind)
    {
        if (parent.ValueKind != JsonValueKind.Object) throw Wrong(key, "is sought in something that is no object");
        return parent.TryGetProperty(key, out JsonElement value) && value.ValueKind == kind ? value : null;
    }

    private string? TextOf(JsonElement parent, string key) => Optional(parent, key, JsonValueKind.String)?.GetString();

    private bool FlagOf(JsonElement parent, string key, bool absent = false) =>
        Optional(parent, key, JsonValueKind.True) is not null || (absent && Optional(parent, key, JsonValueKind.False) is null);

    private ModelFormatException Wrong(string key, string what) => new($"{_source}: key '{key}' {what}.");
}

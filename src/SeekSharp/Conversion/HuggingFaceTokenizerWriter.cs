using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SeekSharp.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Conversion;

/// <summary>Rebuilds the tokenizer's files of a Hugging Face folder from GGUF's keys.</summary>
internal sealed class HuggingFaceTokenizerWriter
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TokenizerDefinition _definition;
    private readonly GgufFile _file;

    private HuggingFaceTokenizerWriter(GgufFile file, TokenizerDefinition definition)
    {
        _file = file;
        _definition = definition;
    }

    /// <summary>Names and texts of the files; none where the file has no tokenizer.</summary>
    /// <param name="file">The GGUF file.</param>
    /// <exception cref="ModelFormatException">The tokenizer is damaged or of a kind that is not supported.</exception>
    public static IEnumerable<(string Name, string Text)> Write(GgufFile file)
    {
        if (!file.Metadata.Contains("tokenizer.ggml.model")) return [];
        HuggingFaceTokenizerWriter writer = new(file, GgufTokenizer.Read(file.Metadata, file.Path));
        return
        [
            ("tokenizer.json", Text(writer.Tokenizer)),
            ("tokenizer_config.json", Text(writer.Config)),
            ("generation_config.json", Text(writer.Generation)),
        ];
    }

    private bool IsByteLevel => _definition.Kind == TokenizerKind.ByteLevel;

    private static string Text(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private void Tokenizer(Utf8JsonWriter json)
    {
        json.WriteString("version", "1.0");
        WriteAddedTokens(json);
        if (IsByteLevel) WriteByteLevelSteps(json);
        else WriteSentencePieceSteps(json);
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        if (!IsByteLevel && _definition.Unknown is { } unknown) json.WriteString("unk_token", _definition.Tokens[unknown]);
        json.WriteBoolean("fuse_unk", !IsByteLevel);
        json.WriteBoolean("byte_fallback", !IsByteLevel);
        json.WriteBoolean("ignore_merges", _definition.IgnoresMerges);
        json.WriteStartObject("vocab");
        for (int id = 0; id < _definition.Tokens.Count; id++)
            if (_definition.Types[id] is TokenType.Normal or TokenType.Byte || (!IsByteLevel && _definition.Types[id] is TokenType.Unknown or TokenType.Control))
                json.WriteNumber(_definition.Tokens[id], id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((string left, string right) in IsByteLevel ? _definition.Merges : SentencePieceMerges())
        {
            json.WriteStartArray();
            json.WriteStringValue(left);
            json.WriteStringValue(right);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteAddedTokens(Utf8JsonWriter json)
    {
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < _definition.Tokens.Count; id++)
        {
            if (_definition.Types[id] is not (TokenType.Control or TokenType.UserDefined or TokenType.Unknown)) continue;
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", _definition.Tokens[id]);
            foreach (string flag in (ReadOnlySpan<string>)["single_word", "lstrip", "rstrip", "normalized"]) json.WriteBoolean(flag, false);
            json.WriteBoolean("special", _definition.Types[id] != TokenType.UserDefined);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the expressions of a pre-tokenizer as steps of a sequence.</summary>
    internal static void WriteSplits(Utf8JsonWriter json, PreTokenizer preTokenizer)
    {
        foreach (string expression in preTokenizer.Expressions)
        {
            json.WriteStartObject();
            json.WriteString("type", "Split");
            json.WriteStartObject("pattern");
            json.WriteString("Regex", expression);
            json.WriteEndObject();
            json.WriteString("behavior", "Isolated");
            json.WriteBoolean("invert", false);
            json.WriteEndObject();
        }
    }

    private void WriteByteLevelSteps(Utf8JsonWriter json)
    {
        // Qwen's folders normalise, and GGUF has no key that says so
        if (_definition.PreTokenizer == PreTokenizer.Qwen2) Step(json, "normalizer", "NFC");
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        WriteSplits(json, _definition.PreTokenizer!);
        Step(json, null, "ByteLevel", ("add_prefix_space", false), ("trim_offsets", true), ("use_regex", false));
        json.WriteEndArray();
        json.WriteEndObject();
        Step(json, "decoder", "ByteLevel", ("add_prefix_space", true), ("trim_offsets", true), ("use_regex", true));
    }

    private void WriteSentencePieceSteps(Utf8JsonWriter json)
    {
        json.WriteStartObject("normalizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("normalizers");
        if (_definition.SpacePrefix != SpacePrefix.None)
        {
            json.WriteStartObject();
            json.WriteString("type", "Prepend");
            json.WriteString("prepend", "\u2581");
            json.WriteEndObject();
        }

        Replace(json, " ", "\u2581");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("decoder");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        Replace(json, "\u2581", " ");
        Step(json, null, "ByteFallback");
        Step(json, null, "Fuse");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Replace(Utf8JsonWriter json, string what, string with)
    {
        json.WriteStartObject();
        json.WriteString("type", "Replace");
        json.WriteStartObject("pattern");
        json.WriteString("String", what);
        json.WriteEndObject();
        json.WriteString("content", with);
        json.WriteEndObject();
    }

    private static void Step(Utf8JsonWriter json, string? key, string type, params ReadOnlySpan<(string Name, bool Value)> flags)
    {
        if (key is null) json.WriteStartObject();
        else json.WriteStartObject(key);
        json.WriteString("type", type);
        foreach ((string name, bool value) in flags) json.WriteBoolean(name, value);
        json.WriteEndObject();
    }

    /// <summary>Every way to make a token of two others, the token with the highest score first.</summary>
    private IEnumerable<(string Left, string Right)> SentencePieceMerges()
    {
        IReadOnlyList<float> scores = _definition.Scores!;
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int id = 0; id < _definition.Tokens.Count; id++)
            if (_definition.Types[id] == TokenType.Normal) ids.TryAdd(_definition.Tokens[id], id);
        foreach ((string token, int id) in ids.OrderByDescending(pair => scores[pair.Value]).ThenBy(pair => pair.Value))
        {
            List<(string Left, string Right, int LeftId, int RightId)> ways = [];
            for (int cut = 1; cut < token.Length; cut++)
                if (!char.IsLowSurrogate(token[cut]) && ids.TryGetValue(token[..cut], out int left) && ids.TryGetValue(token[cut..], out int right))
                    ways.Add((token[..cut], token[cut..], left, right));
            foreach (var way in ways.OrderBy(way => way.LeftId).ThenBy(way => way.RightId)) yield return (way.Left, way.Right);
        }
    }

    private void Config(Utf8JsonWriter json)
    {
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteBoolean("add_bos_token", _definition.AddsBeginningOfText);
        json.WriteBoolean("add_eos_token", false);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        foreach ((string name, string key) in (ReadOnlySpan<(string, string)>)[("bos_token", "bos_token_id"), ("eos_token", "eos_token_id"), ("pad_token", "padding_token_id"), ("unk_token", "unknown_token_id")])
            if (Token(key) is { } token) json.WriteString(name, _definition.Tokens[token]);
        if (_file.ChatTemplate is { } template) json.WriteString("chat_template", template);
    }

    private void Generation(Utf8JsonWriter json)
    {
        if (Token("bos_token_id") is { } beginning) json.WriteNumber("bos_token_id", beginning);
        if (_definition.EndOfText.Count == 0) return;
        json.WriteStartArray("eos_token_id");
        foreach (int end in _definition.EndOfText.OrderBy(token => token == Token("eos_token_id") ? -1 : token)) json.WriteNumberValue(end);
        json.WriteEndArray();
    }

    private int? Token(string key) =>
        _file.Metadata.TryGetInt32("tokenizer.ggml." + key, out int token) && (uint)token < (uint)_definition.Tokens.Count && _definition.Tokens[token].Length > 0 ? token : null;
}

using System.Text;
using System.Text.Json;
using SeekSharp.Conversion;
using SeekSharp.Formats;
using SeekSharp.Templates;
using SeekSharp.Tokenizers;

namespace SeekSharp.Training.Text;

/// <summary>
/// A trained tokenizer as the two files of a Hugging Face folder, with the chat template. Ids: the 256 bytes, the merges in the order in which they
/// were
/// learned, then <see cref="SpecialTokens"/>.
/// </summary>
/// <param name="TokenizerJson">Text of tokenizer.json.</param>
/// <param name="ConfigJson">Text of tokenizer_config.json.</param>
internal sealed record TokenizerText(string TokenizerJson, string ConfigJson)
{
    /// <summary>Names of the files.</summary>
    public const string TokenizerName = "tokenizer.json", ConfigName = "tokenizer_config.json";

    /// <summary>Row lengths of quantised matrices want multiples of it.</summary>
    public const int SizeUnit = 32;

    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The chat template.</summary>
    public static string ChatTemplateSource { get; } = ReadTemplate();

    /// <summary>The chat template, read.</summary>
    public static ChatTemplate ChatTemplate { get; } = Templates.ChatTemplate.Parse(ChatTemplateSource);

    /// <summary>Trains a tokenizer on the words of texts.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="vocabularySize">Number of ids, special tokens included: a multiple of 32.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="ArgumentException">The size is no such multiple, too small, or too large for the texts.</exception>
    public static TokenizerText Train(IEnumerable<string> texts, int vocabularySize)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (vocabularySize % SizeUnit != 0 || vocabularySize < 256 + SizeUnit)
            throw new ArgumentException($"The vocabulary's size is {vocabularySize}, not a multiple of {SizeUnit} of at least {256 + SizeUnit}.", nameof(vocabularySize));
        var trainer = new BytePairTrainer();
        foreach (string text in texts) trainer.Add(text);
        return new(WriteTokenizer(trainer.Train(vocabularySize - SpecialTokens.All.Count)), WriteConfig());
    }

    /// <summary>The tokenizer as the engine uses it.</summary>
    public Tokenizer ToTokenizer() => VocabularyTokenizer.Create(HuggingFaceTokenizer.Read("", TokenizerJson, ConfigJson));

    /// <summary>Writes both files, each complete or not at all.</summary>
    /// <param name="folder">The folder, which must exist; files of these names are replaced.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Write(string folder)
    {
        foreach ((string name, string text) in ((string, string)[])[(TokenizerName, TokenizerJson), (ConfigName, ConfigJson)])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            using var file = new AtomicFile(Path.Combine(folder, name), bytes.Length, overwrite: true);
            file.Write(bytes);
            file.Commit();
        }
    }

    /// <summary>Reads both files of a folder; what they say is checked by <see cref="ToTokenizer"/>.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static TokenizerText Read(string folder) =>
        new(File.ReadAllText(Path.Combine(folder, TokenizerName)), File.ReadAllText(Path.Combine(folder, ConfigName)));

    private static string WriteTokenizer(IReadOnlyList<(string Left, string Right)> merges) => WriteJson(json =>
    {
        int firstSpecial = 256 + merges.Count;
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (int i = 0; i < SpecialTokens.All.Count; i++) WriteAdded(json, firstSpecial + i, SpecialTokens.All[i]);
        json.WriteEndArray();
        json.WriteNull("normalizer");
        WritePreTokenizer(json);
        WritePostProcessor(json, firstSpecial);
        json.WriteStartObject("decoder");
        WriteByteLevel(json);
        json.WriteEndObject();
        WriteModel(json, merges);
    });

    private static void WriteAdded(Utf8JsonWriter json, int id, string content)
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteString("content", content);
        foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized"]) json.WriteBoolean(flag, false);
        json.WriteBoolean("special", SpecialTokens.IsControl(content));
        json.WriteEndObject();
    }

    private static void WritePreTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        HuggingFaceTokenizerWriter.WriteSplits(json, PreTokenizer.Qwen2);
        json.WriteStartObject();
        WriteByteLevel(json);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", false);
        json.WriteBoolean("use_regex", false);
    }

    /// <summary>Puts the token that starts a text in front, for readers that do not look at add_bos_token.</summary>
    private static void WritePostProcessor(Utf8JsonWriter json, int beginning)
    {
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        foreach ((string name, int texts) in ((string, int)[])[("single", 1), ("pair", 2)])
        {
            json.WriteStartArray(name);
            for (int i = 0; i < texts; i++)
            {
                WriteStep("SpecialToken", SpecialTokens.BeginningOfText, i);
                WriteStep("Sequence", i == 0 ? "A" : "B", i);
            }

            json.WriteEndArray();
        }

        json.WriteStartObject("special_tokens");
        json.WriteStartObject(SpecialTokens.BeginningOfText);
        json.WriteString("id", SpecialTokens.BeginningOfText);
        json.WriteStartArray("ids");
        json.WriteNumberValue(beginning);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(SpecialTokens.BeginningOfText);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();

        void WriteStep(string kind, string id, int type)
        {
            json.WriteStartObject();
            json.WriteStartObject(kind);
            json.WriteString("id", id);
            json.WriteNumber("type_id", type);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static void WriteModel(Utf8JsonWriter json, IReadOnlyList<(string Left, string Right)> merges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        foreach (string key in (string[])["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"]) json.WriteNull(key);
        foreach (string key in (string[])["fuse_unk", "byte_fallback", "ignore_merges"]) json.WriteBoolean(key, false);
        json.WriteStartObject("vocab");
        int id = 0;
        for (int value = 0; value < 256; value++) json.WriteNumber($"{ByteAlphabet.Encode((byte)value)}", id++);
        foreach ((string left, string right) in merges) json.WriteNumber(left + right, id++);
        foreach (string special in SpecialTokens.All) json.WriteNumber(special, id++);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((string left, string right) in merges) json.WriteStringValue($"{left} {right}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string WriteConfig() => WriteJson(json =>
    {
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteBoolean("add_bos_token", true);
        json.WriteBoolean("add_eos_token", false);
        json.WriteString("bos_token", SpecialTokens.BeginningOfText);
        json.WriteString("eos_token", SpecialTokens.EndOfText);
        json.WriteString("pad_token", SpecialTokens.Padding);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteNumber("model_max_length", 4096);
        json.WriteString("chat_template", ChatTemplateSource);
    });

    private static string WriteJson(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, s_options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static string ReadTemplate()
    {
        using Stream stream = typeof(TokenizerText).Assembly.GetManifestResourceStream("SeekSharp.Training.chat_template.jinja")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}

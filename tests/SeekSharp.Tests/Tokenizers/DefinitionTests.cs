using System.Text.Json.Nodes;
using SeekSharp.Formats;
using SeekSharp.Tests.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Tokenizers;

/// <summary>Definitions from files, right ones and hostile ones.</summary>
public sealed class DefinitionTests
{
    private const string Key = "tokenizer.ggml.";
    private static readonly TokenizerDefinition s_small = Vectors.SmallByteLevel(PreTokenizer.DeepSeekV3);

    [Fact]
    public void A_gguf_definition_is_that_of_the_file()
    {
        using TemporaryFolder folder = new();
        Tokenizer tokenizer = FromGguf(folder, Gguf());
        int end = tokenizer.FindToken("</s>")!.Value;
        Assert.Equal(s_small.Tokens.Count, tokenizer.VocabularySize);
        Assert.Equal(tokenizer.FindToken("<s>"), tokenizer.BeginningOfText);
        Assert.False(tokenizer.AddsBeginningOfText);
        Assert.Equal([end, tokenizer.FindToken("<|im_end|>")!.Value], tokenizer.EndOfText.Order());
        Assert.Equal(VocabularyTokenizer.Create(s_small).Encode("Hello 你好 123"), tokenizer.Encode("Hello 你好 123"));
    }

    [Fact]
    public void Llama_3_adds_its_first_token_and_ignores_merges_unless_told_otherwise()
    {
        using TemporaryFolder folder = new();
        Assert.True(FromGguf(folder, Gguf(("pre", "llama-bpe"))).AddsBeginningOfText);
        Assert.False(FromGguf(folder, Gguf(("pre", "llama-bpe"), ("add_bos_token", false))).AddsBeginningOfText);
    }

    [Fact]
    public void Tokens_that_look_like_control_tokens_are_some_whatever_the_file_says()
    {
        using TemporaryFolder folder = new();
        int[] types = [.. s_small.Types.Select((type, id) => s_small.Tokens[id] == "<｜User｜>" ? 4 : (int)type)];
        Tokenizer tokenizer = FromGguf(folder, Gguf(("token_type", types)));
        Assert.DoesNotContain(tokenizer.FindToken("<｜User｜>")!.Value, tokenizer.Encode("<｜User｜>"));
    }

    public static TheoryData<string, object?, string> WrongKeys => new()
    {
        { "model", null, "model" }, { "model", "bert", "bert" }, { "model", 7, "model" },
        { "pre", null, "pre" }, { "pre", "gpt-9", "gpt-9" },
        { "tokens", null, "tokens" }, { "tokens", Array.Empty<string>(), "token" }, { "tokens", Enumerable.Repeat("a", s_small.Tokens.Count).ToArray(), "'a'" },
        { "tokens", Enumerable.Range(0, s_small.Tokens.Count).Select(i => $"t{i}").ToArray(), "byte 0x00" },
        { "token_type", new[] { 1, 1 }, "token_type" }, { "token_type", Enumerable.Repeat(9, s_small.Tokens.Count).ToArray(), "type 9" },
        { "token_type", Enumerable.Repeat(6, s_small.Tokens.Count).ToArray(), "byte token" },
        { "merges", null, "merges" }, { "merges", new[] { "ab" }, "merges" }, { "merges", new[] { "a " }, "merges" }, { "merges", new[] { "" }, "merges" },
        { "bos_token_id", 1 << 20, "bos_token_id" }, { "eos_token_id", -1, "eos_token_id" }, { "eot_token_id", uint.MaxValue, "eot_token_id" },
    };

    [Theory]
    [MemberData(nameof(WrongKeys))]
    public void A_wrong_key_of_a_gguf_file_is_named(string key, object? value, string named)
    {
        using TemporaryFolder folder = new();
        var exception = Assert.Throws<ModelFormatException>(() => FromGguf(folder, Gguf((key, value))));
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        Assert.Contains(".gguf", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_sentencepiece_keys_are_refused()
    {
        using TemporaryFolder folder = new();
        (string, object?)[] model = [("model", "llama"), ("pre", null), ("merges", null), ("tokens", new[] { "<unk>", "<s>", "</s>", "a" }), ("token_type", new[] { 2, 3, 3, 1 }), ("bos_token_id", 1), ("eos_token_id", 2)];
        Assert.Equal([3], FromGguf(folder, Gguf([.. model, ("scores", new float[4]), ("add_space_prefix", false)])).Encode("a"));
        Assert.Throws<ModelFormatException>(() => FromGguf(folder, Gguf(model)));
        Assert.Throws<ModelFormatException>(() => FromGguf(folder, Gguf([.. model, ("scores", new float[3])])));
        Assert.Throws<ModelFormatException>(() => FromGguf(folder, Gguf([.. model, ("scores", new[] { 0, 0, 0, float.NaN })])));
    }

    [Fact]
    public void A_tokenizer_json_gives_the_same_ids()
    {
        Tokenizer tokenizer = VocabularyTokenizer.Create(HuggingFaceTokenizer.Read("folder", Json().ToJsonString(), """{"bos_token": "<s>", "eos_token": {"content": "</s>"}, "add_bos_token": true}""", [5]));
        Assert.Equal(VocabularyTokenizer.Create(s_small).Encode("Hello 你好 123, (x) 's", false), tokenizer.Encode("Hello 你好 123, (x) 's"));
        Assert.Equal(tokenizer.FindToken("<s>"), tokenizer.BeginningOfText);
        Assert.True(tokenizer.AddsBeginningOfText);
        Assert.Equal([5, tokenizer.FindToken("</s>")!.Value, tokenizer.FindToken("<|im_end|>")!.Value], tokenizer.EndOfText.Order());
    }

    [Fact]
    public void The_tokenizer_of_a_folder_is_as_large_as_the_model()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", PublishedConfigs.DeepSeekV3);
        Assert.Throws<ModelFormatException>(() => FromFolder(folder));
        folder.Write("tokenizer.json", Json().ToJsonString());
        folder.Write("tokenizer_config.json", """{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": false}""");
        folder.Write("generation_config.json", """{"eos_token_id": [7, 8]}""");
        Tokenizer tokenizer = FromFolder(folder);
        Assert.Equal(129280, tokenizer.VocabularySize);
        Assert.True(tokenizer.IsSpecial(129279));
        Assert.Superset(new HashSet<int> { 7, 8 }, tokenizer.EndOfText.ToHashSet());
        folder.Write("generation_config.json", """{"eos_token_id": 129279}""");
        Assert.Throws<ModelFormatException>(() => FromFolder(folder));
    }

    [Fact]
    public void The_models_own_files_say_how_texts_start_and_end()
    {
        TokenizerDefinition deepseek = Vectors.Definition("deepseek_v3"), qwen = Vectors.Definition("qwen3"), llama = Vectors.Definition("llama3_1");
        Assert.Equal((0, true), (deepseek.BeginningOfText, deepseek.AddsBeginningOfText));
        Assert.Equal([1], deepseek.EndOfText);
        Assert.Equal((null, false), (qwen.BeginningOfText, qwen.AddsBeginningOfText));
        Assert.Contains(151645, qwen.EndOfText);
        Assert.Equal((128000, true), (llama.BeginningOfText, llama.AddsBeginningOfText));
        Assert.Contains(128009, llama.EndOfText);
    }

    [Theory]
    [InlineData("/model/vocab/a", "-1", "id -1")]
    [InlineData("/model/vocab/a", "4000000000", "id 4000000000")]
    [InlineData("/model/vocab/a", "1000000", "id 1000000")]
    [InlineData("/model/vocab/a", "\"x\"", "'a'")]
    [InlineData("/model/vocab/a", "5", "id 5")]
    [InlineData("/model/vocab", "[]", "vocab")]
    [InlineData("/model/merges", "[\"a b c\"]", "merges")]
    [InlineData("/model/merges", "[[\"a\", \"zzz\"]]", "zzz")]
    [InlineData("/model/merges", "[7]", "merges")]
    [InlineData("/model/merges", "7", "merges")]
    [InlineData("/model/type", "\"Unigram\"", "Unigram")]
    [InlineData("/model/unk_token", "\"zzz\"", "zzz")]
    [InlineData("/added_tokens", "[7]", "content")]
    [InlineData("/added_tokens", "[{\"id\": 3, \"content\": \"zzz\"}]", "zzz")]
    [InlineData("/added_tokens", "[{\"id\": 1e30, \"content\": \"zzz\"}]", "zzz")]
    [InlineData("/added_tokens", "[{\"id\": 3000, \"content\": \"\\ud800\"}]", "tokenizer.json")]
    [InlineData("/pre_tokenizer", "{\"type\": \"Whitespace\"}", "Whitespace")]
    [InlineData("/pre_tokenizer/pretokenizers/0/pattern/Regex", "\"(a+)+\"", "(a+)+")]
    [InlineData("/normalizer", "{\"type\": \"Lowercase\"}", "Lowercase")]
    [InlineData("/model", "null", "model")]
    [InlineData("", "[]", "model")]
    [InlineData("", "{", "tokenizer.json")]
    public void A_wrong_key_of_a_tokenizer_json_is_named(string path, string value, string named)
    {
        JsonObject json = Json();
        string text = path.Length == 0 ? value : Replace(json, path, value);
        var exception = Assert.Throws<ModelFormatException>(() => VocabularyTokenizer.Create(HuggingFaceTokenizer.Read("folder", text)));
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_json_is_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"a\":", 100_000));
        Assert.Throws<ModelFormatException>(() => HuggingFaceTokenizer.Read("folder", deep));
    }

    private static byte[] Gguf(params (string Key, object? Value)[] changes)
    {
        Dictionary<string, object?> values = new()
        {
            ["model"] = "gpt2",
            ["pre"] = "deepseek-v3",
            ["tokens"] = s_small.Tokens.ToArray(),
            ["token_type"] = s_small.Types.Select(type => (int)type).ToArray(),
            ["merges"] = s_small.Merges.Select(merge => $"{merge.Left} {merge.Right}").ToArray(),
            ["bos_token_id"] = IndexOf("<s>"),
            ["eos_token_id"] = IndexOf("</s>"),
        };
        foreach ((string key, object? value) in changes) values[key] = value;
        GgufBuilder builder = new();
        foreach ((string key, object? value) in values)
            if (value is not null) builder.Set(Key + key, value);
        return builder.ToBytes();
    }

    private static Tokenizer FromGguf(TemporaryFolder folder, byte[] bytes, int number = 0)
    {
        string path = folder.Write($"{number}.gguf", bytes);
        try
        {
            using GgufFile file = GgufFile.Open(path);
            return Tokenizer.FromModel(file);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static JsonObject Json() => Json(s_small.Tokens, s_small.Types, s_small.Merges);

    private static JsonObject SmallJson() => Json(Small(s_small.Tokens), [.. Enumerable.Repeat(TokenType.Normal, 269), TokenType.Control], s_small.Merges.Take(5));

    private static JsonObject Json(IReadOnlyList<string> tokens, IReadOnlyList<TokenType> types, IEnumerable<(string Left, string Right)> merges)
    {
        JsonObject vocabulary = [];
        JsonArray added = [];
        for (int id = 0; id < tokens.Count; id++)
        {
            if (types[id] == TokenType.Normal) vocabulary[tokens[id]] = id;
            else added.Add(new JsonObject { ["id"] = id, ["content"] = tokens[id], ["special"] = types[id] == TokenType.Control });
        }

        JsonArray steps = [];
        foreach (string pattern in (string[])[@"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+", new DeepSeekV3Pattern().Expression.Replace(@"\r\n", "\r\n", StringComparison.Ordinal)])
            steps.Add(new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false });
        steps.Add(new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false });
        return new JsonObject
        {
            ["normalizer"] = new JsonObject { ["type"] = "NFC" },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = steps },
            ["added_tokens"] = added,
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)new JsonArray(merge.Left, merge.Right))]),
            },
        };
    }

    private static string[] Small(IReadOnlyList<string> tokens) => [.. tokens.Take(269), "<s>"];

    private static string Replace(JsonObject json, string path, string value)
    {
        string[] steps = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        JsonNode parent = json;
        foreach (string step in steps[..^1]) parent = int.TryParse(step, out int index) ? parent[index]! : parent[step]!;
        const string mark = "replaced-value";
        parent[steps[^1]] = mark;
        return json.ToJsonString().Replace($"\"{mark}\"", value, StringComparison.Ordinal);
    }

    private static Tokenizer FromFolder(TemporaryFolder folder)
    {
        using ModelFile file = ModelFile.Open(folder.Path);
        return Tokenizer.FromModel(file);
    }

    private static int IndexOf(string token) => s_small.Tokens.ToList().IndexOf(token);
}

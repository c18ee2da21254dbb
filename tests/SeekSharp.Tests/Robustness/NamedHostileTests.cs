using System.Globalization;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Tests.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Robustness;

/// <summary>Lies with a name, each tried in every place: what random damage may miss.</summary>
public sealed class NamedHostileTests(ITestOutputHelper output) : IDisposable
{
    private static readonly ulong[] Counts = [0, 1 << 26, int.MaxValue, uint.MaxValue, 1UL << 61, 1UL << 62, long.MaxValue, 1UL << 63, ulong.MaxValue];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Architectures => ["deepseek2", "llama", "qwen2"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_gguf_file_cut_off_at_any_byte_is_refused()
    {
        byte[] whole = SmallModels.DeepSeek(more: builder => builder.Set("tokenizer.ggml.tokens", new[] { "a", "b" })).ToBytes();
        int needed = whole.Length - 16; // the last tensor, of 16 bytes, is padded to 32
        int header = Seeds.HeaderLength(whole);
        for (int length = 0; length < needed; length += length <= header ? 1 : 64)
        {
            string path = _folder.Write("model.gguf", whole[..length]);
            Assert.Throws<ModelFormatException>(() => ModelFile.Open(path));
        }

        ModelFile.Open(_folder.Write("model.gguf", whole[..needed])).Dispose();
    }

    /// <summary>2^63 and its like at every byte of the header: every count, length and offset is among them.</summary>
    [Fact]
    public void Absurd_counts_at_any_byte_are_survived()
    {
        byte[] whole = SmallModels.DeepSeek(more: builder => builder.Set("tokenizer.ggml.tokens", new[] { "a", "b" })).ToBytes();
        int header = Seeds.HeaderLength(whole);
        new Survival(output).Run(header, (at, random) =>
        {
            byte[] bytes = [.. whole];
            BitConverter.GetBytes(Counts[random.Next(Counts.Length)]).CopyTo(bytes, at);
            string path = _folder.Write("model.gguf", bytes);
            return (bytes.Length, () =>
            {
                using ModelFile file = ModelFile.Open(path);
                _ = file.Config;
            });
        });
    }

    [Fact]
    public void Safetensors_cut_off_at_any_byte_are_refused()
    {
        foreach ((string name, byte[] bytes) in Seeds.Folder) _folder.Write(name, bytes);
        byte[] whole = Seeds.Folder["model-1.safetensors"];
        for (int length = 0; length < whole.Length; length++)
        {
            _folder.Write("model-1.safetensors", whole[..length]);
            Assert.Throws<ModelFormatException>(() => ModelFile.Open(_folder.Path));
        }
    }

    /// <summary>Every number of a configuration, at every edge; engines are built on whatever is believed.</summary>
    [Theory]
    [MemberData(nameof(Architectures))]
    public void Absurd_configurations_are_survived(string architecture)
    {
        object[] edges = [0u, 1u, 2u, 3u, 7u, 63u, 64u, 1024u, 4096u, 4097u, 65536u, 1u << 17, 1u << 20, 1u << 22, 1u << 30, (uint)int.MaxValue, 1u << 31, uint.MaxValue, -1, 1UL << 63, 0.5f, float.NaN, 1e30f, "x", true];
        byte[] seed = Seeds.Model(architecture);
        string[] keys;
        using (GgufFile file = GgufFile.Open(_folder.Write("seed.gguf", seed)))
            keys = [.. file.Metadata.Keys.Where(key => key.StartsWith(architecture, StringComparison.Ordinal))];
        new Survival(output).Run(keys.Length * edges.Length, (i, _) =>
        {
            byte[] mutant = Seeds.Model(architecture, (keys[i / edges.Length][(architecture.Length + 1)..], edges[i % edges.Length]));
            string path = _folder.Write("mutant.gguf", mutant);
            return (mutant.Length, () =>
            {
                using LanguageModel model = LanguageModel.Load(path, new LoadOptions { Threads = 1 });
                using var engine = new Engine(model, new EngineOptions { Threads = 1 });
                // 4,096 tokens, or what the model was made for: never what it says it was made for.
                Assert.InRange(engine.CacheTokens, 1, 4096);
                Assert.InRange(engine.CacheBytes, 0, 8 << 20);
                using Sequence sequence = engine.CreateSequence();
                engine.Evaluate(sequence, [0]);
            });
        });
    }

    [Fact]
    public void Experts_that_no_layer_has_take_no_memory()
    {
        // All layers dense: no tensor contradicts a router of 4096 experts of width 2^20, for which buffers would take 8 TB.
        byte[] file = Seeds.Model("deepseek2", ("block_count", 1u), ("expert_count", 4096u), ("expert_used_count", 4096u), ("expert_feed_forward_length", 1u << 20), ("expert_shared_count", 64u),
            ("expert_group_count", 1u), ("context_length", 1u << 30));
        using LanguageModel model = LanguageModel.Load(_folder.Write("model.gguf", file));
        using var engine = new Engine(model);
        using Sequence sequence = engine.CreateSequence();
        Assert.All(engine.Evaluate(sequence, [3]).ToArray(), logit => Assert.True(float.IsFinite(logit)));
    }

    [Theory]
    [InlineData(0, 3, "the name says 3 parts")] // split.count lies downwards
    [InlineData(65535, 3, "the name says 3 parts")]
    [InlineData(65535, 65535, "part 2 of 65535 is missing")]
    [InlineData(3, 99999, "the name says 99999 parts")]
    public void A_split_count_that_lies_is_refused(int count, int named, string expected)
    {
        byte[] part = SmallModels.Grouped("llama").Set("split.no", (ushort)0).Set("split.count", (ushort)count).Add("t", [1], 1).ToBytes();
        string path = _folder.Write(string.Create(CultureInfo.InvariantCulture, $"model-00001-of-{named:D5}.gguf"), part);
        // With split.count 0 the file says that it is whole, whatever it is called.
        if (count == 0) ModelFile.Open(path).Dispose();
        else Refuses(path, expected);
    }

    [Fact]
    public void A_part_that_says_it_is_another_is_refused()
    {
        for (int part = 0; part < 3; part++) _folder.Write(PartName(part), Seeds.Split[0]);
        foreach (int opened in new[] { 0, 1, 2 }) Refuses(Path.Combine(_folder.Path, PartName(opened)), "says it is part 1 of 3");
        for (int part = 0; part < 3; part++) _folder.Write(PartName(part), Seeds.Split[(part + 1) % 3]); // each names the next: a cycle
        foreach (int opened in new[] { 0, 1, 2 }) Refuses(Path.Combine(_folder.Path, PartName(opened)), "says it is part");
    }

    [Fact]
    public void A_part_that_is_a_link_to_itself_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "Links need rights on Windows.");
        for (int part = 0; part < 3; part += 2) _folder.Write(PartName(part), Seeds.Split[part]);
        string link = Path.Combine(_folder.Path, PartName(1));
        File.CreateSymbolicLink(link, link);
        Refuses(Path.Combine(_folder.Path, PartName(0)), PartName(1) + ": the file cannot be read");
    }

    [Fact]
    public void Merges_that_do_not_exist_change_nothing()
    {
        string[] tokens = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Encode((byte)value).ToString()), "th", "the"];
        string[] merges = ["zz qq", "t h", "th e", "the y", "nowhere x", "x nowhere", "t h"];
        const string key = "tokenizer.ggml.";
        string path = _folder.Write("model.gguf", new GgufBuilder().Set(key + "model", "gpt2").Set(key + "pre", "qwen2").Set(key + "tokens", tokens).Set(key + "merges", merges).ToBytes());
        using ModelFile file = ModelFile.Open(path);
        Tokenizer tokenizer = Tokenizer.FromModel(file);
        Assert.Equal([257], tokenizer.Encode("the"));
        Assert.Equal("they".Select(letter => tokenizer.FindToken($"{letter}")!.Value), tokenizer.Encode("they")); // no token: its bytes stand for it, as in llama.cpp
        Assert.Equal("nowherex zzqq", tokenizer.Decode(tokenizer.Encode("nowherex zzqq")));
    }

    [Theory]
    [InlineData("\u001b[31m", "'\uFFFD[31m'")]
    [InlineData("a\nb", "'a\uFFFDb'")]
    public void What_a_message_quotes_cannot_steer_a_terminal(string unknown, string expected)
    {
        string path = _folder.Write("model.gguf", new GgufBuilder().Set("tokenizer.ggml.model", unknown).Set("tokenizer.ggml.tokens", new[] { "a" }).ToBytes());
        using ModelFile file = ModelFile.Open(path);
        Assert.Contains(expected, Assert.Throws<ModelFormatException>(() => Tokenizer.FromModel(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_does_not_quote_a_whole_file()
    {
        string path = _folder.Write("model.gguf", new GgufBuilder().Set("tokenizer.ggml.model", new string('x', 1 << 20)).Set("tokenizer.ggml.tokens", new[] { "a" }).ToBytes());
        using ModelFile file = ModelFile.Open(path);
        Assert.InRange(Assert.Throws<ModelFormatException>(() => Tokenizer.FromModel(file)).Message.Length, 100, 2100);
    }

    private static void Refuses(string path, string expected) =>
        Assert.Contains(expected, Assert.Throws<ModelFormatException>(() => ModelFile.Open(path)).Message, StringComparison.Ordinal);

    private static string PartName(int part) => $"model-{part + 1:D5}-of-00003.gguf";
}

using SeekSharp.Inference;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Tests.Robustness;

/// <summary>Runs alone, since it counts what all threads allocate.</summary>
[CollectionDefinition(nameof(LoadRobustnessTests), DisableParallelization = true)]
public sealed class LoadRobustness;

/// <summary>Damaged models, loaded and computed with: lying shapes, ranks and types, numbers that are none, absurd configurations.</summary>
[Collection(nameof(LoadRobustnessTests))]
public sealed class LoadRobustnessTests(ITestOutputHelper output) : IDisposable
{
    private static readonly EngineOptions s_options = new() { Threads = 1, MaxBatch = 4, CacheTokens = 32 };
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Architectures => ["deepseek2", "llama", "qwen2"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Gguf(string architecture) => DamageGguf(architecture, Survival.Few / 2);

    [Theory(Explicit = true)]
    [MemberData(nameof(Architectures))]
    public void Gguf_long(string architecture) => DamageGguf(architecture, Survival.Many / (architecture == "deepseek2" ? 1 : 2));

    [Fact]
    public void Folder() => DamageFolder(Survival.Few / 2);

    [Fact(Explicit = true)]
    public void Folder_long() => DamageFolder(Survival.Many);

    private void DamageGguf(string architecture, int count)
    {
        byte[] seed = Seeds.Model(architecture);
        int header = Seeds.HeaderLength(seed);
        Assert.Empty(Load(_folder.Write("seed.gguf", seed), seed.Length)); // the seed itself is right
        new Survival(output) { CountsAllThreads = true }.Run(count, (_, random) =>
        {
            byte[] mutant = new Mutator(random).Mutate(seed, header);
            string path = _folder.Write("mutant.gguf", mutant);
            return (mutant.Length, () => Load(path, mutant.Length));
        });
    }

    private void DamageFolder(int count)
    {
        foreach ((string name, byte[] bytes) in Seeds.Folder) _folder.Write(name, bytes);
        long whole = Seeds.Folder.Values.Sum(bytes => bytes.Length);
        Assert.Empty(Load(_folder.Path, whole));
        string[] damagedNames = ["config.json", "model-1.safetensors", "model.safetensors.index.json"];
        new Survival(output) { CountsAllThreads = true }.Run(count, (i, random) =>
        {
            string damaged = damagedNames[i % damagedNames.Length];
            foreach (string name in damagedNames) _folder.Write(name, Seeds.Folder[name]);
            byte[] mutant = damaged.EndsWith(".json", StringComparison.Ordinal) ? new JsonMutator(random).Mutate(Seeds.Folder[damaged]) : new Mutator(random).Mutate(Seeds.Folder[damaged]);
            _folder.Write(damaged, mutant);
            return (whole, () => Load(_folder.Path, whole));
        });
    }

    /// <summary>Loads a model and lets it compute. Returns what is wrong with its tokenizer, which does not keep a model from loading.</summary>
    private static string Load(string path, long bytes)
    {
        using LanguageModel model = LanguageModel.Load(path, new LoadOptions { Threads = 1 });
        Assert.InRange(model.WeightBytes, 0, 16 * bytes + (4 << 20));
        using (var engine = new Engine(model, s_options))
        {
            using Sequence sequence = engine.CreateSequence();
            engine.Evaluate(sequence, [0, model.Config.VocabularySize - 1]);
        }

        try
        {
            model.Tokenizer.Encode("ab a");
            return "";
        }
        catch (SeekSharp.Formats.ModelFormatException exception)
        {
            return exception.Message;
        }
    }
}

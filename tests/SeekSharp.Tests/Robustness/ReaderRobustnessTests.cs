using System.Text;
using SeekSharp.Formats;
using SeekSharp.Tests.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Robustness;

/// <summary>Damaged files of every format that is read: see <see cref="Survival"/>.</summary>
public sealed class ReaderRobustnessTests(ITestOutputHelper output) : IDisposable
{
    private const string Text = "The theory of the 你好 <s> \t\n 12 😀 \0 ab";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Gguf() => DamageGguf(Survival.Few);

    [Fact(Explicit = true)]
    public void Gguf_long() => DamageGguf(Survival.Many);

    [Fact]
    public void Split_gguf() => DamageSplit(Survival.Few);

    [Fact(Explicit = true)]
    public void Split_gguf_long() => DamageSplit(Survival.Many);

    [Fact]
    public void Safetensors() => DamageFolder(Survival.Few, "model-1.safetensors");

    [Fact(Explicit = true)]
    public void Safetensors_long() => DamageFolder(Survival.Many, "model-1.safetensors");

    [Fact]
    public void Index() => DamageFolder(Survival.Few, "model.safetensors.index.json");

    [Fact(Explicit = true)]
    public void Index_long() => DamageFolder(Survival.Many, "model.safetensors.index.json");

    [Fact]
    public void Config() => DamageFolder(Survival.Few, "config.json");

    [Fact(Explicit = true)]
    public void Config_long() => DamageFolder(Survival.Many, "config.json");

    [Fact]
    public void Published_config() => DamagePublishedConfig(Survival.Few);

    [Fact(Explicit = true)]
    public void Published_config_long() => DamagePublishedConfig(Survival.Many);

    [Fact]
    public void Tokenizer_json() => DamageFolder(Survival.Few, "tokenizer.json");

    [Fact(Explicit = true)]
    public void Tokenizer_json_long() => DamageFolder(Survival.Many, "tokenizer.json");

    [Fact]
    public void Byte_level_tokenizer_json() => DamageByteLevelTokenizer(Survival.Few);

    [Fact(Explicit = true)]
    public void Byte_level_tokenizer_json_long() => DamageByteLevelTokenizer(Survival.Many);

    [Fact]
    public void Tokenizer_config() => DamageFolder(Survival.Few, "tokenizer_config.json", "generation_config.json");

    [Fact(Explicit = true)]
    public void Tokenizer_config_long() => DamageFolder(Survival.Many, "tokenizer_config.json", "generation_config.json");

    private void DamageGguf(int count)
    {
        byte[][] seeds = [Seeds.Gguf, Seeds.SentencePieceGguf];
        foreach (byte[] seed in seeds) ReadWhole(_folder.Write("seed.gguf", seed));
        new Survival(output).Run(count, (i, random) =>
        {
            string path = _folder.Write("mutant.gguf", new Mutator(random).Mutate(seeds[i % seeds.Length]));
            return (new FileInfo(path).Length, () => Read(path));
        });
    }

    private void DamageSplit(int count)
    {
        for (int part = 0; part < Seeds.Split.Length; part++) _folder.Write(PartName(part), Seeds.Split[part]);
        ReadWhole(Path.Combine(_folder.Path, PartName(1)));
        new Survival(output).Run(count, (_, random) =>
        {
            byte[][] parts = [.. Seeds.Split];
            int damaged = random.Next(parts.Length), opened = random.Next(parts.Length);
            parts[damaged] = random.Next(20) == 0 ? parts[random.Next(parts.Length)] : new Mutator(random).Mutate(parts[damaged]);
            for (int part = 0; part < parts.Length; part++) _folder.Write(PartName(part), parts[part]);
            return (parts.Sum(part => part.Length), () => Read(Path.Combine(_folder.Path, PartName(opened))));
        });
    }

    private void DamageFolder(int count, params string[] damagedNames)
    {
        foreach ((string name, byte[] bytes) in Seeds.Folder) _folder.Write(name, bytes);
        ReadWhole(_folder.Path);
        long whole = Seeds.Folder.Values.Sum(bytes => bytes.Length);
        new Survival(output).Run(count, (i, random) =>
        {
            string damaged = damagedNames[i % damagedNames.Length];
            byte[] seed = Seeds.Folder[damaged];
            byte[] mutant = damaged.EndsWith(".json", StringComparison.Ordinal) ? new JsonMutator(random).Mutate(seed) : MutateSafetensors(seed, random);
            _folder.Write(damaged, mutant);
            return (whole - seed.Length + mutant.Length, () => Read(_folder.Path));
        });
    }

    private void DamagePublishedConfig(int count)
    {
        byte[][] seeds = [.. new[] { PublishedConfigs.DeepSeekV3, PublishedConfigs.DeepSeekV2 }.Select(Encoding.UTF8.GetBytes)];
        new Survival(output).Run(count, (i, random) =>
        {
            byte[] mutant = new JsonMutator(random).Mutate(seeds[i % seeds.Length]);
            string path = _folder.Write("config.json", mutant);
            return (mutant.Length, () => ParameterCounts.Of(ModelConfigReader.Read(path)));
        });
    }

    private void DamageByteLevelTokenizer(int count)
    {
        byte[] seed = Seeds.ByteLevelTokenizerJson;
        Encode(VocabularyTokenizer.Create(HuggingFaceTokenizer.Read("folder", Encoding.UTF8.GetString(seed))));
        new Survival(output).Run(count, (_, random) =>
        {
            byte[] mutant = new JsonMutator(random).Mutate(seed);
            return (mutant.Length, () => Encode(VocabularyTokenizer.Create(HuggingFaceTokenizer.Read("folder", Encoding.UTF8.GetString(mutant)))));
        });
    }

    /// <summary>Half of the damage to the bytes, half to the structure of the header, whose length is then right.</summary>
    private static byte[] MutateSafetensors(byte[] seed, Random random)
    {
        if (random.Next(2) == 0) return new Mutator(random).Mutate(seed);
        int length = (int)BitConverter.ToUInt64(seed);
        byte[] header = new JsonMutator(random).Mutate(seed[8..(8 + length)]);
        return [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. seed[(8 + length)..]];
    }

    /// <summary>A seed must be right in every respect, or its mutants would test less than they seem to.</summary>
    private static void ReadWhole(string path)
    {
        using ModelFile file = ModelFile.Open(path);
        _ = file.Config;
        Encode(Tokenizer.FromModel(file));
    }

    /// <summary>Opens a file and reads all there is to read; what one part refuses, the next may still have to bear.</summary>
    private static void Read(string path)
    {
        using ModelFile file = ModelFile.Open(path);
        foreach (Tensor tensor in file.Tensors)
        {
            float[] row = new float[tensor.Shape.Count == 0 ? 1 : tensor.Shape[^1]];
            Attempt(() => Dequantizer.ToFloat32(tensor, 0, row));
            Attempt(() => file.Find(tensor.Name, tensor.Shape.Count == 3 ? 0 : null));
        }

        if (file is GgufFile gguf) foreach (string key in gguf.Metadata.Keys) _ = gguf.Metadata.Describe(key);
        if (file is HuggingFaceFolder folder) Attempt(() => _ = folder.EndOfTextTokens);
        Attempt(() => _ = file.ChatTemplate);
        Attempt(() => _ = ParameterCounts.Of(file.Config));
        Encode(Tokenizer.FromModel(file));
    }

    private static void Encode(Tokenizer tokenizer)
    {
        foreach (bool parseSpecial in (bool[])[false, true]) tokenizer.Decode(tokenizer.Encode(Text, parseSpecial), includeSpecial: true);
        if (tokenizer.BeginningOfText is { } beginning) _ = tokenizer.TokenBytes(beginning);
        foreach (int end in tokenizer.EndOfText) _ = tokenizer.IsSpecial(end);
    }

    private static void Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (ModelFormatException)
        {
        }
    }

    private static string PartName(int part) => $"model-{part + 1:D5}-of-00003.gguf";
}

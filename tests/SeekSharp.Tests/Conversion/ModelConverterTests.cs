using System.Text.Json.Nodes;
using SeekSharp.Conversion;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Quantization;
using SeekSharp.Tests.Formats;
using SeekSharp.Tests.Models;

namespace SeekSharp.Tests.Conversion;

/// <summary>
/// Folders made of the small models by <see cref="HuggingFaceWriter"/>, which knows nothing of the converter, turn into the GGUF files that they came from.
/// </summary>
public sealed class ModelConverterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string?> Models => HuggingFaceOracleTests.Models;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void Folder_becomes_the_file_that_it_came_from(string name, string? rotaryScaling)
    {
        using GgufFile original = GgufFile.Open(Oracle.Path(name + ".gguf"));
        string output = PathOf("model.gguf");
        ModelConverter.ToGguf(WriteFolder(name, HuggingFaceWriter.Storage.Float32, rotaryScaling), output);
        using GgufFile converted = GgufFile.Open(output);
        Assert.Equal(original.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), converted.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        foreach (Tensor tensor in converted.Tensors)
        {
            Tensor expected = original.Find(tensor.Name)!;
            Assert.Equal(expected.Shape, tensor.Shape);
            Assert.Equal(TensorType.F32, tensor.Type);
            if (tensor.Name == "rope_freqs.weight") AssertClose(Values(expected), Values(tensor));
            else Assert.True(Bytes(expected).SequenceEqual(Bytes(tensor)), tensor.Name);
        }

        AssertSameConfig(original.Config, converted.Config);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Folder_comes_back_as_it_was(string name, string? rotaryScaling)
    {
        foreach (HuggingFaceWriter.Storage storage in (HuggingFaceWriter.Storage[])[HuggingFaceWriter.Storage.Float32, HuggingFaceWriter.Storage.BFloat16])
        {
            string folder = WriteFolder(name, storage, rotaryScaling), file = PathOf($"{storage}.gguf"), back = PathOf($"{storage}-back");
            ModelConverter.ToGguf(folder, file);
            ModelConverter.ToFolder(file, back);
            using HuggingFaceFolder original = HuggingFaceFolder.Open(folder), returned = HuggingFaceFolder.Open(back);
            AssertSameConfig(original.Config, returned.Config);
            Assert.Equal(original.Tensors.Count, returned.Tensors.Count);
            foreach (Tensor tensor in original.Tensors)
            {
                Tensor actual = returned.Tensors.Single(other => other.Name == tensor.Name);
                Assert.Equal(tensor.Shape, actual.Shape);
                if (tensor.Name.EndsWith("e_score_correction_bias", StringComparison.Ordinal))
                {
                    Assert.Equal(Values(tensor), Values(actual)); // float32 in DeepSeek's own folders
                    continue;
                }

                Assert.Equal(tensor.Type, actual.Type);
                Assert.True(Bytes(tensor).SequenceEqual(Bytes(actual)), tensor.Name);
            }
        }
    }

    /// <summary>Each code times the float32 scale of its block, rounded once, to the nearest bfloat16, ties to even.</summary>
    [Theory]
    [InlineData("tiny-deepseek-v3", "4096", "1.0")]
    [InlineData("tiny-deepseek-lite", "4096", "0.707")]
    public void Float8_becomes_bfloat16_as_by_hand(string name, string context, string mscale)
    {
        string scaling = $$"""{"type": "yarn", "factor": 40, "original_max_position_embeddings": {{context}}, "mscale": {{mscale}}, "mscale_all_dim": {{mscale}}}""";
        string coded = WriteFolder(name, HuggingFaceWriter.Storage.Float8, scaling), plain = WriteFolder(name, HuggingFaceWriter.Storage.Float8AsFloat32, scaling);
        ModelConverter.ToGguf(coded, PathOf("coded.gguf"));
        ModelConverter.ToGguf(plain, PathOf("plain.gguf"), FileType.F32);
        using GgufFile actual = GgufFile.Open(PathOf("coded.gguf")), values = GgufFile.Open(PathOf("plain.gguf"));
        int matrices = 0;
        foreach (Tensor tensor in actual.Tensors.Where(tensor => tensor.Type == TensorType.BF16))
        {
            matrices++;
            byte[] bytes = Bytes(tensor).ToArray();
            float[] exact = Values(values.Find(tensor.Name)!);
            for (int i = 0; i < exact.Length; i++) Assert.Equal(NearestBFloat16(exact[i]), BitConverter.ToUInt16(bytes, 2 * i));
        }

        Assert.True(matrices > 20);
    }

    [Fact]
    public void Chosen_types_are_those_of_llama_cpps_converter()
    {
        string folder = WriteFolder("tiny-deepseek-v3", HuggingFaceWriter.Storage.BFloat16, null);
        foreach (FileType type in (FileType[])[FileType.F16, FileType.BF16, FileType.Q8_0, FileType.Q4_K_M])
        {
            ModelConverter.ToGguf(folder, PathOf($"{type}.gguf"), type);
            using GgufFile file = GgufFile.Open(PathOf($"{type}.gguf"));
            Assert.Equal((int)type, file.Metadata.GetInt32("general.file_type"));
            foreach (Tensor tensor in file.Tensors)
            {
                bool isFloat = tensor.Shape.Count == 1 || tensor.Name.EndsWith("ffn_gate_inp.weight", StringComparison.Ordinal);
                Assert.True(isFloat == (tensor.Type == TensorType.F32), $"{tensor.Name}: {tensor.Type}");
                if (!isFloat && type != FileType.Q4_K_M) Assert.Contains(tensor.Type, (TensorType[])[Enum.Parse<TensorType>(type.ToString()), TensorType.F16]);
            }
        }
    }

    [Fact]
    public void Says_what_is_wrong_with_a_folder_and_leaves_nothing()
    {
        string folder = WriteFolder("tiny-qwen3", HuggingFaceWriter.Storage.Float32, null);
        AssertFails("has no weights", path => File.Delete(Path.Combine(path, "model.safetensors")));
        AssertFails("'mystery.weight' is not known", path => Replace(path, new SafetensorsBuilder().Add("mystery.weight", [2, 2], 1, 2, 3, 4)));
        AssertFails("does not have", path => Replace(path, new SafetensorsBuilder().Add("model.layers.77.input_layernorm.weight", [2], 1, 2)));
        AssertFails("not finite", path => Replace(path, new SafetensorsBuilder().Add("model.embed_tokens.weight", [2, 2], 1, float.NaN, 3, 4)), FileType.F16);

        void AssertFails(string message, Action<string> spoil, FileType? type = null)
        {
            string copy = PathOf("copy");
            Directory.CreateDirectory(copy);
            foreach (string file in Directory.GetFiles(folder)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
            spoil(copy);
            var exception = Assert.Throws<ModelFormatException>(() => ModelConverter.ToGguf(copy, PathOf("bad.gguf"), type));
            Assert.Contains(message, exception.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(_folder.Path, "bad*"));
            Directory.Delete(copy, recursive: true);
        }

        static void Replace(string path, SafetensorsBuilder weights) => File.WriteAllBytes(Path.Combine(path, "model.safetensors"), weights.ToBytes());
    }

    /// <summary>Whatever is in a header, there is a folder and a quantised file at the end, or one sentence and nothing.</summary>
    [Fact]
    public void Mutants_convert_or_are_refused()
    {
        GgufBuilder builder = SmallModels.DeepSeek();
        builder.Add("output_norm.weight", [32]).Add("blk.0.attn_k_b.weight", [2, 16, 8]).Add("blk.0.attn_v_b.weight", [2, 10, 16]);
        builder.Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.pre", "qwen2").Set("tokenizer.ggml.tokens", new[] { "a", "b", "ab", "c" }).Set("tokenizer.ggml.merges", new[] { "a b" });
        byte[] whole = builder.ToBytes();
        int header = whole.AsSpan().LastIndexOf("attn_v_b"u8) + 64;
        Random random = new(12);
        int refused = 0;
        for (int round = 0; round < 1500; round++)
        {
            byte[] mutant = [.. whole];
            if (round > 1) mutant[random.Next(header)] = (byte)(random.Next(2) == 0 ? random.Next(256) : random.Next(4));
            string input = _folder.Write("mutant.gguf", mutant), output = PathOf("mutant-out");
            try
            {
                if (round % 2 == 0) ModelConverter.ToFolder(input, output, null, new ConversionOptions { Threads = 1 });
                else ModelQuantizer.Quantize(input, output, FileType.Q8_0, new ConversionOptions { Threads = 1 });
                if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
                else File.Delete(output);
            }
            catch (Exception exception) when (exception is ModelFormatException or IOException)
            {
                refused++;
                Assert.True(round > 1, exception.Message);
                Assert.False(Directory.Exists(output) || File.Exists(output));
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{refused} of 1500 refused");
        Assert.InRange(refused, 300, 1300);
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        GgufBuilder builder = SmallModels.DeepSeek();
        builder.Add("blk.0.attn_kv_b.weight", [36, 16]).Add("blk.0.attn_k_b.weight", [2, 16, 8]).Add("blk.0.attn_v_b.weight", [2, 10, 16]);
        string input = _folder.Write("twice.gguf", builder.ToBytes());
        Assert.Contains("twice", Assert.Throws<ModelFormatException>(() => ModelConverter.ToFolder(input, PathOf("twice"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inputs_are_never_written_over()
    {
        string folder = WriteFolder("tiny-qwen3", HuggingFaceWriter.Storage.Float32, null), weights = Path.Combine(folder, "model.safetensors");
        ConversionOptions options = new() { Overwrite = true };
        Assert.Throws<IOException>(() => ModelConverter.ToGguf(folder, weights, null, options));
        string inside = Path.Combine(folder, "model.gguf");
        ModelConverter.ToGguf(folder, inside);
        Assert.Throws<IOException>(() => ModelConverter.ToFolder(inside, folder, null, options));
        Assert.Throws<IOException>(() => ModelConverter.ToFolder(inside, inside, null, options));
        Assert.Equal(3, Directory.GetFiles(folder).Length);
    }

    [Fact]
    public void Prediction_layers_are_left_out()
    {
        string folder = WriteFolder("tiny-deepseek-v3", HuggingFaceWriter.Storage.Float32, null);
        string configPath = Path.Combine(folder, "config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(configPath))!;
        int layers = (int)config["num_hidden_layers"]! - 1;
        config["num_hidden_layers"] = layers;
        config["num_nextn_predict_layers"] = 1;
        File.WriteAllText(configPath, config.ToJsonString());
        ModelConverter.ToGguf(folder, PathOf("short.gguf"));
        using GgufFile file = GgufFile.Open(PathOf("short.gguf"));
        Assert.Equal((layers, 0), (file.Config.LayerCount, file.Config.PredictionLayerCount));
        Assert.DoesNotContain(file.Tensors, tensor => tensor.Name.StartsWith($"blk.{layers}.", StringComparison.Ordinal));
    }

    [Fact]
    public unsafe void Prediction_layers_go_there_and_back_where_they_are_wanted()
    {
        (ModelConfig config, TensorCollection random) = PredictionModel.CreateRandom(isShared: false);
        using TensorCollection tensors = random;
        string first = PathOf("mtp.gguf"), folder = PathOf("mtp"), second = PathOf("mtp-again.gguf");
        using (GgufWriter writer = new(first, overwrite: false))
        {
            GgufConfigWriter.Write(writer, config, 0);
            foreach (Tensor tensor in tensors) writer.AddTensor(tensor.Name, tensor.Type, [.. tensor.Shape]);
            foreach (Tensor tensor in tensors) writer.Write(Bytes(tensor));
            writer.Complete();
        }

        ModelConverter.ToFolder(first, folder);
        ModelConverter.ToGguf(folder, second, options: new ConversionOptions { KeepsPrediction = true });
        using LanguageModel fromFolder = LanguageModel.Load(folder, new LoadOptions { LoadsPrediction = true }), fromFile = LanguageModel.Load(second, new LoadOptions { LoadsPrediction = true });
        Assert.True(fromFolder.HasPrediction && fromFile.HasPrediction);
        using GgufFile file = GgufFile.Open(second);
        Assert.Equal((config.LayerCount, 1), (file.Config.LayerCount, file.Config.PredictionLayerCount));
        Assert.Equal(tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), file.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        foreach (Tensor tensor in file.Tensors) Assert.True(Bytes(tensors.Find(tensor.Name)!).SequenceEqual(Bytes(tensor)), tensor.Name);
    }

    private static void AssertSameConfig(ModelConfig expected, ModelConfig actual)
    {
        if (expected.RotaryScaling is RotaryScaling.PerFrequency { Factors: var factors })
        {
            AssertClose([.. factors], [.. Assert.IsType<RotaryScaling.PerFrequency>(actual.RotaryScaling).Factors]);
            actual = actual with { RotaryScaling = expected.RotaryScaling };
        }

        if (expected.RotaryScaling is RotaryScaling.Yarn yarn)
        {
            var other = Assert.IsType<RotaryScaling.Yarn>(actual.RotaryScaling);
            Assert.Equal(yarn.RotationMagnitude, other.RotationMagnitude, 1e-5f);
            Assert.Equal(yarn.AttentionMagnitude, other.AttentionMagnitude, 1e-6f);
            Assert.Equal(yarn with { RotationMagnitude = 1, AttentionMagnitude = 0 }, other with { RotationMagnitude = 1, AttentionMagnitude = 0 });
            actual = actual with { RotaryScaling = yarn };
        }

        Assert.Equal(expected with { Name = "" }, actual with { Name = "" });
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.InRange(actual[i] / expected[i], 1 - 1e-5, 1 + 1e-5);
    }

    private static ushort NearestBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        float below = BitConverter.UInt32BitsToSingle(bits & 0xFFFF0000), above = BitConverter.UInt32BitsToSingle((bits & 0xFFFF0000) + 0x10000);
        double down = Math.Abs((double)value - below), up = Math.Abs((double)above - value);
        ushort low = (ushort)(bits >> 16);
        return down < up || (down == up && low % 2 == 0) ? low : (ushort)(low + 1);
    }

    private string WriteFolder(string name, HuggingFaceWriter.Storage storage, string? rotaryScaling)
    {
        string path = PathOf($"{name}-{storage}");
        using ModelFile file = ModelFile.Open(Oracle.Path(name + ".gguf"));
        new HuggingFaceWriter(file).Write(path, storage, rotaryScaling is null ? null : (JsonObject)JsonNode.Parse(rotaryScaling)!);
        return path;
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private static float[] Values(Tensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        Dequantizer.ToFloat32(tensor, values);
        return values;
    }

    private static unsafe ReadOnlySpan<byte> Bytes(Tensor tensor) => new(tensor.Data, checked((int)tensor.ByteCount));
}

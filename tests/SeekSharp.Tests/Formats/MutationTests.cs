using System.Diagnostics;
using System.Text;
using CsCheck;
using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

/// <summary>Thousands of damaged files: only <see cref="ModelFormatException"/> may come out, soon, and without allocating much.</summary>
public sealed class MutationTests
{
    private const long MostAllocated = 4 << 20;
    private static int s_folders;

    /// <summary>Numbers that break sums and products.</summary>
    private static readonly ulong[] Edges =
        [0, 1, 2, 127, 255, 256, 65535, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, long.MaxValue, 1UL << 63, ulong.MaxValue - 31, ulong.MaxValue];

    private static readonly Gen<Func<byte[], byte[]>> Mutation = Gen.OneOf(
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte, (at, value) => (Func<byte[], byte[]>)(bytes => Overwrite(bytes, at, [value]))),
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[0, Edges.Length - 1], Gen.Int[0, 3], (at, edge, size) =>
            (Func<byte[], byte[]>)(bytes => Overwrite(bytes, at, BitConverter.GetBytes(Edges[edge])[..(1 << size)]))),
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[1, 64], (at, count) => (Func<byte[], byte[]>)(bytes => Cut(bytes, at, count))),
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[1, 64], (at, count) => (Func<byte[], byte[]>)(bytes => Repeat(bytes, at, count))),
        Gen.Int[0, 1 << 20].Select(at => (Func<byte[], byte[]>)(bytes => bytes[..(at % (bytes.Length + 1))])));

    private static readonly Gen<Func<byte[], byte[]>> Mutations = Mutation.Array[1, 4].Select(
        steps => (Func<byte[], byte[]>)(bytes => steps.Aggregate(bytes, (current, step) => step(current))));

    [Fact]
    public void Damaged_gguf_files()
    {
        byte[] whole = SmallModels.DeepSeek(more: builder => builder
            .Set("deepseek2.rope.scaling.type", "yarn").Set("deepseek2.rope.scaling.factor", 40f).Set("tokenizer.ggml.tokens", new[] { "a", "b" })
            .Set("tokenizer.ggml.token_type", new[] { 1, 1 }).Set("tokenizer.chat_template", "x")).ToBytes();
        using TemporaryFolder folder = new();
        Mutations.Sample(
            mutate =>
            {
                string path = folder.Write($"{Interlocked.Increment(ref s_folders)}.gguf", mutate(whole));
                Survives(() => ModelFile.Open(path));
                File.Delete(path);
            },
            iter: 2000);
    }

    [Fact]
    public void Damaged_folders()
    {
        byte[] config = Encoding.UTF8.GetBytes(PublishedConfigs.DeepSeekV3);
        byte[] weights = new SafetensorsBuilder().AddEntry("\"__metadata__\":{\"format\":\"pt\"}")
            .Add("model.embed_tokens.weight", [2, 2], 1, 2, 3, 4)
            .Add("model.layers.1.self_attn.o_proj.weight", "F8_E4M3", [2, 3], new byte[6])
            .Add("model.layers.1.self_attn.o_proj.weight_scale_inv", [1, 1], 2).ToBytes();
        byte[] index = Encoding.UTF8.GetBytes("{\"weight_map\": {\"model.embed_tokens.weight\": \"model.safetensors\"}}");
        byte[] tokenizer = Encoding.UTF8.GetBytes("{\"chat_template\": [{\"name\": \"default\", \"template\": \"D\"}]}");
        using TemporaryFolder parent = new();
        Gen.Select(Gen.Int[0, 3], Mutations).Sample(
            (damaged, mutate) =>
            {
                string path = Directory.CreateDirectory(Path.Combine(parent.Path, $"{Interlocked.Increment(ref s_folders)}")).FullName;
                byte[][] files = [config, weights, index, tokenizer];
                files[damaged] = mutate(files[damaged]);
                string[] names = ["config.json", "model.safetensors", "model.safetensors.index.json", "tokenizer_config.json"];
                for (int i = 0; i < files.Length; i++) File.WriteAllBytes(Path.Combine(path, names[i]), files[i]);
                Survives(() => ModelFile.Open(path));
                Directory.Delete(path, recursive: true);
            },
            iter: 2000);
    }

    /// <summary>Opens a file and touches everything in it.</summary>
    private static void Survives(Func<ModelFile> open)
    {
        long start = Stopwatch.GetTimestamp(), allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using ModelFile file = open();
            foreach (Tensor tensor in file.Tensors)
            {
                float[] values = new float[tensor.ElementCount];
                Dequantizer.ToFloat32(tensor, values);
                file.Find(tensor.Name, tensor.Shape.Count == 3 ? 0 : null);
            }

            Touch(() => _ = ParameterCounts.Of(file.Config));
            Touch(() => _ = file.ChatTemplate);
            if (file is GgufFile gguf) foreach (string key in gguf.Metadata.Keys) _ = gguf.Metadata.Describe(key);
            if (file is HuggingFaceFolder folder) Touch(() => _ = folder.EndOfTextTokens);
        }
        catch (ModelFormatException)
        {
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < MostAllocated, "allocated too much");
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2), "took too long");
    }

    private static void Touch(Action action)
    {
        try
        {
            action();
        }
        catch (ModelFormatException)
        {
        }
    }

    private static byte[] Overwrite(byte[] bytes, int at, byte[] value)
    {
        byte[] result = [.. bytes];
        for (int i = 0; i < value.Length && result.Length > 0; i++) result[(at + i) % result.Length] = value[i];
        return result;
    }

    private static byte[] Cut(byte[] bytes, int at, int count)
    {
        int start = at % (bytes.Length + 1);
        return [.. bytes[..start], .. bytes[Math.Min(start + count, bytes.Length)..]];
    }

    private static byte[] Repeat(byte[] bytes, int at, int count)
    {
        int start = at % (bytes.Length + 1), end = Math.Min(start + count, bytes.Length);
        return [.. bytes[..end], .. bytes[start..]];
    }
}

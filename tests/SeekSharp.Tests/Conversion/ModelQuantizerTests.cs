using System.Text;
using SeekSharp.Conversion;
using SeekSharp.Formats;
using SeekSharp.Quantization;
using SeekSharp.Tests.Formats;
using SeekSharp.Tests.Models;

namespace SeekSharp.Tests.Conversion;

public sealed class ModelQuantizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Keys, order, types, blocks and padding: the whole file is the one that llama.cpp wrote, whatever the number of threads.</summary>
    [Theory]
    [InlineData("Q8_0", 1)]
    [InlineData("Q6_K", 2)]
    [InlineData("Q4_K_M", 3)]
    public void Files_are_those_of_llama_cpp_byte_for_byte(string type, int threads)
    {
        string output = PathOf("out.gguf");
        ModelQuantizer.Quantize(Fixtures.Path("tiny-v3-F32.gguf"), output, Enum.Parse<FileType>(type), new ConversionOptions { Threads = threads });
        Assert.True(File.ReadAllBytes(Fixtures.Path($"tiny-v3-{type}.gguf")).AsSpan().SequenceEqual(File.ReadAllBytes(output)));
    }

    [Fact]
    public void Tells_its_progress()
    {
        List<ConversionProgress> reports = [];
        ModelQuantizer.Quantize(Model, PathOf("out.gguf"), FileType.Q8_0, new ConversionOptions { Progress = new Listener(reports.Add) });
        Assert.Equal(reports[^1].TotalBytes, reports[^1].Bytes);
        Assert.True(reports.Zip(reports.Skip(1)).All(pair => pair.First.Bytes < pair.Second.Bytes));
    }

    [Fact]
    public void Interrupted_it_leaves_nothing()
    {
        for (int after = 0; after < 20; after += 3)
        {
            using CancellationTokenSource source = new();
            int reports = 0;
            if (after == 0) source.Cancel();
            ConversionOptions options = new() { Progress = new Listener(_ => { if (++reports == after) source.Cancel(); }) };
            Assert.Throws<OperationCanceledException>(() => ModelQuantizer.Quantize(Model, PathOf("out.gguf"), FileType.Q4_K_M, options, source.Token));
            Assert.Empty(Directory.GetFiles(_folder.Path));
        }
    }

    [Fact]
    public void What_a_killed_run_left_is_replaced()
    {
        _folder.Write("out.gguf.writing", "half");
        ModelQuantizer.Quantize(Model, PathOf("out.gguf"), FileType.Q8_0);
        Assert.Equal([PathOf("out.gguf")], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Neither_input_nor_another_file_is_written_over()
    {
        string copy = _folder.Write("in.gguf", File.ReadAllBytes(Model));
        Assert.Contains("is the input", Assert.Throws<IOException>(() => ModelQuantizer.Quantize(copy, copy, FileType.Q8_0, new ConversionOptions { Overwrite = true })).Message, StringComparison.Ordinal);
        string other = _folder.Write("other.gguf", "old");
        Assert.Contains("exists", Assert.Throws<IOException>(() => ModelQuantizer.Quantize(copy, other, FileType.Q8_0)).Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(other));
        ModelQuantizer.Quantize(copy, other, FileType.Q8_0, new ConversionOptions { Overwrite = true });
        using GgufFile file = GgufFile.Open(other);
        Assert.Equal(7, file.Metadata.GetInt32("general.file_type"));
        Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public void Weights_that_are_no_numbers_are_refused()
    {
        GgufBuilder builder = SmallModels.Grouped("llama");
        builder.Add("token_embd.weight", [3, 32], [.. Enumerable.Range(0, 96).Select(i => i == 50 ? float.NaN : i)]);
        string input = _folder.Write("in.gguf", builder.ToBytes());
        var exception = Assert.Throws<ModelFormatException>(() => ModelQuantizer.Quantize(input, PathOf("out.gguf"), FileType.Q8_0));
        Assert.Contains("'token_embd.weight'", exception.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("out.gguf")));
    }

    [Fact]
    public void Requantising_keeps_what_has_its_type_already()
    {
        ModelQuantizer.Quantize(Model, PathOf("q8.gguf"), FileType.Q8_0);
        ModelQuantizer.Quantize(PathOf("q8.gguf"), PathOf("again.gguf"), FileType.Q8_0);
        Assert.Equal(File.ReadAllBytes(PathOf("q8.gguf")), File.ReadAllBytes(PathOf("again.gguf")));
        ModelQuantizer.Quantize(Model, PathOf("kept.gguf"), FileType.Q4_K_M, new ConversionOptions { KeepOutput = true });
        using GgufFile kept = GgufFile.Open(PathOf("kept.gguf"));
        Assert.Equal(TensorType.F32, kept.Find("output.weight")!.Type);
    }

    /// <summary>Both forms of the same matrix give the same file, another than without.</summary>
    [Fact]
    public void Importance_matrices_are_read_in_both_forms()
    {
        Random random = new(3);
        using GgufFile model = GgufFile.Open(Model);
        GgufBuilder gguf = new();
        gguf.Set("general.type", "imatrix");
        using MemoryStream binary = new();
        using BinaryWriter writer = new(binary);
        Tensor[] tensors = [.. model.Tensors.Where(tensor => tensor.Shape.Count >= 2 && tensor.Name.StartsWith("blk.", StringComparison.Ordinal))];
        writer.Write(tensors.Length);
        foreach (Tensor tensor in tensors)
        {
            int matrices = tensor.Shape.Count < 3 ? 1 : tensor.Shape[0];
            float[] sums = [.. Enumerable.Range(0, tensor.Shape[^1] * matrices).Select(_ => 8 * random.NextSingle())];
            gguf.Add(tensor.Name + ".in_sum2", [matrices, tensor.Shape[^1]], sums);
            gguf.Add(tensor.Name + ".counts", [matrices, 1], [.. Enumerable.Repeat(8f, matrices)]);
            writer.Write(Encoding.UTF8.GetByteCount(tensor.Name));
            writer.Write(Encoding.UTF8.GetBytes(tensor.Name));
            writer.Write(8);
            writer.Write(sums.Length);
            foreach (float sum in sums) writer.Write(sum);
        }

        ImportanceMatrix fromGguf = ImportanceMatrix.Read(_folder.Write("i.gguf", gguf.ToBytes())), fromBinary = ImportanceMatrix.Read(_folder.Write("i.dat", binary.ToArray()));
        Assert.Equal((tensors.Length, tensors.Length), (fromGguf.Count, fromBinary.Count));
        foreach (FileType type in (FileType[])[FileType.Q4_K_M, FileType.Q4_0])
        {
            ModelQuantizer.Quantize(Model, PathOf("a.gguf"), type, new ConversionOptions { Importance = fromGguf, Overwrite = true });
            ModelQuantizer.Quantize(Model, PathOf("b.gguf"), type, new ConversionOptions { Importance = fromBinary, Overwrite = true });
            ModelQuantizer.Quantize(Model, PathOf("c.gguf"), type, new ConversionOptions { Overwrite = true });
            Assert.Equal(File.ReadAllBytes(PathOf("a.gguf")), File.ReadAllBytes(PathOf("b.gguf")));
            Assert.NotEqual(File.ReadAllBytes(PathOf("a.gguf")), File.ReadAllBytes(PathOf("c.gguf")));
        }
    }

    [Fact]
    public void Hostile_importance_matrices_are_refused()
    {
        using MemoryStream stream = new();
        using (BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(1);
            writer.Write(4);
            writer.Write("name"u8);
            writer.Write(1);
            writer.Write(2);
            writer.Write(1f);
            writer.Write(2f);
        }

        byte[] whole = stream.ToArray();
        ImportanceMatrix.Read(_folder.Write("whole.dat", whole));
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<ModelFormatException>(() => ImportanceMatrix.Read(_folder.Write("cut.dat", whole[..length])));
        Random random = new(8);
        for (int round = 0; round < 2000; round++)
        {
            byte[] mutant = [.. whole];
            for (int i = 0; i < 3; i++) mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            try
            {
                ImportanceMatrix.Read(_folder.Write("mutant.dat", mutant));
            }
            catch (ModelFormatException)
            {
            }
        }
    }

    /// <summary>1.5 GB of weights, in a process of its own: at most 1 GB of memory.</summary>
    [Fact(Explicit = true)]
    public void Memory_stays_small_whatever_the_size()
    {
        string input = PathOf("big.gguf");
        using (GgufWriter writer = new(input))
        {
            using GgufFile small = GgufFile.Open(_folder.Write("small.gguf", SmallModels.Grouped("llama").ToBytes()));
            writer.CopyMetadata(small.Metadata);
            for (int i = 0; i < 6; i++) writer.AddTensor($"blk.{i % 2}.ffn_up{i}.weight", TensorType.F32, [16384, 4096]);
            byte[] slice = new byte[1 << 22];
            Random random = new(1);
            for (int i = 0; i < slice.Length; i += 4) BitConverter.TryWriteBytes(slice.AsSpan(i), random.NextSingle() - 0.5f);
            for (int i = 0; i < 6 * 64; i++) writer.Write(slice);
            writer.Complete();
        }

        long before = ResidentBytes();
        long peak = 0;
        ModelQuantizer.Quantize(input, PathOf("out.gguf"), FileType.Q4_0, new ConversionOptions { Progress = new Listener(_ => peak = Math.Max(peak, ResidentBytes())) });
        TestContext.Current.TestOutputHelper?.WriteLine($"{before >> 20} MB before, {peak >> 20} MB at most");
        Assert.InRange(peak, 0, 1L << 30);
    }

    private static long ResidentBytes()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static string Model => Oracle.Path("tiny-deepseek-v3.gguf");

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private sealed class Listener(Action<ConversionProgress> listen) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value) => listen(value);
    }
}

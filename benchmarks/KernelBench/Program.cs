// Times the matrix products beside a probe of the read bandwidth, or attention.
//
//   dotnet run -c Release --project benchmarks/KernelBench -- [type,type,...] [level] [gigabytes of distinct matrices] [tokens,tokens,...]
//   dotnet run -c Release --project benchmarks/KernelBench -- attention [level] [latent,grouped,small] [F16,F32,Q8_0]
//
// Multiply-adds per second; for up to 16 tokens, where the weights come from memory, also bytes of weights per second and their share of the probe,
// which alternates with the product (medians). Other work on the machine shows.
using System.Diagnostics;
using System.Globalization;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Kernels;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["attention", ..])
{
    AttentionBenchmark.Run(
        args.Length > 1 ? Enum.Parse<KernelLevel>(args[1]) : KernelLevels.Best,
        args.Length > 2 ? args[2].Split(',') : ["latent", "grouped", "small"],
        [.. (args.Length > 3 ? args[3] : "F16").Split(',').Select(Enum.Parse<CacheType>)]);
    return;
}

string[] names = args.Length > 0 ? args[0].Split(',') : ["Q4_K", "Q5_0", "Q6_K", "Q8_0"];
KernelLevel level = args.Length > 1 ? Enum.Parse<KernelLevel>(args[1]) : KernelLevels.Best;
double gigabytes = args.Length > 2 ? double.Parse(args[2]) : 1;
Console.WriteLine($"{"type",-7} {"level",-9} {"rows x columns",15} {"tokens",6} {"threads",7} {"GMAC/s",8} {"GB/s",7} {"probe",7} {"share",6}");
foreach (string name in names)
{
    var type = Enum.Parse<TensorType>(name);
    Benchmark.RunPacking(type, rows: 2816, columns: 2048);
    foreach (int threads in new[] { 1, 2 })
    {
        foreach (int tokens in args.Length > 3 ? args[3].Split(',').Select(int.Parse) : [1, 2, 3, 4, 6, 8, 48, 512]) Benchmark.Run(type, level, rows: 2816, columns: 2048, tokens, threads, gigabytes);
    }
}

internal static unsafe class Benchmark
{
    /// <summary>Most tokens for which the matrices are many, so that they come from memory.</summary>
    private const int MostStreamed = 16;

    public static void Run(TensorType type, KernelLevel level, int rows, int columns, int tokens, int threads, double gigabytes)
    {
        using var pool = new WorkerPool(threads);
        using var products = new MatrixProducts(pool, level);
        long bytes = PackedMatrix.PackedBytes(type, rows, columns);
        bool streams = tokens <= MostStreamed;
        int count = (int)((streams ? gigabytes * 1e9 : 100e6) / bytes);
        using var weights = new AlignedBuffer(bytes * count);
        PackedMatrix[] matrices = Pack(type, rows, columns, count, weights);
        using var source = new AlignedBuffer((long)tokens * columns * sizeof(float));
        using var output = new AlignedBuffer((long)tokens * rows * sizeof(float));
        using var input = new Activations(tokens, columns);
        var random = new Random(1);
        foreach (ref float value in source.AsSpan<float>()) value = random.NextSingle() - 0.5f;
        var list = new Product[1];
        var probe = new ReadProbe(pool, weights);
        var rates = new List<double>();
        var shares = new List<double>();
        double lastProbe = streams ? probe.Best(1) : 0;
        int done = 0;
        long whole = Stopwatch.GetTimestamp();
        for (int round = 0; round < 5 || Stopwatch.GetElapsedTime(whole).TotalSeconds < 1; round++)
        {
            long start = Stopwatch.GetTimestamp();
            int runs = 0;
            while (streams ? runs < count : Stopwatch.GetElapsedTime(start).TotalSeconds < 0.1)
            {
                input.Set((float*)source.Pointer, columns, tokens);
                list[0] = new Product
                {
                    Matrix = matrices[done++ % count], Input = input, RowStep = 1, RowCount = tokens, Output = (float*)output.Pointer, OutputStride = rows,
                };
                products.Run(list);
                runs++;
            }
            double rate = runs / Stopwatch.GetElapsedTime(start).TotalSeconds;
            rates.Add(rate);
            if (!streams) continue;
            double nextProbe = probe.Best(1);
            shares.Add(rate * bytes / 1e9 / ((lastProbe + nextProbe) / 2));
            lastProbe = nextProbe;
        }
        double median = Median(rates), share = streams ? Median(shares) : 0;
        string bandwidth = streams ? $"{median * bytes / 1e9,7:F1} {median * bytes / 1e9 / share,7:F1} {share,6:P0}" : "";
        Console.WriteLine($"{type,-7} {level,-9} {rows,8} x {columns,4} {tokens,6} {threads,7} {median * rows * columns * tokens / 1e9,8:F1} {bandwidth}");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    public static void RunPacking(TensorType type, int rows, int columns)
    {
        long bytes = PackedMatrix.PackedBytes(type, rows, columns);
        using var weights = new AlignedBuffer(bytes);
        using AlignedBuffer data = RandomData(type, rows, columns);
        var tensor = new Tensor("random", type, [rows, columns], data.Pointer);
        double best = 0;
        for (int i = 0; i < 20; i++)
        {
            long start = Stopwatch.GetTimestamp();
            PackedMatrix.Pack(tensor, weights.Pointer);
            best = Math.Max(best, bytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
        Console.WriteLine($"{type,-7} packing on one thread: {best:F2} GB/s");
    }

    private static AlignedBuffer RandomData(TensorType type, int rows, int columns)
    {
        var data = new AlignedBuffer(TensorTypes.ByteCount(type, [rows, columns]));
        // Random bytes whose float16 scales are made finite by clearing the top exponent bit of every 16-bit word.
        new Random(7).NextBytes(data.AsSpan<byte>());
        foreach (ref ushort word in data.AsSpan<ushort>()) word &= 0xbfff;
        return data;
    }

    private static PackedMatrix[] Pack(TensorType type, int rows, int columns, int count, AlignedBuffer weights)
    {
        using AlignedBuffer data = RandomData(type, rows, columns);
        var tensor = new Tensor("random", type, [rows, columns], data.Pointer);
        var matrices = new PackedMatrix[count];
        for (int i = 0; i < count; i++) matrices[i] = PackedMatrix.Pack(tensor, weights.Pointer + (i * PackedMatrix.PackedBytes(type, rows, columns)));
        return matrices;
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;
using Iced.Intel;
using SeekSharp.Kernels;
using static Iced.Intel.AssemblerRegisters;

namespace SeekSharp.KernelBenchmarks;

/// <summary>What the machine can do at most, measured: arithmetic in registers only, and reading from memory.</summary>
/// <param name="Int8">Billions of int8 multiply-adds a second with AVX-512 VNNI, or null where the processor has none.</param>
/// <param name="Float32">Billions of float32 fused multiply-adds a second.</param>
/// <param name="Bandwidth">Gigabytes read from memory a second.</param>
internal sealed record Ceilings(double? Int8, double Float32, double Bandwidth)
{
    private const int Rounds = 100_000, Accumulators = 16, Passes = 100;
    private static readonly ConcurrentDictionary<int, Lazy<Ceilings>> s_measured = new();
    private static float s_sink;

    /// <summary>Of so many threads together; measured once.</summary>
    public static Ceilings Of(int threads) => s_measured.GetOrAdd(threads, count => new Lazy<Ceilings>(() => Measure(count))).Value;

    private static Ceilings Measure(int threads)
    {
        using var pool = new WorkerPool(threads);
        double? int8 = Int8Code() is var code && code != 0 ? Rate(pool, worker => Run(code), 64) : null;
        double float32 = Vector512.IsHardwareAccelerated
            ? Rate(pool, _ => FloatChains<Lanes16, Vector512<int>, Vector512<float>>(), Lanes16.Count)
            : Rate(pool, _ => FloatChains<Lanes8, Vector256<int>, Vector256<float>>(), Lanes8.Count);
        return new Ceilings(int8, float32, ReadBandwidth(threads));
    }

    /// <summary>Billions of multiply-adds a second of all threads, best of some passes.</summary>
    private static double Rate(WorkerPool pool, Action<int> work, int lanes)
    {
        double best = double.MaxValue;
        for (int pass = 0; pass < Passes; pass++)
        {
            long start = Stopwatch.GetTimestamp();
            pool.Run(work);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return (double)pool.ThreadCount * Rounds * Accumulators * lanes / best / 1e9;
    }

    /// <summary>A loop of independent vpdpbusd: 64 multiply-adds each.</summary>
    private static unsafe nint Int8Code()
    {
        if (!KernelLevels.IsSupported(KernelLevel.Avx512Vnni)) return 0;
        var assembler = new Assembler(64);
        Label loop = assembler.CreateLabel();
        assembler.mov(eax, Rounds);
        assembler.Label(ref loop);
        // registers that both calling conventions leave to the callee
        for (int i = 0; i < Accumulators; i++) assembler.vpdpbusd(new AssemblerRegisterZMM(Register.ZMM16 + i), zmm0, zmm1);
        assembler.dec(eax);
        assembler.jnz(loop);
        assembler.vzeroupper();
        assembler.ret();
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), 0);
        return (nint)ExecutableMemory.TryPlace(stream.ToArray());
    }

    private static unsafe void Run(nint code) => ((delegate* unmanaged<void>)code)();

    private static void FloatChains<TLanes, TInt, TFloat>()
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TFloat x = TLanes.BroadcastFloat(0.5f), y = TLanes.BroadcastFloat(0.25f);
        TFloat a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x;
        for (int i = 0; i < Rounds * Accumulators / 8; i++)
        {
            a = TLanes.FusedMultiplyAdd(a, x, y);
            b = TLanes.FusedMultiplyAdd(b, x, y);
            c = TLanes.FusedMultiplyAdd(c, x, y);
            d = TLanes.FusedMultiplyAdd(d, x, y);
            e = TLanes.FusedMultiplyAdd(e, x, y);
            f = TLanes.FusedMultiplyAdd(f, x, y);
            g = TLanes.FusedMultiplyAdd(g, x, y);
            h = TLanes.FusedMultiplyAdd(h, x, y);
        }

        TFloat lower = TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d)), upper = TLanes.Add(TLanes.Add(e, f), TLanes.Add(g, h));
        s_sink = TLanes.Sum(TLanes.Add(lower, upper));
    }

    private static double ReadBandwidth(int threads)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "bandwidth.dll"));
        start.ArgumentList.Add(threads.ToString(CultureInfo.InvariantCulture));
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return double.Parse(output, CultureInfo.InvariantCulture);
    }
}

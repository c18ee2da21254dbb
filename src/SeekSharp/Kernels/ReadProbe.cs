using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SeekSharp.Kernels;

/// <summary>
/// Reads memory as fast as this machine can, each thread its own part, with several ways of asking for it: the ceiling of decoding, which reads
/// every weight once. The memory should be on huge pages, as weights are: page walks would lower the ceiling.
/// </summary>
internal sealed unsafe class ReadProbe
{
    private const int Piece = 256;

    // Which way is the fastest changes with processor, number of threads and hour; they differ by a few per cent.
    private static readonly int[] Distances = Sse.IsSupported ? [0, 512, 4096, 16384] : [0];

    private static ulong _sink;

    private readonly WorkerPool _pool;
    private readonly Action<int> _read;
    private readonly byte* _memory;
    private readonly long _bytesPerThread;
    private int _distance;

    public ReadProbe(WorkerPool pool, AlignedBuffer memory)
    {
        _pool = pool;
        _memory = memory.Pointer;
        _bytesPerThread = memory.ByteCount / pool.ThreadCount / Piece * Piece;
        _read = worker => Read(_memory + (_bytesPerThread * worker), _bytesPerThread, _distance);
    }

    /// <summary>The highest rate of some passes in each way.</summary>
    /// <returns>Gigabytes (10⁹ bytes) per second of all threads together.</returns>
    public double Best(int passes)
    {
        double best = 0;
        for (int pass = 0; pass < passes; pass++)
        {
            foreach (int distance in Distances)
            {
                _distance = distance;
                long start = Stopwatch.GetTimestamp();
                _pool.Run(_read);
                best = Math.Max(best, _bytesPerThread * _pool.ThreadCount / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
            }
        }
        return best;
    }

    private static void Read(byte* from, long bytes, int distance)
    {
        if (distance == 0) ReadPlainly(from, bytes);
        else ReadAhead(from, bytes, distance);
    }

    private static void ReadPlainly(byte* from, long bytes)
    {
        Vector512<ulong> a = default, b = default, c = default, d = default;
        for (byte* end = from + bytes; from < end; from += Piece)
        {
            a |= Vector512.Load((ulong*)from);
            b |= Vector512.Load((ulong*)(from + 64));
            c |= Vector512.Load((ulong*)(from + 128));
            d |= Vector512.Load((ulong*)(from + 192));
        }
        _sink = Vector512.Sum(a | b | c | d);
    }

    private static void ReadAhead(byte* from, long bytes, int distance)
    {
        Vector512<ulong> a = default, b = default, c = default, d = default;
        for (byte* end = from + bytes; from < end; from += Piece)
        {
            for (int line = 0; line < Piece; line += 64) Sse.PrefetchNonTemporal(from + distance + line);
            a |= Vector512.Load((ulong*)from);
            b |= Vector512.Load((ulong*)(from + 64));
            c |= Vector512.Load((ulong*)(from + 128));
            d |= Vector512.Load((ulong*)(from + 192));
        }
        _sink = Vector512.Sum(a | b | c | d);
    }
}

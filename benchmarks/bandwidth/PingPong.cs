using System.Diagnostics;

namespace SeekSharp.Kernels;

/// <summary>How long a word takes from one core to another. On a virtual machine it tells where the cores are, on which the bandwidth of both together depends.</summary>
internal sealed class PingPong
{
    private const int Rounds = 20_000;

    private readonly WorkerPool _pool;
    private long _elapsed;
    private int _turn;

    public PingPong(WorkerPool pool) => _pool = pool;

    /// <summary>Nanoseconds one way between the first two threads.</summary>
    public double Nanoseconds()
    {
        _turn = 0;
        _pool.Run(Play);
        return _elapsed * 1e9 / Stopwatch.Frequency / (2 * Rounds);
    }

    private void Play(int worker)
    {
        if (worker > 1) return;
        long start = Stopwatch.GetTimestamp();
        for (int turn = worker; turn < 2 * Rounds; turn += 2)
        {
            while (Volatile.Read(ref _turn) != turn) Thread.SpinWait(0);
            Volatile.Write(ref _turn, turn + 1);
        }
        if (worker == 0) _elapsed = Stopwatch.GetTimestamp() - start;
    }
}

using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace SeekSharp.Kernels;

/// <summary>A fixed team of threads for fork and join: the caller and <see cref="ThreadCount"/> - 1 workers run the same body, each with its own index.</summary>
/// <remarks>
/// A forward pass forks hundreds of times per token, so waiting workers first spin (a fork then costs well under a microsecond) and park only
/// after <see cref="SpinTime"/>; a parked pool uses no processor time. One <see cref="Run"/> at a time.
/// </remarks>
internal sealed class WorkerPool : IDisposable
{
    /// <summary>How long a worker spins for the next fork before it parks: longer than the serial stretches inside a forward pass.</summary>
    private static readonly TimeSpan SpinTime = TimeSpan.FromMicroseconds(100);

    private static readonly long SpinTicks = (long)(SpinTime.TotalSeconds * Stopwatch.Frequency);

    private readonly Lock _running = new();
    private readonly object _gate = new();
    private readonly Thread[] _threads;
    private Action<int>? _body;
    private ExceptionDispatchInfo? _failure;
    private int _generation;
    private int _pending;
    private int _parked;
    private volatile bool _disposed;

    /// <summary>Starts the workers.</summary>
    /// <param name="threadCount">Threads including the caller of <see cref="Run"/>, at least 1.</param>
    public WorkerPool(int threadCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1);
        ThreadCount = threadCount;
        _threads = new Thread[threadCount - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int index = i + 1;
            _threads[i] = new Thread(() => Work(index)) { IsBackground = true, Name = $"SeekSharp worker {index}" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of threads that run a body, the caller included.</summary>
    public int ThreadCount { get; }

    /// <summary>Runs a body once on every thread and returns when all are done.</summary>
    /// <param name="body">Called with the worker index, 0 (the caller) to <see cref="ThreadCount"/> - 1.</param>
    /// <remarks>When bodies throw, all are still waited for, and one of the exceptions is rethrown here.</remarks>
    public void Run(Action<int> body)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_threads.Length == 0)
        {
            body(0);
            return;
        }
        lock (_running)
        {
            Fork(body);
            Join();
        }
    }

    private void Fork(Action<int> body)
    {
        _body = body;
        Volatile.Write(ref _pending, _threads.Length);
        // The increment is a full fence between publishing the work and looking for parked workers; they do the same in the other order.
        Interlocked.Increment(ref _generation);
        if (Volatile.Read(ref _parked) > 0)
        {
            lock (_gate) Monitor.PulseAll(_gate);
        }
        Execute(body, 0);
    }

    private void Join()
    {
        var spin = new SpinWait();
        while (Volatile.Read(ref _pending) > 0)
        {
            // Yields to other threads on a busy machine but never sleeps: the workers are about to finish.
            if (spin.NextSpinWillYield) Thread.Yield();
            else spin.SpinOnce(-1);
        }
        _body = null;
        ExceptionDispatchInfo? failure = _failure;
        _failure = null;
        failure?.Throw();
    }

    private void Execute(Action<int> body, int index)
    {
        try
        {
            body(index);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
        }
    }

    private void Work(int index)
    {
        int seen = 0;
        while (true)
        {
            WaitForFork(seen);
            if (_disposed) return;
            seen++;
            Execute(_body!, index);
            Interlocked.Decrement(ref _pending);
        }
    }

    private void WaitForFork(int seen)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() - start < SpinTicks)
        {
            for (int i = 0; i < 32; i++)
            {
                if (Volatile.Read(ref _generation) != seen || _disposed) return;
                Thread.SpinWait(4);
            }
        }
        lock (_gate)
        {
            Interlocked.Increment(ref _parked);
            while (Volatile.Read(ref _generation) == seen && !_disposed) Monitor.Wait(_gate);
            Interlocked.Decrement(ref _parked);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        lock (_gate) Monitor.PulseAll(_gate);
        foreach (Thread thread in _threads) thread.Join();
    }
}

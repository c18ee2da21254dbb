using System.Runtime.ExceptionServices;
using SeekSharp.Formats;
using SeekSharp.Quantization;

namespace SeekSharp.Conversion;

/// <summary>A tensor to be written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">How to store it.</param>
/// <param name="Shape">Lengths of its dimensions, outermost first.</param>
/// <param name="Source">Its rows.</param>
/// <param name="Importance">How much the error of each column counts, matrix by matrix; or null.</param>
internal sealed record TensorJob(string Name, TensorType Type, int[] Shape, TensorSource Source, float[]? Importance = null)
{
    /// <summary>Rows of one matrix: slices do not reach from one into the next, since each has its own importance.</summary>
    public int MatrixRows => Shape.Length < 3 ? Source.Rows : Shape[^2];
}

/// <summary>
/// Reads, converts and writes tensors slice by slice: one thread brings pages of the next slices into memory, one per core converts, and the caller's thread
/// writes what is ready, in order. Memory is bounded by the number of slices under way.
/// </summary>
internal sealed class TensorStream
{
    private const int SliceWeights = 1 << 20, PieceWeights = 1 << 16;

    private readonly IReadOnlyList<TensorJob> _jobs;
    private readonly ITensorWriter _writer;
    private readonly int _threads;
    private readonly int _window;
    private readonly Lock _sliceLock = new();
    private readonly object _stateLock = new();
    private readonly Slice?[] _ready;
    private readonly Stack<byte[]> _buffers = new();
    private readonly IEnumerator<Slice> _slices;
    private long _writtenSlices;
    private bool _isStopped;
    private Exception? _failure;

    private TensorStream(IReadOnlyList<TensorJob> jobs, ITensorWriter writer, int threads)
    {
        _jobs = jobs;
        _writer = writer;
        _threads = threads;
        _window = 2 * threads + 2;
        _ready = new Slice?[_window];
        _slices = Slices().GetEnumerator();
    }

    private sealed record Slice(long Number, TensorJob Job, int Row, int Count)
    {
        public byte[] Buffer { get; set; } = [];
        public int ByteCount { get; } = checked((int)TensorTypes.ByteCount(Job.Type, [Count, Job.Source.Columns]));
    }

    /// <summary>Writes all tensors; the writer is completed by the caller.</summary>
    /// <param name="jobs">The tensors.</param>
    /// <param name="writer">Where they go.</param>
    /// <param name="threads">Threads that convert.</param>
    /// <param name="progress">Hears of every slice, or null.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ModelFormatException">A tensor has weights that are no numbers.</exception>
    public static void Run(
        IReadOnlyList<TensorJob> jobs, ITensorWriter writer, int threads, IProgress<ConversionProgress>? progress, CancellationToken cancellation)
    {
        foreach (TensorJob job in jobs) writer.AddTensor(job.Name, job.Type, job.Shape);
        new TensorStream(jobs, writer, threads).Run(progress, cancellation);
    }

    private void Run(IProgress<ConversionProgress>? progress, CancellationToken cancellation)
    {
        List<Thread> threads = [Start(Prefetch), .. Enumerable.Range(0, _threads).Select(_ => Start(Convert))];
        try
        {
            long bytes = 0, total = _jobs.Sum(job => TensorTypes.ByteCount(job.Type, job.Shape));
            foreach (Slice expected in Slices())
            {
                Slice slice = Take(expected.Number, cancellation);
                _writer.Write(slice.Buffer.AsSpan(0, slice.ByteCount));
                bytes += slice.ByteCount;
                Return(slice);
                slice.Job.Source.Release(slice.Row, slice.Count);
                progress?.Report(new ConversionProgress(slice.Job.Name, bytes, total));
            }
        }
        finally
        {
            Stop(null);
            foreach (Thread thread in threads) thread.Join();
        }
    }

    private static Thread Start(ThreadStart action)
    {
        Thread thread = new(action) { IsBackground = true };
        thread.Start();
        return thread;
    }

    /// <summary>All slices in the order of writing.</summary>
    private IEnumerable<Slice> Slices()
    {
        long number = 0;
        foreach (TensorJob job in _jobs)
        {
            TensorSource source = job.Source;
            int most = Math.Max(1, SliceWeights / source.Columns / source.Unit) * source.Unit;
            for (int row = 0; row < source.Rows;)
            {
                int matrixEnd = (row / job.MatrixRows + 1) * job.MatrixRows;
                int count = job.Importance is null ? Math.Min(most, source.Rows - row) : Math.Min(most, matrixEnd - row);
                yield return new Slice(number++, job, row, count);
                row += count;
            }
        }
    }

    private void Prefetch() => Guard(() =>
    {
        foreach (Slice slice in Slices())
        {
            if (!WaitForWindow(slice.Number)) return;
            if (IsWritten(slice)) continue;
            slice.Job.Source.Prefetch(slice.Row, slice.Count);
            if (IsWritten(slice)) slice.Job.Source.Release(slice.Row, slice.Count); // overtaken: nobody else will
        }
    });

    private void Convert() => Guard(() =>
    {
        float[] floats = [];
        while (Next() is { } slice && WaitForWindow(slice.Number))
        {
            slice.Buffer = Rent(slice.ByteCount);
            Convert(slice, ref floats);
            lock (_stateLock)
            {
                _ready[slice.Number % _window] = slice;
                Monitor.PulseAll(_stateLock);
            }
        }
    });

    private static void Convert(Slice slice, ref float[] floats)
    {
        TensorJob job = slice.Job;
        Span<byte> bytes = slice.Buffer.AsSpan(0, slice.ByteCount);
        if (job.Source.StoredType == job.Type)
        {
            job.Source.ReadBytes(slice.Row, slice.Count, bytes);
            return;
        }

        // in pieces that stay in a core's own cache between reading and quantising
        int columns = job.Source.Columns, unit = job.Source.Unit, rowBytes = bytes.Length / slice.Count;
        int most = Math.Max(1, PieceWeights / columns / unit) * unit;
        for (int done = 0; done < slice.Count; done += most)
        {
            int row = slice.Row + done, count = Math.Min(most, slice.Count - done);
            if (floats.Length < count * columns) floats = new float[count * columns];
            Span<float> weights = floats.AsSpan(0, count * columns);
            job.Source.ReadFloats(row, count, weights);
            if (!FloatRows.AreFinite(weights)) throw new ModelFormatException($"Tensor '{job.Name}' has weights that are not finite numbers.");
            ReadOnlySpan<float> importance = job.Importance is { } all ? all.AsSpan(row / job.MatrixRows * columns, columns) : [];
            RowQuantizer.Quantize(job.Type, weights, bytes.Slice(done * rowBytes, count * rowBytes), columns, importance);
        }
    }

    private Slice? Next()
    {
        lock (_sliceLock) return _slices.MoveNext() ? _slices.Current : null;
    }

    /// <summary>Waits until a slice is among those under way.</summary>
    /// <returns>False where the work has stopped.</returns>
    private bool WaitForWindow(long number)
    {
        lock (_stateLock)
        {
            while (!_isStopped && number >= _writtenSlices + _window) Monitor.Wait(_stateLock);
            return !_isStopped;
        }
    }

    private bool IsWritten(Slice slice)
    {
        lock (_stateLock) return slice.Number < _writtenSlices;
    }

    private Slice Take(long number, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => Stop(null), null);
        lock (_stateLock)
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                if (_failure is { } failure) ExceptionDispatchInfo.Throw(failure);
                if (_ready[number % _window] is { } slice && slice.Number == number) return slice;
                Monitor.Wait(_stateLock);
            }
        }
    }

    private byte[] Rent(int bytes)
    {
        lock (_stateLock)
            if (_buffers.TryPop(out byte[]? buffer) && buffer.Length >= bytes) return buffer;
        return GC.AllocateUninitializedArray<byte>(bytes);
    }

    private void Return(Slice slice)
    {
        lock (_stateLock)
        {
            _ready[slice.Number % _window] = null;
            _buffers.Push(slice.Buffer);
            _writtenSlices++;
            Monitor.PulseAll(_stateLock);
        }
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
#pragma warning disable CA1031 // Handed to the thread that writes, which throws it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Stop(exception);
        }
    }

    private void Stop(Exception? failure)
    {
        lock (_stateLock)
        {
            _isStopped = true;
            _failure ??= failure;
            Monitor.PulseAll(_stateLock);
        }
    }
}

using System.Runtime.ExceptionServices;
using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Weights;

/// <summary>
/// Packs a model on several threads. The packed weights are cut into segments, which free threads take one after another: all threads are busy to
/// the end, whatever the sizes of matrices are, and both the model's file and the packed weights are gone through from front to end.
/// </summary>
/// <param name="jobs">What is to be packed, in the order of its place.</param>
/// <param name="byteCount">Bytes of all packed weights.</param>
/// <param name="source">Where the tensors come from.</param>
/// <param name="loaded">Told about bytes of tensors that are packed.</param>
internal sealed unsafe class WeightPacker(IReadOnlyList<PackingJob> jobs, long byteCount, IWeightSource source, Action<long> loaded)
{
    /// <summary>Bytes of a segment: whole huge pages, so that a file that is written in segments is kept in such.</summary>
    public const int LargestSegment = 8 << 20;

    private const int SmallestSegment = 256 << 10, SegmentsPerThread = 8;

    private long _segment;
    private int _next;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Packs everything.</summary>
    /// <param name="threads">Number of threads.</param>
    /// <param name="target">Takes the packed weights.</param>
    /// <exception cref="ModelFormatException">A tensor cannot be packed.</exception>
    public void Run(int threads, IPackingTarget target)
    {
        long even = byteCount / (threads * (long)SegmentsPerThread) / SmallestSegment * SmallestSegment;
        _segment = Math.Clamp(even, SmallestSegment, LargestSegment);
        int count = checked((int)((byteCount + _segment - 1) / _segment));
        Parallel.For(0, Math.Min(threads, count), new ParallelOptions { MaxDegreeOfParallelism = threads }, worker => Work(worker, threads, count, target));
        _failure?.Throw();
    }

    private void Work(int worker, int threads, int count, IPackingTarget target)
    {
        try
        {
            while (_failure is null && Interlocked.Increment(ref _next) - 1 is var segment && segment < count)
            {
                long start = segment * _segment;
                int length = (int)Math.Min(_segment, byteCount - start);
                Prefetch(start + (threads * _segment));
                byte* window = target.Begin(worker, start, length);
                Pack(start, start + length, window);
                target.End(worker, start, length);
            }
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
        }
    }

    private void Pack(long start, long end, byte* window)
    {
        for (int i = FirstJob(start); i < jobs.Count && jobs[i].Offset < end; i++)
        {
            PackingJob job = jobs[i];
            (int first, int last) = UnitsIn(job, start, end);
            for (int unit = first; unit <= last; unit++) PackUnit(job, unit, start, end, window);
            Tensor part = job.SourceOf(first, last - first + 1);
            source.Release(part);
            int begun = job.Offset + (first * job.UnitBytes) >= start ? first : first + 1; // the one before was counted with the segment where it begins
            if (begun <= last) loaded(job.SourceOf(begun, last - begun + 1).ByteCount);
        }
    }

    /// <summary>A unit that lies across the end of a segment is packed for both, aside, and each takes its part.</summary>
    private static void PackUnit(PackingJob job, int unit, long start, long end, byte* window)
    {
        long at = job.Offset + (unit * job.UnitBytes);
        if (at >= start && at + job.UnitBytes <= end)
        {
            job.Pack(unit, window + (at - start));
            return;
        }

        using var aside = new AlignedBuffer(job.UnitBytes);
        job.Pack(unit, aside.Pointer);
        long from = Math.Max(at, start), to = Math.Min(at + job.UnitBytes, end);
        Buffer.MemoryCopy(aside.Pointer + (from - at), window + (from - start), to - from, to - from);
    }

    private void Prefetch(long start)
    {
        long end = Math.Min(start + _segment, byteCount);
        if (start >= end) return;
        for (int i = FirstJob(start); i < jobs.Count && jobs[i].Offset < end; i++)
        {
            (int first, int last) = UnitsIn(jobs[i], start, end);
            source.Prefetch(jobs[i].SourceOf(first, last - first + 1));
        }
    }

    private static (int First, int Last) UnitsIn(PackingJob job, long start, long end) =>
        ((int)(Math.Max(start - job.Offset, 0) / job.UnitBytes), (int)((Math.Min(end, job.End) - 1 - job.Offset) / job.UnitBytes));

    /// <summary>The first job that ends behind an offset.</summary>
    private int FirstJob(long offset)
    {
        int low = 0, high = jobs.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (jobs[middle].End > offset) high = middle;
            else low = middle + 1;
        }

        return low;
    }
}

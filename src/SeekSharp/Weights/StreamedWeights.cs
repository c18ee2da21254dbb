using SeekSharp.Kernels;

namespace SeekSharp.Weights;

/// <summary>Packed weights of a model that is larger than the memory it may have: all but the routed experts is in memory, experts come from disk into slots.</summary>
internal sealed unsafe class StreamedWeights : PackedWeights
{
    private const int MinSlots = 2;
    private const int ReadLength = 16 << 20;

    private readonly DirectFile _file;
    private readonly AlignedBuffer _resident;
    private readonly List<Range> _ranges;
    private readonly ExpertReader _reader;
    private readonly ExpertSlots[] _layers;

    /// <summary>Brings into memory what stays there.</summary>
    /// <param name="path">The packed weights.</param>
    /// <param name="origin">How they came there.</param>
    /// <param name="jobs">What lies where.</param>
    /// <param name="layers">The routed experts of each layer that has any.</param>
    /// <param name="memoryBytes">Most memory for weights; see <see cref="LeastMemory"/>.</param>
    /// <param name="threads">Threads that read.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public StreamedWeights(string path, WeightOrigin origin, IReadOnlyList<PackingJob> jobs, IReadOnlyList<ExpertPlaces> layers, long memoryBytes, int threads)
    {
        Origin = origin;
        _ranges = Resident(jobs);
        long resident = ResidentBytes(_ranges);
        int[] slots = SlotCounts(layers, memoryBytes - resident);
        ByteCount = resident + layers.Select((layer, i) => layer.SlotBytes * slots[i]).Sum();
        _file = new DirectFile(path);
        _resident = new AlignedBuffer(resident + PackedHeader.ByteCount);
        try
        {
            ReadResident(threads);
        }
        catch
        {
            _resident.Dispose();
            _file.Dispose();
            throw;
        }

        _reader = new ExpertReader(_file, slots.Sum() * ExpertPlaces.PerExpert);
        _layers = [.. layers.Select((layer, i) => new ExpertSlots(_reader, layer, slots[i]))];
    }

    public override long ByteCount { get; }

    public override WeightOrigin Origin { get; }

    /// <summary>What the layers' caches of experts have done together.</summary>
    public ExpertCacheStatistics Statistics
    {
        get
        {
            ExpertCacheStatistics sum = default;
            foreach (ExpertSlots layer in _layers)
            {
                ExpertCacheStatistics one = layer.Statistics;
                sum = new ExpertCacheStatistics(
                    sum.Uses + one.Uses, sum.Hits + one.Hits, sum.ReadAhead + one.ReadAhead, sum.BytesRead + one.BytesRead, sum.Waited + one.Waited,
                    sum.SlotCount + one.SlotCount, sum.ExpertCount + one.ExpertCount);
            }

            return sum;
        }
    }

    /// <summary>The least memory with which a model can compute.</summary>
    public static long LeastMemory(IReadOnlyList<PackingJob> jobs, IReadOnlyList<ExpertPlaces> layers) =>
        ResidentBytes(Resident(jobs)) + (MinSlots * layers.Sum(layer => layer.SlotBytes));

    /// <summary>The slots of the layer that is the <paramref name="index"/>-th with routed experts.</summary>
    public ExpertSlots Layer(int index) => _layers[index];

    public override byte* At(long offset)
    {
        int low = 0, high = _ranges.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_ranges[middle].Offset <= offset) low = middle;
            else high = middle - 1;
        }

        return Memory(_ranges[low]) + (offset - _ranges[low].Offset);
    }

    protected override void Free()
    {
        _reader.Dispose();
        foreach (ExpertSlots layer in _layers) layer.Dispose();
        _resident.Dispose();
        _file.Dispose();
    }

    /// <summary>Whole pages around everything that is no routed expert, neighbours together.</summary>
    private static List<Range> Resident(IReadOnlyList<PackingJob> jobs)
    {
        var ranges = new List<Range>();
        long place = 0;
        foreach (PackingJob job in jobs.Where(job => !job.IsRoutedExpert))
        {
            long start = job.Offset / PackedHeader.ByteCount * PackedHeader.ByteCount, end = ExpertPlaces.RoundUp(job.End);
            if (ranges.Count > 0 && start <= ranges[^1].End)
            {
                place += Math.Max(end - ranges[^1].End, 0);
                ranges[^1] = ranges[^1] with { End = Math.Max(end, ranges[^1].End) };
                continue;
            }

            ranges.Add(new Range(start, end, place));
            place += end - start;
        }

        return ranges;
    }

    private static long ResidentBytes(List<Range> ranges) => ranges.Count == 0 ? 0 : ranges[^1].Place + ranges[^1].End - ranges[^1].Offset;

    /// <summary>As many slots per layer as there is memory for; what is left over gives the first layers one more.</summary>
    private static int[] SlotCounts(IReadOnlyList<ExpertPlaces> layers, long bytes)
    {
        int even = (int)Math.Clamp(bytes / layers.Sum(layer => layer.SlotBytes), MinSlots, layers.Max(layer => layer.ExpertCount));
        long left = bytes - (even * layers.Sum(layer => layer.SlotBytes));
        var counts = new int[layers.Count];
        for (int i = 0; i < counts.Length; i++)
        {
            bool hasOneMore = layers[i].SlotBytes <= left;
            if (hasOneMore) left -= layers[i].SlotBytes;
            counts[i] = Math.Min(even + (hasOneMore ? 1 : 0), layers[i].ExpertCount);
        }

        return counts;
    }

    private byte* Memory(Range range) => (byte*)ExpertPlaces.RoundUp((long)_resident.Pointer) + range.Place;

    private void ReadResident(int threads)
    {
        var pieces = new List<Range>();
        foreach (Range range in _ranges)
            for (long at = range.Offset; at < range.End; at += ReadLength) pieces.Add(new Range(at, Math.Min(at + ReadLength, range.End), range.Place + at - range.Offset));
        try
        {
            Parallel.ForEach(pieces, new ParallelOptions { MaxDegreeOfParallelism = threads }, piece => _file.Read(piece.Offset, piece.End - piece.Offset, Memory(piece)));
        }
        catch (AggregateException exception)
        {
            throw new IOException(exception.InnerExceptions[0].Message, exception);
        }
    }

    /// <summary>A part of the packed weights, in whole pages, and its place in memory.</summary>
    private readonly record struct Range(long Offset, long End, long Place);
}

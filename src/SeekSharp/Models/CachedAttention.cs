using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Cuts the attention of a batch into tiles, and long tiles into spans of positions where there are few of them, and spreads both over the threads.</summary>
internal sealed unsafe class CachedAttention : IDisposable
{
    /// <summary>Dimensions of one piece of work when spans are put together.</summary>
    private const int CombinedDimensions = 128;

    private readonly CacheLayout _layout;
    private readonly PagedAttention _attention;
    private readonly int _headsPerGroup;
    private readonly int _threads;
    private readonly ParallelRows<TileWork> _tileWork;
    private readonly ParallelRows<SpanWork> _spanWork;
    private readonly ParallelRows<CombineWork> _combineWork;
    private readonly AlignedBuffer[] _scratch;
    private AlignedBuffer _states = new(0);
    private AttentionTile[] _tiles = new AttentionTile[64];
    private SplitTile[] _splits = new SplitTile[8];
    private int _tileCount;

    /// <param name="pool">The threads.</param>
    /// <param name="attention">Attention of the level and cache, for the layout's lengths.</param>
    /// <param name="layout">What is cached.</param>
    /// <param name="queryHeads">Heads of queries.</param>
    public CachedAttention(WorkerPool pool, PagedAttention attention, CacheLayout layout, int queryHeads)
    {
        _layout = layout;
        _attention = attention;
        _headsPerGroup = queryHeads / layout.Heads;
        _threads = pool.ThreadCount;
        _tileWork = new ParallelRows<TileWork>(pool);
        _spanWork = new ParallelRows<SpanWork>(pool);
        _combineWork = new ParallelRows<CombineWork>(pool);
        _scratch = [.. Enumerable.Range(0, _threads).Select(_ => new AlignedBuffer(attention.ScratchBytes))];
    }

    /// <summary>output = softmax(queries · keys x scale) · values for all rows and heads.</summary>
    /// <param name="queries">[rows, heads, key length].</param>
    /// <param name="output">Receives [rows, heads, value length].</param>
    /// <param name="batch">The batch; its keys and values are in the cache already.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="scale">Multiplied with every score.</param>
    public void Run(float* queries, float* output, ForwardBatch batch, int layer, float scale)
    {
        CutTiles(queries, output, batch, layer, scale);
        if (_tileCount >= 4 * _threads || _threads == 1 || !AnyIsLong()) _tileWork.Run(new TileWork(this), _tileCount, chunk: 1);
        else RunSpans();
    }

    public void Dispose()
    {
        foreach (AlignedBuffer scratch in _scratch) scratch.Dispose();
        _states.Dispose();
    }

    private void CutTiles(float* queries, float* output, ForwardBatch batch, int layer, float scale)
    {
        _tileCount = 0;
        int heads = _headsPerGroup * _layout.Heads;
        int headsPerTile = Math.Min(_headsPerGroup, PagedAttention.MaxQueries);
        int rowsPerTile = PagedAttention.MaxQueries / headsPerTile;
        foreach (BatchSegment segment in batch.Segments)
        {
            // Late rows see the most positions: they come first, so that the threads end together.
            for (int row = (segment.RowCount - 1) / rowsPerTile * rowsPerTile; row >= 0; row -= rowsPerTile)
                for (int group = 0; group < _layout.Heads; group++)
                    for (int head = 0; head < _headsPerGroup; head += headsPerTile)
                    {
                        long firstQuery = (long)(segment.FirstRow + row) * heads + group * _headsPerGroup + head;
                        Add(new AttentionTile
                        {
                            Query = queries + firstQuery * _layout.KeyLength,
                            Output = output + firstQuery * _layout.ValueLength,
                            QueryTokenStride = (long)heads * _layout.KeyLength,
                            QueryHeadStride = _layout.KeyLength,
                            OutputTokenStride = (long)heads * _layout.ValueLength,
                            OutputHeadStride = _layout.ValueLength,
                            TokenCount = Math.Min(rowsPerTile, segment.RowCount - row),
                            HeadCount = Math.Min(headsPerTile, _headsPerGroup - head),
                            FirstPosition = segment.FirstPosition + row,
                            Scale = scale,
                            Pages = segment.Pages,
                            Layer = layer,
                            KeyValueHead = group,
                        });
                    }
        }
    }

    private void Add(in AttentionTile tile)
    {
        if (_tileCount == _tiles.Length) Array.Resize(ref _tiles, 2 * _tiles.Length);
        _tiles[_tileCount++] = tile;
    }

    private bool AnyIsLong()
    {
        for (int i = 0; i < _tileCount; i++)
            if (AttentionSpans.Count(_tiles[i].PositionCount) > 1) return true;
        return false;
    }

    /// <summary>All spans of all tiles, then the parts of their outputs.</summary>
    private void RunSpans()
    {
        if (_splits.Length < _tileCount) _splits = new SplitTile[2 * _tileCount];
        int spans = 0, parts = 0, partsPerGroup = (_layout.ValueLength + CombinedDimensions - 1) / CombinedDimensions;
        long floats = 0;
        for (int i = 0; i < _tileCount; i++)
        {
            int count = AttentionSpans.Count(_tiles[i].PositionCount), groups = _attention.GroupCount(_tiles[i]);
            _splits[i] = new SplitTile(spans, count, parts, groups * partsPerGroup, floats);
            spans += count;
            parts += groups * partsPerGroup;
            floats += (long)count * groups * _attention.GroupFloats;
        }

        if (_states.ByteCount < floats * sizeof(float))
        {
            _states.Dispose();
            _states = new AlignedBuffer(2 * floats * sizeof(float));
        }

        _spanWork.Run(new SpanWork(this), spans, chunk: 1);
        _combineWork.Run(new CombineWork(this), parts, chunk: 1);
    }

    /// <summary>A tile that is cut into spans.</summary>
    /// <param name="FirstSpan">Index of its first span among those of all tiles.</param>
    /// <param name="SpanCount">Spans.</param>
    /// <param name="FirstPart">Index of the first part of its output among those of all tiles.</param>
    /// <param name="PartCount">Parts of the output.</param>
    /// <param name="State">First float of what its spans give.</param>
    private readonly record struct SplitTile(int FirstSpan, int SpanCount, int FirstPart, int PartCount, long State);

    private readonly struct TileWork(CachedAttention owner) : IRowWork
    {
        public void Run(int start, int end, int worker)
        {
            for (int i = start; i < end; i++) owner._attention.Attend(owner._tiles[i], owner._scratch[worker].Pointer);
        }
    }

    private readonly struct SpanWork(CachedAttention owner) : IRowWork
    {
        public void Run(int start, int end, int worker)
        {
            int tile = 0;
            for (int i = start; i < end; i++)
            {
                while (i >= owner._splits[tile].FirstSpan + owner._splits[tile].SpanCount) tile++;
                // The last spans are the longest: they come first, so that the threads end together.
                int span = owner._splits[tile].FirstSpan + owner._splits[tile].SpanCount - 1 - i;
                long stateFloats = (long)owner._attention.GroupCount(owner._tiles[tile]) * owner._attention.GroupFloats;
                float* state = (float*)owner._states.Pointer + owner._splits[tile].State + (span * stateFloats);
                owner._attention.AttendSpan(owner._tiles[tile], span, state, owner._scratch[worker].Pointer);
            }
        }
    }

    private readonly struct CombineWork(CachedAttention owner) : IRowWork
    {
        public void Run(int start, int end, int worker)
        {
            int tile = 0;
            for (int i = start; i < end; i++)
            {
                while (i >= owner._splits[tile].FirstPart + owner._splits[tile].PartCount) tile++;
                SplitTile split = owner._splits[tile];
                (int part, int group) = Math.DivRem(i - split.FirstPart, owner._attention.GroupCount(owner._tiles[tile]));
                int first = part * CombinedDimensions;
                owner._attention.Combine(
                    owner._tiles[tile], (float*)owner._states.Pointer + split.State, split.SpanCount, group,
                    first, Math.Min(CombinedDimensions, owner._layout.ValueLength - first));
            }
        }
    }
}

using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Cuts the attention of a batch into tiles and spreads them over the threads.</summary>
internal sealed unsafe class CachedAttention
{
    private readonly CacheLayout _layout;
    private readonly int _headsPerGroup;
    private readonly int _threads;
    private readonly VectorOperations _operations;
    private readonly ParallelRows<TileWork> _work;
    private readonly float*[] _scratch;
    private AttentionTile[] _tiles = new AttentionTile[64];
    private int _tileCount;

    public CachedAttention(Workspace workspace, CacheLayout layout, int queryHeads)
    {
        _layout = layout;
        _headsPerGroup = queryHeads / layout.Heads;
        _threads = workspace.Pool.ThreadCount;
        _operations = workspace.Operations;
        _work = new ParallelRows<TileWork>(workspace.Pool);
        _scratch = new float*[_threads];
        for (int i = 0; i < _threads; i++) _scratch[i] = workspace.Floats(PagedAttention.ScratchFloats(layout.KeyLength, layout.ValueLength));
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
        _work.Run(new TileWork(this), _tileCount, chunk: 1);
    }

    private void CutTiles(float* queries, float* output, ForwardBatch batch, int layer, float scale)
    {
        _tileCount = 0;
        int heads = _headsPerGroup * _layout.Heads;
        // Few rows: the heads of a group are spread over the threads, each of which then reads the keys itself.
        int wholeTiles = batch.Segments.Count * _layout.Heads * ((batch.Count + 3) / 4);
        int headsPerTile = Math.Min(_headsPerGroup, PagedAttention.MaxQueries);
        if (wholeTiles < 2 * _threads) headsPerTile = Math.Min(headsPerTile, (_headsPerGroup / _threads + 3) / 4 * 4);
        headsPerTile = Math.Max(headsPerTile, 1);
        int rowsPerTile = Math.Clamp(PagedAttention.MaxQueries / headsPerTile, 1, 16);
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
                            KeyLength = _layout.KeyLength,
                            ValueLength = _layout.ValueLength,
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

    private readonly struct TileWork(CachedAttention attention) : IRowWork
    {
        public void Run(int start, int end, int worker)
        {
            for (int i = start; i < end; i++)
            {
                ref AttentionTile tile = ref attention._tiles[i];
                tile.Scratch = attention._scratch[worker];
                attention._operations.Attend(tile);
            }
        }
    }
}

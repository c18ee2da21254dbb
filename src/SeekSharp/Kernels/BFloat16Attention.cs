using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SeekSharp.Kernels;

/// <summary>
/// Attention with emitted products of bfloat16 pairs and float32 sums (AVX-512 BF16). Queries, keys, values and weights are rounded to 8 bits of mantissa; the weights
/// are summed as rounded, so that they normalise. A block is brought into bfloat16 once for all queries of a tile: keys as they are, values with those of two
/// neighbouring positions side by side.
/// </summary>
internal sealed unsafe class BFloat16Attention : PagedAttention<Lanes16, Vector512<int>, Vector512<float>>
{
    private const int BlockPages = BlockLength / PageLength;

    /// <summary>Rows are padded to whole vectors.</summary>
    private const int RowStep = 32;

    /// <summary>Numbers of one turn of a product.</summary>
    private const int TurnLength = 2 * LaneProductCode.TurnSteps;

    /// <summary>Weights of a group: [BlockLength / 2][16 lanes][2].</summary>
    private const int GroupWeightBytes = BlockLength * 16 * sizeof(ushort);

    private static readonly Vector512<ushort> LowerPairs = Vector512.Create([.. Enumerable.Range(0, 32).Select(i => (ushort)((i / 2) + (i % 2 * 32)))]);
    private static readonly Vector512<ushort> UpperPairs = LowerPairs + Vector512.Create((ushort)16);

    private readonly int _keyStride, _valueStride, _queryTurns;
    private readonly nint[] _scoreProducts = new nint[3], _valueProducts = new nint[3];
    private readonly delegate* unmanaged<BFloat16RowsArguments*, void> _convert;
    private readonly long _weights, _keys, _values, _pairs, _room;

    public BFloat16Attention(int keyLength, int valueLength)
        : base(keyLength, valueLength)
    {
        _keyStride = (keyLength + RowStep - 1) / RowStep * RowStep;
        _valueStride = (valueLength + RowStep - 1) / RowStep * RowStep;
        _queryTurns = (keyLength + TurnLength - 1) / TurnLength;
        for (int groups = 1; groups <= 2; groups++)
        {
            _scoreProducts[groups] = AttentionCode.Product(new LaneProductShape(groups, RowStride: _keyStride * sizeof(ushort), StepStride: sizeof(uint), Prefetches: true));
            _valueProducts[groups] = AttentionCode.Product(new LaneProductShape(groups, RowStride: sizeof(uint), StepStride: _valueStride * sizeof(uint), Prefetches: false));
        }

        _convert = (delegate* unmanaged<BFloat16RowsArguments*, void>)AttentionCode.Rows();
        _weights = Align(sizeof(Block)) + (MaxQueries * QueryBytes / 16);
        _keys = _weights + (MaxQueries / 16 * GroupWeightBytes);
        _values = _keys + ((long)BlockLength * _keyStride * sizeof(ushort));
        _pairs = _values + ((long)TurnLength * _valueStride * sizeof(ushort));
        _room = _pairs + ((long)BlockLength * _valueStride * sizeof(ushort));
        ArithmeticBytes = _room + Align((long)PageLength * (keyLength + valueLength) * sizeof(float));
    }

    /// <summary>What follows the block in the cache, to be prefetched.</summary>
    private struct Block
    {
        public fixed long KeysAhead[BlockPages];
        public fixed long ValuesAhead[BlockPages];
    }

    protected override long ArithmeticBytes { get; }

    /// <summary>Queries of a group: [padded key length / 2][16 lanes][2].</summary>
    private long QueryBytes => (long)_keyStride * 16 * sizeof(ushort);

    protected override void PackQueries(in AttentionTile tile, byte* scratch)
    {
        for (int group = 0; group < GroupCount(tile); group++)
        {
            ushort* rows = (ushort*)(scratch + _keys);
            // Lanes without a query repeat the last one.
            for (int lane = 0; lane < 16; lane++)
                Round(tile.QueryAt(Math.Min((group * 16) + lane, tile.QueryCount - 1)), KeyLength, tile.Scale * Log2E, rows + (lane * _keyStride));
            for (int i = 0; i < _keyStride; i += RowStep)
                Transposition.Run((uint*)(rows + i), _keyStride / 2, (uint*)(scratch + Align(sizeof(Block)) + (group * QueryBytes)) + (i / 2 * 16));
        }
    }

    protected override void Load(in AttentionTile tile, int start, int count, int end, byte* scratch)
    {
        ref Block block = ref *(Block*)scratch;
        int firstPage = start / PageLength, lastPage = (end - 1) / PageLength;
        for (int row = 0; row < count; row += PageLength)
        {
            int index = firstPage + (row / PageLength), next = index + BlockPages;
            StoredPage page = tile.Pages.Page(index, tile.Layer, tile.KeyValueHead);
            StoredPage ahead = next <= lastPage ? tile.Pages.Page(next, tile.Layer, tile.KeyValueHead) : page;
            block.KeysAhead[row / PageLength] = (long)ahead.Keys;
            block.ValuesAhead[row / PageLength] = ahead.ValuesInKeys ? 0 : (long)ahead.Values;
            LoadPage(tile, page, index, Math.Min(PageLength, count - row), row, scratch);
        }
    }

    protected override void Score(int group, int groups, int count, float* scores, byte* scratch)
    {
        ref Block block = ref *(Block*)scratch;
        var arguments = new LaneProductArguments
        {
            Lanes = scratch + Align(sizeof(Block)) + (group * QueryBytes),
            LanesStride = QueryBytes,
            SumsStride = BlockLength * Lines.LineBytes,
            Turns = _queryTurns,
        };
        int tileRows = 16 / groups;
        for (int page = 0, row = 0; row < count; page++, row += PageLength)
        {
            arguments.Rows = scratch + _keys + ((long)row * _keyStride * sizeof(ushort));
            arguments.Sums = scores + (row * 16);
            // Only the first groups of a tile fetch what follows.
            arguments.Ahead = group == 0 ? (byte*)block.KeysAhead[page] : arguments.Rows;
            arguments.Tiles = (Math.Min(PageLength, count - row) + tileRows - 1) / tileRows;
            ((delegate* unmanaged<LaneProductArguments*, void>)_scoreProducts[groups])(&arguments);
            if (group == 0 && block.ValuesAhead[page] != 0) Prefetch((byte*)block.ValuesAhead[page], PageLength * ValueLength * sizeof(ushort));
        }
    }

    protected override Vector512<float> Weigh(int group, int count, float* scores, Vector512<float> most, byte* scratch)
    {
        uint* weights = (uint*)(scratch + _weights + (group * GroupWeightBytes));
        Vector512<float> sum = Vector512<float>.Zero;
        int k = 0;
        for (; k + 1 < count; k += 2, weights += 16)
        {
            Vector512<uint> first = RoundToUpper(PowerOfTwo(Vector512.Load(scores + (k * 16)) - most));
            Vector512<uint> second = RoundToUpper(PowerOfTwo(Vector512.Load(scores + (k * 16) + 16) - most));
            sum += first.AsSingle();
            sum += second.AsSingle();
            ((first >>> 16) | second).Store(weights);
        }

        for (int padded = (count + TurnLength - 1) / TurnLength * TurnLength; k < padded; k += 2, weights += 16)
        {
            Vector512<uint> last = k < count ? RoundToUpper(PowerOfTwo(Vector512.Load(scores + (k * 16)) - most)) : default;
            sum += last.AsSingle();
            (last >>> 16).Store(weights);
        }

        return sum;
    }

    protected override void Sum(int group, int groups, int count, float* states, byte* scratch)
    {
        var arguments = new LaneProductArguments
        {
            Lanes = scratch + _weights + (group * GroupWeightBytes),
            LanesStride = GroupWeightBytes,
            Rows = scratch + _pairs,
            Sums = states,
            SumsStride = (long)GroupFloats * sizeof(float),
            Turns = (count + TurnLength - 1) / TurnLength,
            Tiles = PaddedValueLength / (16 / groups),
        };
        ((delegate* unmanaged<LaneProductArguments*, void>)_valueProducts[groups])(&arguments);
    }

    private static void Prefetch(byte* memory, int byteCount)
    {
        for (int i = 0; i < byteCount; i += Lines.LineBytes) Sse.Prefetch1(memory + i);
    }

    /// <summary>Brings a page's first positions to the rows of the block that start with <paramref name="firstRow"/>.</summary>
    private void LoadPage(in AttentionTile tile, StoredPage page, int index, int count, int firstRow, byte* scratch)
    {
        ushort* keys = (ushort*)(scratch + _keys) + ((long)firstRow * _keyStride), values = (ushort*)(scratch + _values), pairs = (ushort*)(scratch + _pairs);
        float* keyRows = null, valueRows = null;
        int floatValueStride = 0;
        if (page.Element != CacheElement.Float16)
            keyRows = tile.Pages.Read(index, count, tile.Layer, tile.KeyValueHead, (float*)(scratch + _room), out valueRows, out floatValueStride);
        // A few rows at a time: they are still in the first-level cache when they are interleaved.
        for (int row = 0; row < count; row += TurnLength, keys += (long)TurnLength * _keyStride)
        {
            int rows = Math.Min(TurnLength, count - row);
            if (keyRows is null) Convert((Half*)page.Keys + ((long)row * KeyLength), KeyLength, rows, keys, _keyStride);
            else Round(keyRows + ((long)row * KeyLength), KeyLength, KeyLength, rows, keys, _keyStride);
            if (page.ValuesInKeys) values = keys;
            else if (keyRows is null) Convert((Half*)page.Values + ((long)row * ValueLength), ValueLength, rows, values, _valueStride);
            else Round(valueRows + ((long)row * floatValueStride), floatValueStride, ValueLength, rows, values, _valueStride);
            int stride = page.ValuesInKeys ? _keyStride : _valueStride;
            // Positions behind the last one have weight zero; they must not be what was there before, which may not be finite.
            new Span<ushort>(values + ((long)rows * stride), (TurnLength - rows) * stride).Clear();
            Interleave(values, stride, pairs + ((long)(firstRow + row) * _valueStride));
        }
    }

    private void Convert(Half* source, int columns, int rows, ushort* destination, int stride)
    {
        // Rows that need no padding are one long row.
        if (columns == stride) (columns, rows) = (columns * rows, 1);
        var arguments = new BFloat16RowsArguments
        {
            Source = source,
            Destination = destination,
            SourceStride = columns * sizeof(ushort),
            DestinationStride = stride * sizeof(ushort),
            Rows = rows,
            Runs = columns / RowStep,
            Tail = (1ul << (columns % RowStep)) - 1,
        };
        _convert(&arguments);
    }

    /// <summary>Values [position][stride] of a turn to [position / 2][value length, padded][2].</summary>
    private void Interleave(ushort* rows, int stride, ushort* pairs)
    {
        for (int k = 0; k < TurnLength; k += 2, rows += 2 * stride)
        {
            for (int i = 0; i < _valueStride; i += RowStep, pairs += 2 * RowStep)
            {
                Vector512<ushort> first = Vector512.Load(rows + i), second = Vector512.Load(rows + stride + i);
                Avx512BW.PermuteVar32x16x2(first, LowerPairs, second).Store(pairs);
                Avx512BW.PermuteVar32x16x2(first, UpperPairs, second).Store(pairs + RowStep);
            }
        }
    }

    private static void Round(float* source, int sourceStride, int columns, int rows, ushort* destination, int stride)
    {
        for (int row = 0; row < rows; row++, source += sourceStride, destination += stride) Round(source, columns, 1, destination);
    }

    /// <summary>Rounds a row times a factor to bfloat16, padded with zeros to whole vectors.</summary>
    private static void Round(float* source, int columns, float factor, ushort* destination)
    {
        Vector512<float> factors = Vector512.Create(factor);
        int i = 0;
        for (; i <= columns - 16; i += 16)
            Avx512F.ConvertToVector256UInt16(RoundToUpper(Vector512.Load(source + i) * factors) >>> 16).Store(destination + i);
        for (; i < columns; i++) destination[i] = (ushort)(RoundToUpper(Vector512.CreateScalar(source[i] * factor)).ToScalar() >> 16);
        for (; i % RowStep != 0; i++) destination[i] = 0;
    }

    /// <summary>Rounds to 8 bits of mantissa, to nearest even; what is not a number stays so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundToUpper(Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32(), odd = (bits >>> 16) & Vector512<uint>.One;
        Vector512<uint> rounded = (bits + Vector512.Create(0x7fffu) + odd) & Vector512.Create(0xffff0000u);
        return Vector512.ConditionalSelect(Vector512.Equals(value, value).AsUInt32(), rounded, Vector512.Create(0x7fc00000u));
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SeekSharp.Kernels;

/// <summary>
/// Softmax attention over cache pages, in blocks of positions (online softmax, arXiv 1805.02867; blocks and spans put together as in FlashAttention-2
/// and Flash-Decoding, arXiv 2307.08691 §3.1). What a query computes depends on its own position only, never on the tile it is part of: the same bits
/// whatever is scheduled together.
/// </summary>
/// <remarks>
/// Queries are the lanes of vectors ("group": as many queries as a vector has lanes), keys and values are broadcast. Scores of a group with a position are then one
/// vector: maximum, exponential and sum of the softmax go straight down the positions, and no length is a tail.
/// </remarks>
internal abstract unsafe class PagedAttention
{
    /// <summary>Positions in one cache page.</summary>
    public const int PageLength = 32;

    /// <summary>Most queries (tokens x heads) in one tile.</summary>
    public const int MaxQueries = 128;

    /// <summary>Positions whose scores are computed before the softmax: a whole number of pages, and a divisor of every span.</summary>
    protected const int BlockLength = 128;

    /// <summary>Values are summed in multiples of so many dimensions.</summary>
    protected const int DimensionStep = 16;

    protected PagedAttention(int lanes, int keyLength, int valueLength)
    {
        (Lanes, KeyLength, ValueLength) = (lanes, keyLength, valueLength);
        PaddedValueLength = (valueLength + DimensionStep - 1) / DimensionStep * DimensionStep;
    }

    /// <summary>Queries of one group.</summary>
    public int Lanes { get; }

    public int KeyLength { get; }

    public int ValueLength { get; }

    /// <summary>Bytes that one thread needs to work with, aligned to a cache line.</summary>
    public abstract long ScratchBytes { get; }

    /// <summary>Floats of what is known of a group after some positions: sums of weighted values [padded value length][lanes], maxima and sums of weights [lanes].</summary>
    public int GroupFloats => (PaddedValueLength + 2) * Lanes;

    protected int PaddedValueLength { get; }

    /// <summary>Attention of a level.</summary>
    /// <param name="level">The level.</param>
    /// <param name="element">What the cache holds: float32 is computed in float32 at every level, the others in bfloat16 where the processor can.</param>
    /// <param name="keyLength">Floats of a key.</param>
    /// <param name="valueLength">Floats of a value.</param>
    public static PagedAttention For(KernelLevel level, CacheElement element, int keyLength, int valueLength) => level switch
    {
        KernelLevel.Avx512Vnni when element != CacheElement.Float32 && KernelLevels.HasAvx512BFloat16 => new BFloat16Attention(keyLength, valueLength),
        KernelLevel.Vector512 or KernelLevel.Avx512Vnni => new FloatAttention<Lanes16, Vector512<int>, Vector512<float>>(keyLength, valueLength),
        KernelLevel.Vector256 => new FloatAttention<Lanes8, Vector256<int>, Vector256<float>>(keyLength, valueLength),
        KernelLevel.Vector128 => new FloatAttention<Lanes4, Vector128<int>, Vector128<float>>(keyLength, valueLength),
        _ => new FloatAttention<Lanes1, int, float>(keyLength, valueLength),
    };

    /// <summary>Groups of a tile.</summary>
    public int GroupCount(in AttentionTile tile) => (tile.QueryCount + Lanes - 1) / Lanes;

    /// <summary>Attention of a tile to all positions that it sees, written to its output.</summary>
    public abstract void Attend(in AttentionTile tile, byte* scratch);

    /// <summary>Attention of a tile to one span.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="span">Index of the span.</param>
    /// <param name="state">Receives <see cref="GroupFloats"/> for each group.</param>
    /// <param name="scratch">Room to work.</param>
    public abstract void AttendSpan(in AttentionTile tile, int span, float* state, byte* scratch);

    /// <summary>Puts the spans of a group together and writes a part of the output.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="states">What <see cref="AttendSpan"/> gave, span by span; the part of the first one is overwritten.</param>
    /// <param name="spans">Number of spans.</param>
    /// <param name="group">The group.</param>
    /// <param name="firstDimension">First dimension of the part, a multiple of 16.</param>
    /// <param name="dimensions">Dimensions of the part, a multiple of 16 unless it is the last.</param>
    public abstract void Combine(in AttentionTile tile, float* states, int spans, int group, int firstDimension, int dimensions);

    protected static long Align(long bytes) => (bytes + Lines.LineBytes - 1) / Lines.LineBytes * Lines.LineBytes;
}

/// <summary>Softmax and what surrounds it for one vector width; the arithmetic of scores and values is left to the derived types.</summary>
internal abstract unsafe class PagedAttention<TLanes, TInt, TFloat>(int keyLength, int valueLength) : PagedAttention(TLanes.Count, keyLength, valueLength)
    where TLanes : struct, ILanes<TInt, TFloat>
    where TInt : unmanaged
    where TFloat : unmanaged
{
    /// <summary>2^x = e^(x ln 2): scores are computed in units that make the exponential one of base 2.</summary>
    protected const float Log2E = 1.44269504f;

    public sealed override long ScratchBytes => (3 * StateBytes) + ScoreBytes + ArithmeticBytes;

    /// <summary>Bytes that the derived type works with.</summary>
    protected abstract long ArithmeticBytes { get; }

    private static int MaxGroups => MaxQueries / TLanes.Count;

    private long StateBytes => Align((long)MaxGroups * GroupFloats * sizeof(float));

    private static long ScoreBytes => Align(2L * BlockLength * TLanes.Count * sizeof(float));

    public sealed override void Attend(in AttentionTile tile, byte* scratch)
    {
        float* total = (float*)scratch, part = (float*)(scratch + StateBytes);
        int spans = AttentionSpans.Count(tile.PositionCount);
        PackQueries(tile, Arithmetic(scratch));
        for (int span = 0; span < spans; span++)
        {
            AttendPacked(tile, span, tile.PositionCount, span == 0 ? total : part, scratch);
            if (span > 0) MergeAll(tile, total, part);
        }

        for (int group = 0; group < GroupCount(tile); group++)
        {
            float* state = total + ((long)group * GroupFloats);
            Write(tile, group, state, Ends(state), 0, ValueLength);
        }
    }

    public sealed override void AttendSpan(in AttentionTile tile, int span, float* state, byte* scratch)
    {
        PackQueries(tile, Arithmetic(scratch));
        AttendPacked(tile, span, Math.Min(AttentionSpans.Start(span + 1), tile.PositionCount), state, scratch);
    }

    public sealed override void Combine(in AttentionTile tile, float* states, int spans, int group, int firstDimension, int dimensions)
    {
        // Parts of one group run side by side: each has its own copy of the maxima and sums of weights.
        float* ends = stackalloc float[2 * TLanes.Count];
        long stateFloats = (long)GroupCount(tile) * GroupFloats, offset = (long)firstDimension * TLanes.Count;
        float* total = states + ((long)group * GroupFloats);
        new ReadOnlySpan<float>(Ends(total), 2 * TLanes.Count).CopyTo(new Span<float>(ends, 2 * TLanes.Count));
        for (int span = 1; span < spans; span++)
        {
            float* part = total + (span * stateFloats);
            Merge(total + offset, ends, part + offset, Ends(part), dimensions);
        }

        Write(tile, group, total + offset, ends, firstDimension, dimensions);
    }

    /// <summary>Brings the queries, times scale and log2 e, into the form in which scores read them.</summary>
    protected abstract void PackQueries(in AttentionTile tile, byte* scratch);

    /// <summary>Brings the keys and values of a block into the form in which they are read; others up to <paramref name="end"/> will follow.</summary>
    protected abstract void Load(in AttentionTile tile, int start, int count, int end, byte* scratch);

    /// <summary>Scores [group][BlockLength][lanes] of one or two groups with the positions of the block; those behind its end may be anything.</summary>
    protected abstract void Score(int group, int groups, int count, float* scores, byte* scratch);

    /// <summary>Keeps the weights 2^(score - most) of a group for <see cref="Sum"/>, and gives their sum as they are kept.</summary>
    protected abstract TFloat Weigh(int group, int count, float* scores, TFloat most, byte* scratch);

    /// <summary>Sums [padded value length][lanes] of the weighted values of the block, for one or two groups.</summary>
    protected abstract void Sum(int group, int groups, int count, float* states, byte* scratch);

    private byte* Arithmetic(byte* scratch) => scratch + (3 * StateBytes) + ScoreBytes;

    /// <summary>Maxima and sums of weights of a group.</summary>
    private float* Ends(float* state) => state + ((long)PaddedValueLength * TLanes.Count);

    /// <param name="tile">The tile; its queries are packed.</param>
    /// <param name="span">The span.</param>
    /// <param name="end">Where positions end that this thread will read next.</param>
    /// <param name="state">Receives what is known after the span.</param>
    /// <param name="scratch">Room to work.</param>
    private void AttendPacked(in AttentionTile tile, int span, int end, float* state, byte* scratch)
    {
        int spanStart = AttentionSpans.Start(span), spanEnd = Math.Min(AttentionSpans.Start(span + 1), tile.PositionCount);
        float* part = (float*)(scratch + (2 * StateBytes));
        for (int start = spanStart; start < spanEnd; start += BlockLength)
        {
            int count = Math.Min(BlockLength, spanEnd - start);
            Load(tile, start, count, end, Arithmetic(scratch));
            AttendBlock(tile, start, count, start == spanStart ? state : part, scratch);
            if (start > spanStart) MergeAll(tile, state, part);
        }
    }

    private void AttendBlock(in AttentionTile tile, int start, int count, float* states, byte* scratch)
    {
        float* scores = (float*)(scratch + (3 * StateBytes));
        byte* arithmetic = Arithmetic(scratch);
        int groupCount = GroupCount(tile);
        for (int group = 0; group < groupCount; group += 2)
        {
            int groups = Math.Min(2, groupCount - group);
            Score(group, groups, count, scores, arithmetic);
            for (int i = 0; i < groups; i++)
            {
                float* groupScores = scores + (i * BlockLength * TLanes.Count), ends = Ends(states + ((long)(group + i) * GroupFloats));
                TFloat most = Greatest(tile, group + i, start, count, groupScores);
                TLanes.StoreFloats(ends, most);
                TLanes.StoreFloats(ends + TLanes.Count, Weigh(group + i, count, groupScores, most, arithmetic));
            }
        }

        for (int group = 0; group < groupCount; group += 2)
            Sum(group, Math.Min(2, groupCount - group), count, states + ((long)group * GroupFloats), arithmetic);
    }

    /// <summary>The greatest scores; those of positions that a query does not see become negative infinity.</summary>
    private static TFloat Greatest(in AttentionTile tile, int group, int start, int count, float* scores)
    {
        int firstQuery = group * TLanes.Count;
        if (start + count - 1 > tile.FirstPosition + (firstQuery / tile.HeadCount)) Mask(tile, firstQuery, start, count, scores);
        // Finite, so that a query that sees nothing of the block gets weights of zero and not of NaN.
        TFloat most = TLanes.BroadcastFloat(float.MinValue);
        for (int k = 0; k < count; k++) most = TLanes.Max(most, TLanes.LoadFloats(scores + (k * TLanes.Count)));
        return most;
    }

    private static void Mask(in AttentionTile tile, int firstQuery, int start, int count, float* scores)
    {
        int* seen = stackalloc int[TLanes.Count];
        for (int i = 0; i < TLanes.Count; i++) seen[i] = tile.FirstPosition + (Math.Min(firstQuery + i, tile.QueryCount - 1) / tile.HeadCount);
        TInt last = TLanes.Load((byte*)seen), hiddenScore = TLanes.AsInt(TLanes.BroadcastFloat(float.NegativeInfinity)), ones = TLanes.Broadcast(-1);
        for (int k = 0; k < count; k++)
        {
            float* score = scores + (k * TLanes.Count);
            TInt hidden = TLanes.GreaterThan(TLanes.Broadcast(start + k), last), visible = TLanes.Subtract(ones, hidden);
            TInt masked = TLanes.Or(TLanes.And(TLanes.AsInt(TLanes.LoadFloats(score)), visible), TLanes.And(hiddenScore, hidden));
            TLanes.StoreFloats(score, TLanes.AsFloat(masked));
        }
    }

    /// <summary>2^x for x of at most 0, within 2 units of the last place; exactly 1 at 0, exactly 0 below -127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static TFloat PowerOfTwo(TFloat x)
    {
        // Adding 1.5 x 2^23 rounds to an integer and leaves it in the lowest bits.
        TFloat magic = TLanes.BroadcastFloat(12582912f);
        x = TLanes.Max(x, TLanes.BroadcastFloat(-127));
        TFloat shifted = TLanes.Add(x, magic), rest = TLanes.Subtract(x, TLanes.Subtract(shifted, magic));
        TFloat power = TLanes.AsFloat(TLanes.ShiftLeft(TLanes.Add(TLanes.AsInt(shifted), TLanes.Broadcast(127)), 23));
        // Minimax polynomial of 2^x - 1 over x in -0.5 to 0.5 (Cephes, exp2f).
        TFloat sum = TLanes.BroadcastFloat(1.535336188319500e-4f);
        sum = TLanes.FusedMultiplyAdd(sum, rest, TLanes.BroadcastFloat(1.339887440266574e-3f));
        sum = TLanes.FusedMultiplyAdd(sum, rest, TLanes.BroadcastFloat(9.618437357674640e-3f));
        sum = TLanes.FusedMultiplyAdd(sum, rest, TLanes.BroadcastFloat(5.550332471162809e-2f));
        sum = TLanes.FusedMultiplyAdd(sum, rest, TLanes.BroadcastFloat(2.402264791363012e-1f));
        sum = TLanes.FusedMultiplyAdd(sum, rest, TLanes.BroadcastFloat(6.931472028550421e-1f));
        return TLanes.Multiply(TLanes.FusedMultiplyAdd(sum, rest, TLanes.BroadcastFloat(1)), power);
    }

    private void MergeAll(in AttentionTile tile, float* total, float* part)
    {
        for (int group = 0; group < GroupCount(tile); group++, total += GroupFloats, part += GroupFloats) Merge(total, Ends(total), part, Ends(part), ValueLength);
    }

    /// <summary>Adds what is known after a part of the positions to the total; the larger maximum rules.</summary>
    private static void Merge(float* total, float* totalEnds, float* part, float* partEnds, int dimensions)
    {
        TFloat totalMost = TLanes.LoadFloats(totalEnds), partMost = TLanes.LoadFloats(partEnds), most = TLanes.Max(totalMost, partMost);
        TFloat totalFactor = PowerOfTwo(TLanes.Subtract(totalMost, most)), partFactor = PowerOfTwo(TLanes.Subtract(partMost, most));
        TLanes.StoreFloats(totalEnds, most);
        AddScaled(totalEnds + TLanes.Count, totalFactor, partEnds + TLanes.Count, partFactor);
        for (int i = 0; i < dimensions; i++) AddScaled(total + (i * TLanes.Count), totalFactor, part + (i * TLanes.Count), partFactor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddScaled(float* sum, TFloat sumFactor, float* addend, TFloat factor) =>
        TLanes.StoreFloats(sum, TLanes.FusedMultiplyAdd(TLanes.LoadFloats(addend), factor, TLanes.Multiply(TLanes.LoadFloats(sum), sumFactor)));

    /// <summary>Writes sums / weights of some dimensions [dimensions][lanes] to the outputs of a group.</summary>
    private static void Write(in AttentionTile tile, int group, float* sums, float* ends, int firstDimension, int dimensions)
    {
        TFloat inverse = TLanes.Divide(TLanes.BroadcastFloat(1), TLanes.LoadFloats(ends + TLanes.Count));
        for (int i = 0; i < dimensions; i++) TLanes.StoreFloats(sums + (i * TLanes.Count), TLanes.Multiply(TLanes.LoadFloats(sums + (i * TLanes.Count)), inverse));
        int queries = Math.Min(TLanes.Count, tile.QueryCount - (group * TLanes.Count));
        if (TLanes.Count == 16 && Transposition.IsSupported)
        {
            float* rows = stackalloc float[16 * 16];
            for (int i = 0; i < dimensions; i += 16)
            {
                Transposition.Run((uint*)sums + (i * 16), 16, (uint*)rows);
                int length = Math.Min(16, dimensions - i);
                for (int lane = 0; lane < queries; lane++)
                    new ReadOnlySpan<float>(rows + (lane * 16), length).CopyTo(new Span<float>(tile.OutputAt((group * 16) + lane) + firstDimension + i, length));
            }

            return;
        }

        for (int lane = 0; lane < queries; lane++)
        {
            float* output = tile.OutputAt((group * TLanes.Count) + lane) + firstDimension;
            for (int i = 0; i < dimensions; i++) output[i] = sums[(i * TLanes.Count) + lane];
        }
    }
}

using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Queries that read the same keys and values: some heads of some neighbouring tokens of one sequence.</summary>
internal unsafe struct AttentionTile
{
    /// <summary>Queries [Queries, KeyLength], QueryStride floats apart within a token, TokenStride between tokens.</summary>
    public float* Query;
    /// <summary>Receives [Queries, ValueLength], laid out like the queries with their own strides.</summary>
    public float* Output;
    public long QueryTokenStride, QueryHeadStride, OutputTokenStride, OutputHeadStride;
    public int TokenCount, HeadCount;
    /// <summary>Position of the first token; the others follow. A token sees the positions up to its own.</summary>
    public int FirstPosition;
    public int KeyLength, ValueLength;
    public float Scale;
    /// <summary>Where keys and values come from.</summary>
    public IKeyValuePages Pages;
    /// <summary>Layer and key-value head, passed on to <see cref="Pages"/>.</summary>
    public int Layer, KeyValueHead;
    /// <summary>Floats for the tile's own use: <see cref="PagedAttention.ScratchFloats"/> of them.</summary>
    public float* Scratch;
}

/// <summary>Keys and values of a sequence, a page of positions at a time.</summary>
internal unsafe interface IKeyValuePages
{
    /// <summary>Keys [PageLength, KeyLength] and values [PageLength, ValueLength] in float32 of one page, layer and key-value head.</summary>
    /// <param name="page">Index of the page within the sequence.</param>
    /// <param name="count">Positions of the page that will be read.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="keyValueHead">Key-value head.</param>
    /// <param name="scratch">Room for a page of keys and values, used where the cache is not in float32.</param>
    /// <param name="values">Start of the values; their rows are <paramref name="valueStride"/> floats apart.</param>
    /// <param name="valueStride">Floats between values.</param>
    /// <returns>Start of the keys, which lie one behind the other.</returns>
    float* Read(int page, int count, int layer, int keyValueHead, float* scratch, out float* values, out int valueStride);
}

/// <summary>
/// Softmax attention over cache pages with a running maximum and sum (online softmax). What a query computes depends on its own position only,
/// never on the tile it is part of: the same bits whatever is scheduled together.
/// </summary>
internal static unsafe class PagedAttention
{
    /// <summary>Positions in one cache page.</summary>
    public const int PageLength = 32;

    /// <summary>Most queries (tokens x heads) in one tile.</summary>
    public const int MaxQueries = 64;

    /// <summary>Scratch floats of one tile: a page of keys and values, scores, running maxima and sums.</summary>
    public static int ScratchFloats(int keyLength, int valueLength) => PageLength * (keyLength + valueLength) + 4 * PageLength + 2 * MaxQueries;
}

/// <summary>Attention over pages for one vector width.</summary>
internal static unsafe class PagedAttention<TLanes, TInt, TFloat>
    where TLanes : struct, ILanes<TInt, TFloat>
    where TInt : unmanaged
    where TFloat : unmanaged
{
    private const int PageLength = PagedAttention.PageLength;

    public static void Run(in AttentionTile tile)
    {
        int queries = tile.TokenCount * tile.HeadCount;
        float* page = tile.Scratch;
        float* scores = page + PageLength * (tile.KeyLength + tile.ValueLength);
        float* most = scores + 4 * PageLength;
        float* sums = most + PagedAttention.MaxQueries;
        for (int i = 0; i < queries; i++)
        {
            most[i] = float.NegativeInfinity;
            sums[i] = 0;
            new Span<float>(Output(tile, i), tile.ValueLength).Clear();
        }

        int lastPosition = tile.FirstPosition + tile.TokenCount - 1;
        for (int start = 0; start <= lastPosition; start += PageLength)
        {
            int count = Math.Min(PageLength, lastPosition + 1 - start);
            float* keys = tile.Pages.Read(start / PageLength, count, tile.Layer, tile.KeyValueHead, page, out float* values, out int valueStride);
            // Tokens in front of the page do not see it. A group of queries never spans tokens: all of it sees the same positions.
            for (int token = Math.Max(0, start - tile.FirstPosition); token < tile.TokenCount; token++)
            {
                int visible = Math.Min(PageLength, tile.FirstPosition + token - start + 1);
                for (int head = 0; head < tile.HeadCount; head += 4)
                {
                    int first = token * tile.HeadCount + head, group = Math.Min(4, tile.HeadCount - head);
                    Scores(tile, first, group, keys, visible, scores);
                    for (int j = 0; j < group; j++)
                        Softmax(scores + j * PageLength, visible, ref most[first + j], ref sums[first + j], Output(tile, first + j), tile.ValueLength);
                    AddValues(tile, first, group, scores, values, valueStride, visible);
                }
            }
        }

        for (int i = 0; i < queries; i++)
        {
            float* output = Output(tile, i);
            float inverse = 1 / sums[i];
            for (int j = 0; j < tile.ValueLength; j++) output[j] *= inverse;
        }
    }

    private static float* Query(in AttentionTile tile, int i)
    {
        (int token, int head) = Math.DivRem(i, tile.HeadCount);
        return tile.Query + token * tile.QueryTokenStride + head * tile.QueryHeadStride;
    }

    private static float* Output(in AttentionTile tile, int i)
    {
        (int token, int head) = Math.DivRem(i, tile.HeadCount);
        return tile.Output + token * tile.OutputTokenStride + head * tile.OutputHeadStride;
    }

    /// <summary>Scores of up to 4 queries with the keys of a page: 4 queries x 2 keys share each load.</summary>
    private static void Scores(in AttentionTile tile, int first, int group, float* keys, int count, float* scores)
    {
        // A group of fewer than 4 repeats its last query: the repeats compute and store the same numbers.
        float* q0 = Query(tile, first), q1 = Query(tile, first + Math.Min(1, group - 1));
        float* q2 = Query(tile, first + Math.Min(2, group - 1)), q3 = Query(tile, first + group - 1);
        float* s0 = scores, s1 = scores + PageLength, s2 = scores + 2 * PageLength, s3 = scores + 3 * PageLength;
        int length = tile.KeyLength;
        int whole = length - length % TLanes.Count;
        for (int k = 0; k < count; k += 2)
        {
            float* k0 = keys + (long)k * length;
            float* k1 = k + 1 < count ? k0 + length : k0;
            TFloat a00 = TLanes.BroadcastFloat(0), a10 = a00, a20 = a00, a30 = a00, a01 = a00, a11 = a00, a21 = a00, a31 = a00;
            for (int i = 0; i < whole; i += TLanes.Count)
            {
                TFloat key0 = TLanes.LoadFloats(k0 + i), key1 = TLanes.LoadFloats(k1 + i);
                TFloat query = TLanes.LoadFloats(q0 + i);
                a00 = TLanes.FusedMultiplyAdd(query, key0, a00);
                a01 = TLanes.FusedMultiplyAdd(query, key1, a01);
                query = TLanes.LoadFloats(q1 + i);
                a10 = TLanes.FusedMultiplyAdd(query, key0, a10);
                a11 = TLanes.FusedMultiplyAdd(query, key1, a11);
                query = TLanes.LoadFloats(q2 + i);
                a20 = TLanes.FusedMultiplyAdd(query, key0, a20);
                a21 = TLanes.FusedMultiplyAdd(query, key1, a21);
                query = TLanes.LoadFloats(q3 + i);
                a30 = TLanes.FusedMultiplyAdd(query, key0, a30);
                a31 = TLanes.FusedMultiplyAdd(query, key1, a31);
            }

            s0[k] = Finish(a00, q0, k0, whole, length);
            s0[k + 1] = Finish(a01, q0, k1, whole, length);
            s1[k] = Finish(a10, q1, k0, whole, length);
            s1[k + 1] = Finish(a11, q1, k1, whole, length);
            s2[k] = Finish(a20, q2, k0, whole, length);
            s2[k + 1] = Finish(a21, q2, k1, whole, length);
            s3[k] = Finish(a30, q3, k0, whole, length);
            s3[k + 1] = Finish(a31, q3, k1, whole, length);
        }

        for (int j = 0; j < group; j++)
            for (int k = 0; k < PageLength; k += TLanes.Count)
                TLanes.StoreFloats(scores + j * PageLength + k, TLanes.Multiply(TLanes.LoadFloats(scores + j * PageLength + k), TLanes.BroadcastFloat(tile.Scale)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Finish(TFloat products, float* query, float* key, int whole, int length)
    {
        float score = TLanes.Sum(products);
        for (int i = whole; i < length; i++) score = MathF.FusedMultiplyAdd(query[i], key[i], score);
        return score;
    }

    /// <summary>Turns a page's scores into e^(score - maximum) and rescales what was summed so far when the maximum rises.</summary>
    private static void Softmax(float* scores, int visible, ref float most, ref float sum, float* output, int valueLength)
    {
        // Positions that the query does not see get weight zero, and whole vectors can be used.
        for (int k = visible; k < PageLength; k++) scores[k] = float.NegativeInfinity;
        TFloat pageMost = TLanes.LoadFloats(scores);
        for (int k = TLanes.Count; k < PageLength; k += TLanes.Count) pageMost = TLanes.Max(pageMost, TLanes.LoadFloats(scores + k));
        float newMost = MathF.Max(most, TLanes.Greatest(pageMost));
        TFloat shift = TLanes.BroadcastFloat(newMost), total = TLanes.BroadcastFloat(0);
        for (int k = 0; k < PageLength; k += TLanes.Count)
        {
            TFloat weight = TLanes.Exp(TLanes.Subtract(TLanes.LoadFloats(scores + k), shift));
            TLanes.StoreFloats(scores + k, weight);
            total = TLanes.Add(total, weight);
        }

        float correction = MathF.Exp(most - newMost);
        if (correction != 1)
        {
            TFloat corrections = TLanes.BroadcastFloat(correction);
            int i = 0;
            for (; i <= valueLength - TLanes.Count; i += TLanes.Count)
                TLanes.StoreFloats(output + i, TLanes.Multiply(TLanes.LoadFloats(output + i), corrections));
            for (; i < valueLength; i++) output[i] *= correction;
        }

        sum = MathF.FusedMultiplyAdd(sum, correction, TLanes.Sum(total));
        most = newMost;
    }

    /// <summary>output += weights x values for up to 4 queries, which share each load of a value.</summary>
    private static void AddValues(in AttentionTile tile, int first, int group, float* weights, float* values, int stride, int count)
    {
        float* o0 = Output(tile, first), o1 = Output(tile, first + Math.Min(1, group - 1));
        float* o2 = Output(tile, first + Math.Min(2, group - 1)), o3 = Output(tile, first + group - 1);
        float* w0 = weights, w1 = weights + Math.Min(1, group - 1) * PageLength;
        float* w2 = weights + Math.Min(2, group - 1) * PageLength, w3 = weights + (group - 1) * PageLength;
        int length = tile.ValueLength, i = 0;
        for (; i <= length - 2 * TLanes.Count; i += 2 * TLanes.Count)
        {
            float* value = values + i;
            TFloat a0 = TLanes.LoadFloats(o0 + i), a1 = TLanes.LoadFloats(o1 + i), a2 = TLanes.LoadFloats(o2 + i), a3 = TLanes.LoadFloats(o3 + i);
            TFloat b0 = TLanes.LoadFloats(o0 + i + TLanes.Count), b1 = TLanes.LoadFloats(o1 + i + TLanes.Count);
            TFloat b2 = TLanes.LoadFloats(o2 + i + TLanes.Count), b3 = TLanes.LoadFloats(o3 + i + TLanes.Count);
            for (int k = 0; k < count; k++, value += stride)
            {
                TFloat lower = TLanes.LoadFloats(value), upper = TLanes.LoadFloats(value + TLanes.Count);
                TFloat weight = TLanes.BroadcastFloat(w0[k]);
                a0 = TLanes.FusedMultiplyAdd(weight, lower, a0);
                b0 = TLanes.FusedMultiplyAdd(weight, upper, b0);
                weight = TLanes.BroadcastFloat(w1[k]);
                a1 = TLanes.FusedMultiplyAdd(weight, lower, a1);
                b1 = TLanes.FusedMultiplyAdd(weight, upper, b1);
                weight = TLanes.BroadcastFloat(w2[k]);
                a2 = TLanes.FusedMultiplyAdd(weight, lower, a2);
                b2 = TLanes.FusedMultiplyAdd(weight, upper, b2);
                weight = TLanes.BroadcastFloat(w3[k]);
                a3 = TLanes.FusedMultiplyAdd(weight, lower, a3);
                b3 = TLanes.FusedMultiplyAdd(weight, upper, b3);
            }

            TLanes.StoreFloats(o0 + i, a0);
            TLanes.StoreFloats(o0 + i + TLanes.Count, b0);
            TLanes.StoreFloats(o1 + i, a1);
            TLanes.StoreFloats(o1 + i + TLanes.Count, b1);
            TLanes.StoreFloats(o2 + i, a2);
            TLanes.StoreFloats(o2 + i + TLanes.Count, b2);
            TLanes.StoreFloats(o3 + i, a3);
            TLanes.StoreFloats(o3 + i + TLanes.Count, b3);
        }

        for (; i < length; i++)
        {
            for (int j = 0; j < group; j++)
            {
                float* output = Output(tile, first + j);
                float sum = output[i];
                for (int k = 0; k < count; k++) sum = MathF.FusedMultiplyAdd(weights[j * PageLength + k], values[(long)k * stride + i], sum);
                output[i] = sum;
            }
        }
    }
}

namespace SeekSharp.Kernels;

/// <summary>Attention in float32: 2 groups x 4 or 1 group x 8 sums in registers. Pages in float32 are read where they lie.</summary>
internal sealed unsafe class FloatAttention<TLanes, TInt, TFloat>(int keyLength, int valueLength) : PagedAttention<TLanes, TInt, TFloat>(keyLength, valueLength)
    where TLanes : struct, ILanes<TInt, TFloat>
    where TInt : unmanaged
    where TFloat : unmanaged
{
    private const int BlockPages = BlockLength / PageLength;

    /// <summary>Where the rows of a block are.</summary>
    private struct Block
    {
        public fixed long Keys[BlockPages];
        public fixed long Values[BlockPages];
        public int ValueStride;
    }

    protected override long ArithmeticBytes => Align(sizeof(Block)) + QueryBytes + WeightBytes + ((long)BlockPages * PageFloats * sizeof(float));

    private long QueryBytes => Align((long)MaxQueries * KeyLength * sizeof(float));

    private static long WeightBytes => (long)MaxQueries * BlockLength * sizeof(float);

    private long PageFloats => (long)PageLength * (KeyLength + ValueLength);

    protected override void PackQueries(in AttentionTile tile, byte* scratch)
    {
        float* packed = Queries(scratch);
        int lanes = GroupCount(tile) * TLanes.Count;
        float scale = tile.Scale * Log2E;
        for (int i = 0; i < lanes; i++)
        {
            // Lanes without a query repeat the last one.
            float* query = tile.QueryAt(Math.Min(i, tile.QueryCount - 1));
            float* lane = packed + ((long)(i / TLanes.Count) * KeyLength * TLanes.Count) + (i % TLanes.Count);
            for (int j = 0; j < KeyLength; j++) lane[j * TLanes.Count] = query[j] * scale;
        }
    }

    protected override void Load(in AttentionTile tile, int start, int count, int end, byte* scratch)
    {
        ref Block block = ref *(Block*)scratch;
        float* room = (float*)(scratch + Align(sizeof(Block)) + QueryBytes + WeightBytes);
        for (int page = 0; page * PageLength < count; page++)
        {
            int rows = Math.Min(PageLength, count - (page * PageLength));
            block.Keys[page] = (long)tile.Pages.Read(
                (start / PageLength) + page, rows, tile.Layer, tile.KeyValueHead, room + (page * PageFloats), out float* values, out block.ValueStride);
            block.Values[page] = (long)values;
        }
    }

    protected override void Score(int group, int groups, int count, float* scores, byte* scratch)
    {
        ref Block block = ref *(Block*)scratch;
        float* queries = Queries(scratch) + ((long)group * KeyLength * TLanes.Count);
        for (int page = 0; page * PageLength < count; page++)
        {
            int rows = Math.Min(PageLength, count - (page * PageLength));
            float* keys = (float*)block.Keys[page], target = scores + (page * PageLength * TLanes.Count);
            // Rows behind the count are within the page, and nobody looks at their scores.
            if (groups == 1)
            {
                for (int row = 0; row < rows; row += 8) Score8(queries, keys + ((long)row * KeyLength), target + (row * TLanes.Count));
            }
            else
            {
                for (int row = 0; row < rows; row += 4) Score4(queries, keys + ((long)row * KeyLength), target + (row * TLanes.Count));
            }
        }
    }

    protected override TFloat Weigh(int group, int count, float* scores, TFloat most, byte* scratch)
    {
        float* weights = Weights(group, scratch);
        TFloat sum = TLanes.BroadcastFloat(0);
        for (int i = 0; i < count * TLanes.Count; i += TLanes.Count)
        {
            TFloat weight = PowerOfTwo(TLanes.Subtract(TLanes.LoadFloats(scores + i), most));
            TLanes.StoreFloats(weights + i, weight);
            sum = TLanes.Add(sum, weight);
        }

        return sum;
    }

    protected override void Sum(int group, int groups, int count, float* states, byte* scratch)
    {
        ref Block block = ref *(Block*)scratch;
        float* weights = Weights(group, scratch);
        int step = groups == 1 ? 8 : 4, dimension = 0;
        for (; dimension < ValueLength; dimension += step)
        {
            // The last dimensions overlap those in front of them: they are computed twice, in the same way.
            int first = Math.Max(0, Math.Min(dimension, ValueLength - step));
            if (ValueLength < step) SumFew(block, weights, groups, count, states);
            else if (groups == 1) Sum8(block, weights, count, first, states + ((long)first * TLanes.Count));
            else Sum4(block, weights, count, first, states + ((long)first * TLanes.Count));
        }
    }

    private static float* Queries(byte* scratch) => (float*)(scratch + Align(sizeof(Block)));

    private float* Weights(int group, byte* scratch) => (float*)(scratch + Align(sizeof(Block)) + QueryBytes) + (group * BlockLength * TLanes.Count);

    private void Score8(float* queries, float* keys, float* scores)
    {
        float* k0 = keys, k1 = k0 + KeyLength, k2 = k1 + KeyLength, k3 = k2 + KeyLength, k4 = k3 + KeyLength, k5 = k4 + KeyLength, k6 = k5 + KeyLength, k7 = k6 + KeyLength;
        TFloat s0 = TLanes.BroadcastFloat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (nint i = 0; i < KeyLength; i++, queries += TLanes.Count)
        {
            TFloat query = TLanes.LoadFloats(queries);
            s0 = TLanes.FusedMultiplyAdd(query, TLanes.BroadcastFloat(k0[i]), s0);
            s1 = TLanes.FusedMultiplyAdd(query, TLanes.BroadcastFloat(k1[i]), s1);
            s2 = TLanes.FusedMultiplyAdd(query, TLanes.BroadcastFloat(k2[i]), s2);
            s3 = TLanes.FusedMultiplyAdd(query, TLanes.BroadcastFloat(k3[i]), s3);
            s4 = TLanes.FusedMultiplyAdd(query, TLanes.BroadcastFloat(k4[i]), s4);
            s5 = TLanes.FusedMultiplyAdd(query, TLanes.BroadcastFloat(k5[i]), s5);
            s6 = TLanes.FusedMultiplyAdd(query, TLanes.BroadcastFloat(k6[i]), s6);
            s7 = TLanes.FusedMultiplyAdd(query, TLanes.BroadcastFloat(k7[i]), s7);
        }

        Store8(scores, s0, s1, s2, s3, s4, s5, s6, s7);
    }

    private void Score4(float* queries, float* keys, float* scores)
    {
        float* k0 = keys, k1 = k0 + KeyLength, k2 = k1 + KeyLength, k3 = k2 + KeyLength, next = queries + ((long)KeyLength * TLanes.Count);
        TFloat s0 = TLanes.BroadcastFloat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
        for (nint i = 0; i < KeyLength; i++, queries += TLanes.Count, next += TLanes.Count)
        {
            TFloat first = TLanes.LoadFloats(queries), second = TLanes.LoadFloats(next), key = TLanes.BroadcastFloat(k0[i]);
            s0 = TLanes.FusedMultiplyAdd(first, key, s0);
            t0 = TLanes.FusedMultiplyAdd(second, key, t0);
            key = TLanes.BroadcastFloat(k1[i]);
            s1 = TLanes.FusedMultiplyAdd(first, key, s1);
            t1 = TLanes.FusedMultiplyAdd(second, key, t1);
            key = TLanes.BroadcastFloat(k2[i]);
            s2 = TLanes.FusedMultiplyAdd(first, key, s2);
            t2 = TLanes.FusedMultiplyAdd(second, key, t2);
            key = TLanes.BroadcastFloat(k3[i]);
            s3 = TLanes.FusedMultiplyAdd(first, key, s3);
            t3 = TLanes.FusedMultiplyAdd(second, key, t3);
        }

        Store4(scores, s0, s1, s2, s3);
        Store4(scores + (BlockLength * TLanes.Count), t0, t1, t2, t3);
    }

    private static void Sum8(in Block block, float* weights, int count, int dimension, float* sums)
    {
        int stride = block.ValueStride;
        TFloat s0 = TLanes.BroadcastFloat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (int start = 0; start < count; start += PageLength)
        {
            float* value = (float*)block.Values[start / PageLength] + dimension;
            for (int end = Math.Min(start + PageLength, count), k = start; k < end; k++, value += stride, weights += TLanes.Count)
            {
                TFloat weight = TLanes.LoadFloats(weights);
                s0 = TLanes.FusedMultiplyAdd(weight, TLanes.BroadcastFloat(value[0]), s0);
                s1 = TLanes.FusedMultiplyAdd(weight, TLanes.BroadcastFloat(value[1]), s1);
                s2 = TLanes.FusedMultiplyAdd(weight, TLanes.BroadcastFloat(value[2]), s2);
                s3 = TLanes.FusedMultiplyAdd(weight, TLanes.BroadcastFloat(value[3]), s3);
                s4 = TLanes.FusedMultiplyAdd(weight, TLanes.BroadcastFloat(value[4]), s4);
                s5 = TLanes.FusedMultiplyAdd(weight, TLanes.BroadcastFloat(value[5]), s5);
                s6 = TLanes.FusedMultiplyAdd(weight, TLanes.BroadcastFloat(value[6]), s6);
                s7 = TLanes.FusedMultiplyAdd(weight, TLanes.BroadcastFloat(value[7]), s7);
            }
        }

        Store8(sums, s0, s1, s2, s3, s4, s5, s6, s7);
    }

    private void Sum4(in Block block, float* weights, int count, int dimension, float* sums)
    {
        int stride = block.ValueStride;
        float* next = weights + (BlockLength * TLanes.Count);
        TFloat s0 = TLanes.BroadcastFloat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
        for (int start = 0; start < count; start += PageLength)
        {
            float* value = (float*)block.Values[start / PageLength] + dimension;
            for (int end = Math.Min(start + PageLength, count), k = start; k < end; k++, value += stride, weights += TLanes.Count, next += TLanes.Count)
            {
                TFloat first = TLanes.LoadFloats(weights), second = TLanes.LoadFloats(next), number = TLanes.BroadcastFloat(value[0]);
                s0 = TLanes.FusedMultiplyAdd(first, number, s0);
                t0 = TLanes.FusedMultiplyAdd(second, number, t0);
                number = TLanes.BroadcastFloat(value[1]);
                s1 = TLanes.FusedMultiplyAdd(first, number, s1);
                t1 = TLanes.FusedMultiplyAdd(second, number, t1);
                number = TLanes.BroadcastFloat(value[2]);
                s2 = TLanes.FusedMultiplyAdd(first, number, s2);
                t2 = TLanes.FusedMultiplyAdd(second, number, t2);
                number = TLanes.BroadcastFloat(value[3]);
                s3 = TLanes.FusedMultiplyAdd(first, number, s3);
                t3 = TLanes.FusedMultiplyAdd(second, number, t3);
            }
        }

        Store4(sums, s0, s1, s2, s3);
        Store4(sums + GroupFloats, t0, t1, t2, t3);
    }

    /// <summary>The same for values so short that no tile fits.</summary>
    private void SumFew(in Block block, float* weights, int groups, int count, float* sums)
    {
        for (int group = 0; group < groups; group++)
        {
            for (int i = 0; i < ValueLength; i++)
            {
                TFloat sum = TLanes.BroadcastFloat(0);
                for (int k = 0; k < count; k++)
                {
                    float value = ((float*)block.Values[k / PageLength])[((long)(k % PageLength) * block.ValueStride) + i];
                    sum = TLanes.FusedMultiplyAdd(TLanes.LoadFloats(weights + (((group * BlockLength) + k) * TLanes.Count)), TLanes.BroadcastFloat(value), sum);
                }

                TLanes.StoreFloats(sums + ((long)group * GroupFloats) + (i * TLanes.Count), sum);
            }
        }
    }

    private static void Store8(float* target, TFloat a, TFloat b, TFloat c, TFloat d, TFloat e, TFloat f, TFloat g, TFloat h)
    {
        Store4(target, a, b, c, d);
        Store4(target + (4 * TLanes.Count), e, f, g, h);
    }

    private static void Store4(float* target, TFloat a, TFloat b, TFloat c, TFloat d)
    {
        TLanes.StoreFloats(target, a);
        TLanes.StoreFloats(target + TLanes.Count, b);
        TLanes.StoreFloats(target + (2 * TLanes.Count), c);
        TLanes.StoreFloats(target + (3 * TLanes.Count), d);
    }
}

using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Products with a float type. An output is one chain of fused multiply-adds in ascending order of columns.</summary>
/// <typeparam name="TFormat">The type's layout.</typeparam>
/// <typeparam name="TLanes">The vectors.</typeparam>
/// <typeparam name="TInt">Vector of integers.</typeparam>
/// <typeparam name="TFloat">Vector of floats.</typeparam>
internal sealed unsafe class FloatKernel<TFormat, TLanes, TInt, TFloat> : RowGroupKernel
    where TFormat : struct, IFloatFormat
    where TLanes : struct, ILanes<TInt, TFloat>
    where TInt : unmanaged
    where TFloat : unmanaged
{
    /// <summary>Tokens of a tile: so many chains in flight hide the latency of a fused multiply-add.</summary>
    private const int TileTokens = 8;

    /// <summary>Row groups that one token takes at once, for the same reason.</summary>
    private const int GroupsAtOnceOfOneToken = 4;

    /// <summary>Columns that one token takes at a time.</summary>
    private const int StretchLength = 32;

    protected override int ActivationBytesPerColumn => sizeof(float);

    protected override int MostStreamedTokens => 1;

    protected override int GroupsAtOnce => GroupsAtOnceOfOneToken;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void MultiplyStreamed(in Product product, byte* group, int groups, int tokens, KernelScratch scratch)
    {
        float* values = product.Input.Source + (scratch.Rows[0] * product.Input.Stride), sums = scratch.Sums;
        int columns = product.Matrix.Columns;
        // Fewer than four groups are filled up with repetitions of the first.
        long stride = product.Matrix.GroupBytes;
        byte* group1 = groups > 1 ? group + stride : group, group2 = groups > 2 ? group1 + stride : group, group3 = groups > 3 ? group2 + stride : group;
        new Span<float>(sums, GroupsAtOnceOfOneToken * Lines.Rows).Clear();
        for (int start = 0; start < columns; start += StretchLength)
        {
            int end = Math.Min(start + StretchLength, columns), bytes = (end - start) * TFormat.WeightBytes * Lines.Rows;
            long offset = FloatLayout<TFormat>.ColumnOffset(start);
            Prefetch.Ahead(group + offset, bytes);
            if (groups > 1) Prefetch.Ahead(group1 + offset, bytes);
            if (groups > 2) Prefetch.Ahead(group2 + offset, bytes);
            if (groups > 3) Prefetch.Ahead(group3 + offset, bytes);
            for (int row = 0; row < Lines.Rows; row += TLanes.Count)
            {
                float* at = sums + row;
                TFloat s0 = TLanes.LoadFloats(at), s1 = TLanes.LoadFloats(at + 16), s2 = TLanes.LoadFloats(at + 32), s3 = TLanes.LoadFloats(at + 48);
                for (int column = start; column < end; column++)
                {
                    TFloat value = TLanes.BroadcastFloat(values[column]);
                    s0 = TLanes.FusedMultiplyAdd(ScaledWeights(group, column, row), value, s0);
                    s1 = TLanes.FusedMultiplyAdd(ScaledWeights(group1, column, row), value, s1);
                    s2 = TLanes.FusedMultiplyAdd(ScaledWeights(group2, column, row), value, s2);
                    s3 = TLanes.FusedMultiplyAdd(ScaledWeights(group3, column, row), value, s3);
                }
                TLanes.StoreFloats(at, s0);
                TLanes.StoreFloats(at + 16, s1);
                TLanes.StoreFloats(at + 32, s2);
                TLanes.StoreFloats(at + 48, s3);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void MultiplyMany(in Product product, byte* group, int tokens, KernelScratch scratch)
    {
        float* source = product.Input.Source;
        long stride = product.Input.Stride;
        int columns = product.Matrix.Columns;
        int* rows = scratch.Rows;
        new Span<float>(scratch.Sums, (tokens + TileTokens) * Lines.Rows).Clear();
        for (int start = 0; start < columns; start += KernelScratch.FloatColumns)
        {
            int panelColumns = Math.Min(KernelScratch.FloatColumns, columns - start);
            float* panel = (float*)scratch.Panel;
            Prefetch.Ahead(group + FloatLayout<TFormat>.ColumnOffset(start), panelColumns * TFormat.WeightBytes * Lines.Rows);
            for (int column = 0; column < panelColumns; column++)
            {
                for (int row = 0; row < Lines.Rows; row += TLanes.Count)
                    TLanes.StoreFloats(panel + (column * Lines.Rows) + row, ScaledWeights(group, start + column, row));
            }
            for (int token = 0; token < tokens; token += TileTokens)
                MultiplyTile(panel, panelColumns, source + start, stride, rows + token, scratch.Sums + (token * Lines.Rows));
        }
    }

    /// <summary>16 rows x 8 tokens over one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile(float* panel, int columns, float* source, long stride, int* rows, float* sums)
    {
        float* v0 = source + (rows[0] * stride), v1 = source + (rows[1] * stride), v2 = source + (rows[2] * stride), v3 = source + (rows[3] * stride);
        float* v4 = source + (rows[4] * stride), v5 = source + (rows[5] * stride), v6 = source + (rows[6] * stride), v7 = source + (rows[7] * stride);
        for (int row = 0; row < Lines.Rows; row += TLanes.Count)
        {
            float* at = sums + row;
            TFloat s0 = TLanes.LoadFloats(at), s1 = TLanes.LoadFloats(at + 16), s2 = TLanes.LoadFloats(at + 32), s3 = TLanes.LoadFloats(at + 48);
            TFloat s4 = TLanes.LoadFloats(at + 64), s5 = TLanes.LoadFloats(at + 80), s6 = TLanes.LoadFloats(at + 96), s7 = TLanes.LoadFloats(at + 112);
            for (int column = 0; column < columns; column++)
            {
                TFloat weights = TLanes.LoadFloats(panel + (column * Lines.Rows) + row);
                s0 = TLanes.FusedMultiplyAdd(weights, TLanes.BroadcastFloat(v0[column]), s0);
                s1 = TLanes.FusedMultiplyAdd(weights, TLanes.BroadcastFloat(v1[column]), s1);
                s2 = TLanes.FusedMultiplyAdd(weights, TLanes.BroadcastFloat(v2[column]), s2);
                s3 = TLanes.FusedMultiplyAdd(weights, TLanes.BroadcastFloat(v3[column]), s3);
                s4 = TLanes.FusedMultiplyAdd(weights, TLanes.BroadcastFloat(v4[column]), s4);
                s5 = TLanes.FusedMultiplyAdd(weights, TLanes.BroadcastFloat(v5[column]), s5);
                s6 = TLanes.FusedMultiplyAdd(weights, TLanes.BroadcastFloat(v6[column]), s6);
                s7 = TLanes.FusedMultiplyAdd(weights, TLanes.BroadcastFloat(v7[column]), s7);
            }
            TLanes.StoreFloats(at, s0);
            TLanes.StoreFloats(at + 16, s1);
            TLanes.StoreFloats(at + 32, s2);
            TLanes.StoreFloats(at + 48, s3);
            TLanes.StoreFloats(at + 64, s4);
            TLanes.StoreFloats(at + 80, s5);
            TLanes.StoreFloats(at + 96, s6);
            TLanes.StoreFloats(at + 112, s7);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloat ScaledWeights(byte* group, int column, int row)
    {
        TFloat weights = TFormat.Weights<TLanes, TInt, TFloat>(group + FloatLayout<TFormat>.ColumnOffset(column) + (row * TFormat.WeightBytes));
        return TFormat.ScaledColumns == 0 ? weights : TLanes.Multiply(weights, TLanes.LoadFloats(FloatLayout<TFormat>.Scales(group, column) + row));
    }
}

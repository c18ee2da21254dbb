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

    protected override int ActivationBytesPerColumn => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void MultiplyOne(in Product product, byte* group, KernelScratch scratch)
    {
        float* values = product.Input.Source + (scratch.Rows[0] * product.Input.Stride);
        int columns = product.Matrix.Columns;
        new Span<float>(scratch.Sums, Lines.Rows).Clear();
        for (int start = 0; start < columns; start += KernelScratch.FloatColumns)
        {
            int end = Math.Min(start + KernelScratch.FloatColumns, columns);
            for (int row = 0; row < Lines.Rows; row += TLanes.Count)
            {
                TFloat sum = TLanes.LoadFloats(scratch.Sums + row);
                for (int column = start; column < end; column++)
                    sum = TLanes.FusedMultiplyAdd(ScaledWeights(group, column, row), TLanes.BroadcastFloat(values[column]), sum);
                TLanes.StoreFloats(scratch.Sums + row, sum);
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

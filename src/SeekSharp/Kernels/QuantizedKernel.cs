using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Products with a quantised type.</summary>
/// <remarks>
/// The order of operations, which fixes the bits of an output: over the sub-blocks in the format's order, sum = fma(I, scale * activation scale, sum),
/// then with minima sum = fma(S, minimum, sum). I is the exact integer sum of quants x activations, S the sum of the activations times their scale.
/// The hot methods skip tiered compilation: their first call already deserves the optimised form.
/// </remarks>
/// <typeparam name="TFormat">The type's layout.</typeparam>
/// <typeparam name="TLanes">The vectors.</typeparam>
/// <typeparam name="TInt">Vector of integers.</typeparam>
/// <typeparam name="TFloat">Vector of floats.</typeparam>
internal unsafe class QuantizedKernel<TFormat, TLanes, TInt, TFloat> : RowGroupKernel
    where TFormat : struct, IQuantizedFormat
    where TLanes : struct, ILanes<TInt, TFloat>
    where TInt : unmanaged
    where TFloat : unmanaged
{
    private const int TileTokens = 4;

    /// <summary>Columns that a single token takes at a time, a whole number of units of every type.</summary>
    private const int StretchLength = 256;

    private static int UnitLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => PackedUnit.Length<TFormat>();
    }

    private static int SubBlocksPerUnit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => UnitLength / TFormat.SubBlockLength;
    }

    private static int StretchBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => StretchLength / UnitLength * TFormat.UnitBytes;
    }

    private static int SubBlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TFormat.SubBlockLength * Lines.Rows;
    }

    protected override int ActivationBytesPerColumn => 1;

    protected override int MostStreamedTokens => 1;

    protected override int GroupsAtOnce => 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void MultiplyStreamed(in Product product, byte* group, int groups, int tokens, KernelScratch scratch)
    {
        Token token = TokenAt(product.Input.Quantized.Row(scratch.Rows[0]), 0);
        float* sums = scratch.Sums, scales = scratch.Scales, minima = scratch.Minima;
        int columns = product.Matrix.Columns;
        new Span<float>(sums, Lines.Rows).Clear();
        for (int start = 0; start < columns; start += StretchLength, group += StretchBytes)
        {
            int length = Math.Min(StretchLength, columns - start);
            Prefetch.Ahead(group, StretchBytes);
            for (int unit = 0; unit * UnitLength < length; unit++)
            {
                int at = unit * SubBlocksPerUnit * Lines.Rows;
                TFormat.UnpackScales<TLanes, TInt, TFloat>(group + (unit * TFormat.UnitBytes), scales + at, minima + at, scratch.Temporary);
            }
            for (int row = 0; row < Lines.Rows; row += TLanes.Count)
            {
                TFloat sum = TLanes.LoadFloats(sums + row);
                TLanes.StoreFloats(sums + row, AddStretch(sum, group + (row * 4), length / TFormat.SubBlockLength, token, scales + row, minima + row));
            }
            token = token.Advance(StretchLength);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloat AddStretch(TFloat sum, byte* unit, int subBlocks, Token token, float* scales, float* minima)
    {
        for (int first = 0; first < subBlocks; first += SubBlocksPerUnit, unit += TFormat.UnitBytes, token = token.Advance(UnitLength))
        {
            int count = Math.Min(SubBlocksPerUnit, subBlocks - first);
            for (int subBlock = 0; subBlock < count; subBlock++, scales += Lines.Rows, minima += Lines.Rows)
            {
                int start = TFormat.SubBlockStart(subBlock);
                TInt integers = SumSubBlock(unit, subBlock, token.Values + start, token.Sums[(uint)start / (uint)TFormat.SubBlockLength]);
                sum = AddSubBlock(sum, integers, token, start, TLanes.LoadFloats(scales), minima);
            }
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TInt SumSubBlock(byte* unit, int subBlock, sbyte* values, int activationSum)
    {
        SubBlockSum<TFormat, TLanes, TInt, TFloat> sum = default;
        sum.Add(TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 0), Broadcast4(values, 0));
        sum.Add(TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 1), Broadcast4(values, 1));
        sum.AfterSteps(2);
        sum.Add(TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 2), Broadcast4(values, 2));
        sum.Add(TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 3), Broadcast4(values, 3));
        sum.AfterSteps(4);
        if (TFormat.SubBlockLength == 32)
        {
            sum.Add(TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 4), Broadcast4(values, 4));
            sum.Add(TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 5), Broadcast4(values, 5));
            sum.AfterSteps(6);
            sum.Add(TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 6), Broadcast4(values, 6));
            sum.Add(TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 7), Broadcast4(values, 7));
            sum.AfterSteps(8);
        }
        return sum.Total(activationSum);
    }

    protected override void MultiplyMany(in Product product, byte* group, int tokens, KernelScratch scratch)
    {
        QuantizedRows rows = product.Input.Quantized;
        int columns = product.Matrix.Columns;
        new Span<float>(scratch.Sums, (tokens + TileTokens) * Lines.Rows).Clear();
        for (int start = 0; start < columns; start += KernelScratch.QuantizedColumns)
        {
            int panelColumns = Math.Min(KernelScratch.QuantizedColumns, columns - start);
            group = Unpack(group, panelColumns, scratch);
            for (int token = 0; token < tokens; token += TileTokens)
            {
                Token first = TokenAt(rows.Row(scratch.Rows[token]), start), second = TokenAt(rows.Row(scratch.Rows[token + 1]), start);
                Token third = TokenAt(rows.Row(scratch.Rows[token + 2]), start), fourth = TokenAt(rows.Row(scratch.Rows[token + 3]), start);
                MultiplyTile(scratch, panelColumns / TFormat.SubBlockLength, first, second, third, fourth, scratch.Sums + (token * Lines.Rows));
            }
        }
    }

    /// <summary>Unpacks a panel; returns where the next one starts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected static byte* Unpack(byte* group, int columns, KernelScratch scratch)
    {
        byte* panel = scratch.Panel;
        float* scales = scratch.Scales, minima = scratch.Minima;
        for (int start = 0; start < columns; start += UnitLength, group += TFormat.UnitBytes)
        {
            Prefetch.Ahead(group, TFormat.UnitBytes);
            TFormat.UnpackScales<TLanes, TInt, TFloat>(group, scales, minima, scratch.Temporary);
            for (int subBlock = 0; subBlock < SubBlocksPerUnit; subBlock++, panel += SubBlockBytes)
            {
                for (int lane = 0; lane < Lines.LineBytes; lane += TLanes.Count * 4) UnpackSubBlock(group + lane, subBlock, panel + lane);
            }
            scales += SubBlocksPerUnit * Lines.Rows;
            minima += SubBlocksPerUnit * Lines.Rows;
        }
        return group;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void UnpackSubBlock(byte* unit, int subBlock, byte* destination)
    {
        TLanes.Store(destination, TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 0));
        TLanes.Store(destination + (1 * Lines.LineBytes), TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 1));
        TLanes.Store(destination + (2 * Lines.LineBytes), TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 2));
        TLanes.Store(destination + (3 * Lines.LineBytes), TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 3));
        if (TFormat.SubBlockLength == 16) return;
        TLanes.Store(destination + (4 * Lines.LineBytes), TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 4));
        TLanes.Store(destination + (5 * Lines.LineBytes), TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 5));
        TLanes.Store(destination + (6 * Lines.LineBytes), TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 6));
        TLanes.Store(destination + (7 * Lines.LineBytes), TFormat.Quants<TLanes, TInt, TFloat>(unit, subBlock, 7));
    }

    /// <summary>16 rows x 4 tokens over one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile(KernelScratch scratch, int subBlocks, Token t0, Token t1, Token t2, Token t3, float* sums)
    {
        for (int row = 0; row < Lines.Rows; row += TLanes.Count)
        {
            TFloat sum0 = TLanes.LoadFloats(sums + row), sum1 = TLanes.LoadFloats(sums + Lines.Rows + row);
            TFloat sum2 = TLanes.LoadFloats(sums + (2 * Lines.Rows) + row), sum3 = TLanes.LoadFloats(sums + (3 * Lines.Rows) + row);
            byte* weights = scratch.Panel + (row * 4);
            float* scales = scratch.Scales + row, minima = scratch.Minima + row;
            for (int i = 0; i < subBlocks; i++, weights += SubBlockBytes, scales += Lines.Rows, minima += Lines.Rows)
            {
                int start = (i / SubBlocksPerUnit * UnitLength) + TFormat.SubBlockStart(i % SubBlocksPerUnit);
                SubBlockSum<TFormat, TLanes, TInt, TFloat> s0 = default, s1 = default, s2 = default, s3 = default;
                for (int half = 0; half < TFormat.SubBlockLength / 16; half++)
                {
                    sbyte* v0 = t0.Values + start + (half * 16), v1 = t1.Values + start + (half * 16);
                    sbyte* v2 = t2.Values + start + (half * 16), v3 = t3.Values + start + (half * 16);
                    byte* lines = weights + (half * 4 * Lines.LineBytes);
                    AddStep(lines, 0, v0, v1, v2, v3, ref s0, ref s1, ref s2, ref s3);
                    AddStep(lines, 1, v0, v1, v2, v3, ref s0, ref s1, ref s2, ref s3);
                    s0.AfterSteps(2);
                    s1.AfterSteps(2);
                    s2.AfterSteps(2);
                    s3.AfterSteps(2);
                    AddStep(lines, 2, v0, v1, v2, v3, ref s0, ref s1, ref s2, ref s3);
                    AddStep(lines, 3, v0, v1, v2, v3, ref s0, ref s1, ref s2, ref s3);
                    s0.AfterSteps(4);
                    s1.AfterSteps(4);
                    s2.AfterSteps(4);
                    s3.AfterSteps(4);
                }
                int at = start / TFormat.SubBlockLength;
                TFloat scale = TLanes.LoadFloats(scales);
                sum0 = AddSubBlock(sum0, s0.Total(t0.Sums[at]), t0, start, scale, minima);
                sum1 = AddSubBlock(sum1, s1.Total(t1.Sums[at]), t1, start, scale, minima);
                sum2 = AddSubBlock(sum2, s2.Total(t2.Sums[at]), t2, start, scale, minima);
                sum3 = AddSubBlock(sum3, s3.Total(t3.Sums[at]), t3, start, scale, minima);
            }
            TLanes.StoreFloats(sums + row, sum0);
            TLanes.StoreFloats(sums + Lines.Rows + row, sum1);
            TLanes.StoreFloats(sums + (2 * Lines.Rows) + row, sum2);
            TLanes.StoreFloats(sums + (3 * Lines.Rows) + row, sum3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddStep(
        byte* lines,
        int step,
        sbyte* v0,
        sbyte* v1,
        sbyte* v2,
        sbyte* v3,
        ref SubBlockSum<TFormat, TLanes, TInt, TFloat> s0,
        ref SubBlockSum<TFormat, TLanes, TInt, TFloat> s1,
        ref SubBlockSum<TFormat, TLanes, TInt, TFloat> s2,
        ref SubBlockSum<TFormat, TLanes, TInt, TFloat> s3)
    {
        TInt weights = TLanes.Load(lines + (step * Lines.LineBytes));
        s0.Add(weights, Broadcast4(v0, step));
        s1.Add(weights, Broadcast4(v1, step));
        s2.Add(weights, Broadcast4(v2, step));
        s3.Add(weights, Broadcast4(v3, step));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloat AddSubBlock(TFloat sum, TInt integers, Token token, int start, TFloat scale, float* minima)
    {
        scale = TLanes.Multiply(scale, TLanes.BroadcastFloat(token.Scales[(uint)start / QuantizedRow.BlockLength]));
        sum = TLanes.FusedMultiplyAdd(TLanes.ToFloat(integers), scale, sum);
        if (!TFormat.HasMinima) return sum;
        return TLanes.FusedMultiplyAdd(TLanes.LoadFloats(minima), TLanes.BroadcastFloat(token.ScaledSums[(uint)start / (uint)TFormat.SubBlockLength]), sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TInt Broadcast4(sbyte* values, int step) => TLanes.Broadcast(Unsafe.ReadUnaligned<int>(values + (step * 4)));

    private static Token TokenAt(QuantizedRow row, int column) => TFormat.SubBlockLength == 16
        ? new Token(row.Values, row.Scales, row.Sums16, row.ScaledSums16).Advance(column)
        : new Token(row.Values, row.Scales, row.Sums32, row.ScaledSums32).Advance(column);

    /// <summary>Where the activations of one token stand, from some column on.</summary>
    private readonly struct Token(sbyte* values, float* scales, short* sums, float* scaledSums)
    {
        public readonly sbyte* Values = values;
        public readonly float* Scales = scales;
        public readonly short* Sums = sums;
        public readonly float* ScaledSums = scaledSums;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Token Advance(int columns) => new(
            Values + columns,
            Scales + (columns / QuantizedRow.BlockLength),
            Sums + (columns / TFormat.SubBlockLength),
            ScaledSums + (columns / TFormat.SubBlockLength));
    }
}

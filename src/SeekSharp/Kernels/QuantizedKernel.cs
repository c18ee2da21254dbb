using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Products with a quantised type.</summary>
/// <remarks>
/// The order of operations, which fixes the bits of an output: over blocks of 32, sum = fma(I, scale * activation scale, sum), then with minima
/// sum = fma(S, minimum * activation scale, sum); over blocks of 256, first inner = fma(I, scale, inner) over the sub-blocks, then with minima
/// inner = fma(M, -factor, inner), then sum = fma(inner, activation scale, sum). I, S and M are the exact integer sums of quants x activations,
/// of activations, and of minima x sums of activations.
/// The hot methods skip tiered compilation: their first call already deserves the optimised form.
/// </remarks>
/// <typeparam name="TFormat">The type's layout.</typeparam>
/// <typeparam name="TLanes">The vectors.</typeparam>
/// <typeparam name="TInt">Vector of integers.</typeparam>
/// <typeparam name="TFloat">Vector of floats.</typeparam>
internal sealed unsafe class QuantizedKernel<TFormat, TLanes, TInt, TFloat> : RowGroupKernel
    where TFormat : struct, IQuantizedFormat
    where TLanes : struct, ILanes<TInt, TFloat>
    where TInt : unmanaged
    where TFloat : unmanaged
{
    private const int TileTokens = 4;

    /// <summary>Columns that a single token takes at a time, a whole number of units of every type.</summary>
    private const int StretchLength = 256;

    private static bool IsSmall
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TFormat.BlockLength == SmallBlocks.BlockLength;
    }

    private static int UnitLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => IsSmall ? SmallBlocks.UnitLength : TFormat.BlockLength;
    }

    private static int BlocksPerUnit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => UnitLength / TFormat.BlockLength;
    }

    private static int StretchBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => StretchLength / UnitLength * TFormat.UnitBytes;
    }

    private static int SubBlocksPerBlock
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TFormat.BlockLength / TFormat.SubBlockLength;
    }

    private static int SubBlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TFormat.SubBlockLength * Lines.Rows;
    }

    /// <summary>Bytes of unpacked minima per block.</summary>
    private static int MinimaBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => IsSmall ? Lines.LineBytes : ((SubBlocksPerBlock / 2) + 1) * Lines.LineBytes;
    }

    private static ActivationFormat Format => IsSmall ? ActivationFormat.Int8Block32 : ActivationFormat.Int8Block256;

    protected override int ActivationBytesPerColumn => 1;

    protected override int GroupsAtOnce => 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void MultiplyOne(in Product product, byte* group, int groups, KernelScratch scratch)
    {
        Token at = TokenAt(product.Input.Quantized(Format), scratch.Rows[0], 0);
        float* sums = scratch.Sums, scales = scratch.Scales;
        byte* minima = scratch.Minima;
        int columns = product.Matrix.Columns;
        new Span<float>(sums, Lines.Rows).Clear();
        for (int start = 0; start < columns; start += StretchLength, group += StretchBytes)
        {
            int blocks = Math.Min(StretchLength, columns - start) / TFormat.BlockLength;
            Prefetch.Ahead(group, StretchBytes);
            for (int unit = 0; unit < blocks; unit += BlocksPerUnit)
            {
                TFormat.UnpackScales<TLanes, TInt, TFloat>(
                    group + (unit / BlocksPerUnit * TFormat.UnitBytes), scales + (unit * Lines.Rows), minima + (unit * MinimaBytes), scratch.Temporary);
            }
            for (int row = 0; row < Lines.Rows; row += TLanes.Count)
            {
                TFloat sum = TLanes.LoadFloats(sums + row);
                TLanes.StoreFloats(sums + row, AddStretch(sum, group + (row * 4), blocks, at, scales + row, minima + (row * 4)));
            }
            at = at.Advance(blocks);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloat AddStretch(TFloat sum, byte* units, int blocks, Token token, float* scales, byte* minima)
    {
        if (IsSmall)
        {
            for (int block = 0; block < blocks; block++)
            {
                byte* unit = units + ((block >> 1) * TFormat.UnitBytes);
                TInt integers = SumSubBlock(unit, block & 1, token.Values + (block * SmallBlocks.BlockLength), token.Sums[block]);
                sum = AddSmallBlock(sum, integers, token, block, scales, minima);
            }
            return sum;
        }
        TFloat inner = default;
        for (int subBlock = 0; subBlock < SubBlocksPerBlock; subBlock++)
        {
            int start = TFormat.SubBlockStart(subBlock);
            TInt integers = SumSubBlock(units, subBlock, token.Values + start, token.Sums[start / TFormat.SubBlockLength]);
            inner = TLanes.FusedMultiplyAdd(TLanes.ToFloat(integers), TLanes.LoadFloats(scales + (subBlock * Lines.Rows)), inner);
        }
        return AddBlock(sum, inner, token, 0, minima);
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
        QuantizedRows rows = product.Input.Quantized(Format);
        int columns = product.Matrix.Columns;
        new Span<float>(scratch.Sums, (tokens + TileTokens) * Lines.Rows).Clear();
        for (int start = 0; start < columns; start += KernelScratch.QuantizedColumns)
        {
            int panelColumns = Math.Min(KernelScratch.QuantizedColumns, columns - start);
            group = Unpack(group, panelColumns, scratch);
            for (int token = 0; token < tokens; token += TileTokens)
            {
                Token first = TokenAt(rows, scratch.Rows[token], start), second = TokenAt(rows, scratch.Rows[token + 1], start);
                Token third = TokenAt(rows, scratch.Rows[token + 2], start), fourth = TokenAt(rows, scratch.Rows[token + 3], start);
                MultiplyTile(scratch, panelColumns / TFormat.BlockLength, first, second, third, fourth, scratch.Sums + (token * Lines.Rows));
            }
        }
    }

    /// <summary>Unpacks a panel; returns where the next one starts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static byte* Unpack(byte* group, int columns, KernelScratch scratch)
    {
        byte* panel = scratch.Panel, minima = scratch.Minima;
        float* scales = scratch.Scales;
        for (int start = 0; start < columns; start += UnitLength, group += TFormat.UnitBytes)
        {
            Prefetch.Ahead(group, TFormat.UnitBytes);
            TFormat.UnpackScales<TLanes, TInt, TFloat>(group, scales, minima, scratch.Temporary);
            for (int subBlock = 0; subBlock < UnitLength / TFormat.SubBlockLength; subBlock++, panel += SubBlockBytes)
            {
                for (int lane = 0; lane < Lines.LineBytes; lane += TLanes.Count * 4) UnpackSubBlock(group + lane, subBlock, panel + lane);
            }
            scales += UnitLength / TFormat.SubBlockLength * Lines.Rows;
            minima += UnitLength / TFormat.BlockLength * MinimaBytes;
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
    private static void MultiplyTile(KernelScratch scratch, int blocks, Token t0, Token t1, Token t2, Token t3, float* sums)
    {
        for (int row = 0; row < Lines.Rows; row += TLanes.Count)
        {
            TFloat sum0 = TLanes.LoadFloats(sums + row), sum1 = TLanes.LoadFloats(sums + Lines.Rows + row);
            TFloat sum2 = TLanes.LoadFloats(sums + (2 * Lines.Rows) + row), sum3 = TLanes.LoadFloats(sums + (3 * Lines.Rows) + row);
            byte* weights = scratch.Panel + (row * 4), minima = scratch.Minima + (row * 4);
            float* scales = scratch.Scales + row;
            for (int block = 0; block < blocks; block++)
            {
                TFloat inner0 = default, inner1 = default, inner2 = default, inner3 = default;
                for (int subBlock = 0; subBlock < SubBlocksPerBlock; subBlock++, weights += SubBlockBytes, scales += Lines.Rows)
                {
                    int start = (block * TFormat.BlockLength) + TFormat.SubBlockStart(subBlock);
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
                    TInt i0 = s0.Total(t0.Sums[at]), i1 = s1.Total(t1.Sums[at]), i2 = s2.Total(t2.Sums[at]), i3 = s3.Total(t3.Sums[at]);
                    if (IsSmall)
                    {
                        sum0 = AddSmallBlock(sum0, i0, t0, block, scales - (block * Lines.Rows), minima);
                        sum1 = AddSmallBlock(sum1, i1, t1, block, scales - (block * Lines.Rows), minima);
                        sum2 = AddSmallBlock(sum2, i2, t2, block, scales - (block * Lines.Rows), minima);
                        sum3 = AddSmallBlock(sum3, i3, t3, block, scales - (block * Lines.Rows), minima);
                    }
                    else
                    {
                        TFloat scale = TLanes.LoadFloats(scales);
                        inner0 = TLanes.FusedMultiplyAdd(TLanes.ToFloat(i0), scale, inner0);
                        inner1 = TLanes.FusedMultiplyAdd(TLanes.ToFloat(i1), scale, inner1);
                        inner2 = TLanes.FusedMultiplyAdd(TLanes.ToFloat(i2), scale, inner2);
                        inner3 = TLanes.FusedMultiplyAdd(TLanes.ToFloat(i3), scale, inner3);
                    }
                }
                if (IsSmall) continue;
                sum0 = AddBlock(sum0, inner0, t0, block, minima);
                sum1 = AddBlock(sum1, inner1, t1, block, minima);
                sum2 = AddBlock(sum2, inner2, t2, block, minima);
                sum3 = AddBlock(sum3, inner3, t3, block, minima);
                minima += MinimaBytes;
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
    private static TFloat AddSmallBlock(TFloat sum, TInt integers, Token token, int block, float* scales, byte* minima)
    {
        TFloat activationScale = TLanes.BroadcastFloat(token.Scales[block]);
        TFloat scale = TLanes.Multiply(TLanes.LoadFloats(scales + (block * Lines.Rows)), activationScale);
        sum = TLanes.FusedMultiplyAdd(TLanes.ToFloat(integers), scale, sum);
        if (!TFormat.HasMinima) return sum;
        TFloat minimum = TLanes.Multiply(TLanes.LoadFloats((float*)minima + (block * Lines.Rows)), activationScale);
        return TLanes.FusedMultiplyAdd(TLanes.BroadcastFloat(token.Sums[block]), minimum, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloat AddBlock(TFloat sum, TFloat inner, Token token, int block, byte* minima)
    {
        if (TFormat.HasMinima)
        {
            short* activationSums = token.Sums + (block * SubBlocksPerBlock);
            TInt total = default;
            for (int pair = 0; pair < SubBlocksPerBlock / 2; pair++)
            {
                TInt sumsOfPair = TLanes.Broadcast(Unsafe.ReadUnaligned<int>(activationSums + (pair * 2)));
                total = TLanes.MultiplyAddHalves(total, TLanes.Load(minima + (pair * Lines.LineBytes)), sumsOfPair);
            }
            TFloat factor = TLanes.LoadFloats((float*)(minima + (SubBlocksPerBlock / 2 * Lines.LineBytes)));
            inner = TLanes.FusedMultiplyAdd(TLanes.ToFloat(total), factor, inner);
        }
        return TLanes.FusedMultiplyAdd(inner, TLanes.BroadcastFloat(token.Scales[block]), sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TInt Broadcast4(sbyte* values, int step) => TLanes.Broadcast(Unsafe.ReadUnaligned<int>(values + (step * 4)));

    private static Token TokenAt(QuantizedRows rows, int row, int column) => new(
        rows.Values(row) + column,
        rows.Scales(row) + (column / TFormat.BlockLength),
        rows.Sums(row, TFormat.SubBlockLength) + (column / TFormat.SubBlockLength));

    /// <summary>Where the activations of one token stand, from some column on.</summary>
    private readonly struct Token(sbyte* values, float* scales, short* sums)
    {
        public readonly sbyte* Values = values;
        public readonly float* Scales = scales;
        public readonly short* Sums = sums;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Token Advance(int blocks) => new(Values + (blocks * TFormat.BlockLength), Scales + blocks, Sums + (blocks * SubBlocksPerBlock));
    }
}

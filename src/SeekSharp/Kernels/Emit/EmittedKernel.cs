using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SeekSharp.Kernels;

/// <summary>
/// Products with AVX-512 VNNI code emitted at run time: .NET has no intrinsics for it. Few tokens stream their weights (<see cref="StreamingKernel{TFormat}"/>);
/// more are multiplied in tiles.
/// </summary>
/// <typeparam name="TFormat">The type's layout.</typeparam>
internal sealed unsafe class EmittedKernel<TFormat> : StreamingKernel<TFormat>
    where TFormat : struct, IQuantizedFormat
{
    private static readonly int UnitLength = PackedUnit.Length<TFormat>(), RecordBytes = TileCode.RecordBytes<TFormat>();

    protected override void RunMany(in Product product, int firstToken, int tokens, int firstGroup, int endGroup, KernelScratch scratch)
    {
        var source = new TileSource(product.Matrix.Type, product.Input, (nint)product.RowIndices, product.RowStart, product.RowStep, firstToken, tokens);
        if (source != scratch.TileSource) PackTiles(product, tokens, scratch);
        scratch.TileSource = source;
        for (int group = firstGroup; group < endGroup; group += TileCode.MaxGroups)
        {
            int groups = Math.Min(TileCode.MaxGroups, endGroup - group), nextGroups = Math.Clamp(endGroup - group - groups, 0, TileCode.MaxGroups);
            MultiplyGroups(product, firstToken, tokens, group, groups, nextGroups, scratch);
        }
    }

    /// <summary>
    /// Computes the outputs of neighbouring row groups, some columns at a time; while these are multiplied, the weights of the next ones are fetched.
    /// </summary>
    private static void MultiplyGroups(in Product product, int firstToken, int tokens, int group, int groups, int nextGroups, KernelScratch scratch)
    {
        int columns = product.Matrix.Columns, firstRow = group * Lines.Rows, rows = Math.Min(product.Matrix.Rows - firstRow, groups * Lines.Rows);
        long groupBytes = product.Matrix.GroupBytes;
        float* output = product.Output + (firstToken * product.OutputStride) + firstRow;
        byte* weights = product.Matrix.Data + (group * groupBytes);
        for (int start = 0; start < columns; start += TileCode.MaxColumns)
        {
            int units = Units(Math.Min(TileCode.MaxColumns, columns - start)), nextUnits = Units(Math.Clamp(columns - start - TileCode.MaxColumns, 0, TileCode.MaxColumns));
            byte* first = weights + ((long)start / UnitLength * TFormat.UnitBytes);
            for (int i = 0; i < groups; i++) UnpackScales(first + (i * groupBytes), units, i * (TileCode.ScaleStride / sizeof(float)), scratch);
            bool isLast = nextUnits == 0;
            WeightPrefetch prefetch = isLast
                ? new(weights + (groups * groupBytes), nextGroups, groupBytes, Units(Math.Min(TileCode.MaxColumns, columns)))
                : new(first + ((long)units * TFormat.UnitBytes), groups, groupBytes, nextUnits);
            var arguments = new TileArguments
            {
                Units = first,
                SecondUnits = first + groupBytes,
                Scales = scratch.Scales,
                Minima = scratch.Minima,
                UnitCount = units,
            };
            // Sums wait in the scratch between calls, and go to the output at the end unless it is narrower than the groups.
            bool toOutput = isLast && rows == groups * Lines.Rows;
            for (int token = 0; token < tokens;)
            {
                int count = TileTokens(token, tokens);
                float* sums = scratch.Sums + (token * TileCode.MaxGroups * Lines.Rows);
                arguments.Records = scratch.Tiles + (token * TokenBytes(columns)) + ((long)start / TFormat.SubBlockLength * count * RecordBytes);
                arguments.Sums = start == 0 ? scratch.Zeros : sums;
                arguments.SumStride = start == 0 ? 0 : TileCode.MaxGroups * Lines.LineBytes;
                arguments.Output = toOutput ? output + (token * product.OutputStride) : sums;
                arguments.OutputStride = toOutput ? product.OutputStride * sizeof(float) : TileCode.MaxGroups * Lines.LineBytes;
                TileKernels<TFormat>.Of(groups, count)(&arguments);
                token += count;
                prefetch.Advance(token, tokens);
            }
        }

        if (rows < groups * Lines.Rows) CopySums(scratch.Sums, tokens, rows, output, product.OutputStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackScales(byte* unit, int units, int at, KernelScratch scratch)
    {
        float* scales = scratch.Scales + at, minima = scratch.Minima + at;
        int length = UnitLength / TFormat.SubBlockLength * Lines.Rows;
        for (int i = 0; i < units; i++, unit += TFormat.UnitBytes, scales += length, minima += length)
            TFormat.UnpackScales<Lanes16, Vector512<int>, Vector512<float>>(unit, scales, minima, scratch.Temporary);
    }

    private static void CopySums(float* sums, int tokens, int rows, float* output, long outputStride)
    {
        for (int token = 0; token < tokens; token++)
            new ReadOnlySpan<float>(sums + (token * TileCode.MaxGroups * Lines.Rows), rows).CopyTo(new Span<float>(output + (token * outputStride), rows));
    }

    /// <summary>Tokens of the tile that starts at a token: tiles are as equal as possible.</summary>
    private static int TileTokens(int first, int tokens)
    {
        int tiles = (tokens - first + TileCode.MaxTokens - 1) / TileCode.MaxTokens;
        return (tokens - first + tiles - 1) / tiles;
    }

    /// <summary>Units that some columns take.</summary>
    private static int Units(int columns) => (columns + UnitLength - 1) / UnitLength;

    /// <summary>Bytes that one token takes in the tiles.</summary>
    private static long TokenBytes(int columns) => (long)Units(columns) * (UnitLength / TFormat.SubBlockLength) * RecordBytes;

    /// <summary>
    /// Copies the activations of the scratch's rows into records [tile][sub-block][token], in the order in which the kernels read them. Where the
    /// last unit has columns that the matrix has not, their records are zeros.
    /// </summary>
    private static void PackTiles(in Product product, int tokens, KernelScratch scratch)
    {
        int columns = product.Matrix.Columns, subBlocks = columns / TFormat.SubBlockLength;
        scratch.ReserveTiles(tokens * TokenBytes(columns));
        byte* tile = scratch.Tiles;
        for (int first = 0; first < tokens;)
        {
            int count = TileTokens(first, tokens);
            for (int token = 0; token < count; token++)
                PackToken(product.Input.Quantized.Row(scratch.Rows[first + token]), subBlocks, tile + (token * RecordBytes), count * RecordBytes);
            int used = subBlocks * count * RecordBytes, length = (int)(count * TokenBytes(columns));
            new Span<byte>(tile + used, length - used).Clear();
            tile += length;
            first += count;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackToken(QuantizedRow row, int subBlocks, byte* record, int stride)
    {
        int subBlocksPerUnit = UnitLength / TFormat.SubBlockLength;
        for (int i = 0; i < subBlocks; i++, record += stride)
        {
            int column = (i / subBlocksPerUnit * UnitLength) + TFormat.SubBlockStart(i % subBlocksPerUnit), subBlock = column / TFormat.SubBlockLength;
            if (TFormat.SubBlockLength == 16) Vector128.Load(row.Values + column).Store((sbyte*)record);
            else Vector256.Load(row.Values + column).Store((sbyte*)record);
            float* words = (float*)(record + TFormat.SubBlockLength);
            words[0] = row.Scales[column / QuantizedRow.BlockLength];
            if (TFormat.HasMinima) words[1] = (TFormat.SubBlockLength == 16 ? row.ScaledSums16 : row.ScaledSums32)[subBlock];
            else ((int*)words)[1] = -((TFormat.SubBlockLength == 16 ? row.Sums16 : row.Sums32)[subBlock] << Math.Max(TFormat.OffsetShift, 0));
        }
    }

    /// <summary>Fetches packed weights into the second-level cache, a share after each tile.</summary>
    private struct WeightPrefetch(byte* weights, int groups, long groupBytes, int units)
    {
        private readonly int _lines = units * TFormat.UnitBytes / Lines.LineBytes;
        private int _line;

        public void Advance(int done, int tokens)
        {
            int end = (int)((long)_lines * done / tokens);
            for (; _line < end; _line++)
            {
                for (int group = 0; group < groups; group++) Sse.Prefetch1(weights + (group * groupBytes) + (_line * Lines.LineBytes));
            }
        }
    }
}

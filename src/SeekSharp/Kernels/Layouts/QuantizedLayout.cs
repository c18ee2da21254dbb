using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SeekSharp.Formats;

namespace SeekSharp.Kernels;

/// <summary>Packs and decodes the quantised types.</summary>
/// <typeparam name="TFormat">The type's layout.</typeparam>
internal sealed unsafe class QuantizedLayout<TFormat> : PackedLayout
    where TFormat : struct, IQuantizedFormat
{
    private const int LargestBlockBytes = 256;

    private static int BlocksPerUnit => PackedUnit.Length<TFormat>() / TFormat.BlockLength;

    public override ActivationFormat ActivationFormat => ActivationFormat.Int8;

    public override long GroupBytes(int columns)
    {
        int blocks = columns / TFormat.BlockLength;
        return (long)((blocks + BlocksPerUnit - 1) / BlocksPerUnit) * TFormat.UnitBytes;
    }

    public override void PackGroup(Tensor tensor, int firstRow, byte* group)
    {
        int blockBytes = tensor.Type.BlockBytes(), columns = tensor.Shape[1], blocks = columns / TFormat.BlockLength;
        long rowBytes = (long)blocks * blockBytes;
        int rowCount = Math.Min(Lines.Rows, tensor.Shape[0] - firstRow);
        byte* zeros = stackalloc byte[LargestBlockBytes];
        byte** rows = stackalloc byte*[Lines.Rows];
        int paddedBlocks = (blocks + BlocksPerUnit - 1) / BlocksPerUnit * BlocksPerUnit;
        for (int block = 0; block < paddedBlocks; block++)
        {
            for (int row = 0; row < Lines.Rows; row++)
            {
                bool exists = row < rowCount && block < blocks;
                rows[row] = exists ? tensor.Data + ((firstRow + row) * rowBytes) + ((long)block * blockBytes) : zeros;
                if (exists && !HasFiniteScales(rows[row]))
                    throw new ModelFormatException($"Tensor '{tensor.Name}': the scale of block {block} in row {firstRow + row} is not a finite number.");
            }
            TFormat.PackBlock(rows, group + ((long)(block / BlocksPerUnit) * TFormat.UnitBytes), block % BlocksPerUnit);
        }
    }

    private static bool HasFiniteScales(byte* block) =>
        IsFinite(block + TFormat.ScaleOffset) && (!TFormat.HasMinima || IsFinite(block + TFormat.ScaleOffset + sizeof(ushort)));

    private static bool IsFinite(byte* half) => (Unsafe.ReadUnaligned<ushort>(half) & 0x7c00) != 0x7c00;

    public override void DecodeRow(byte* group, int row, Span<float> destination)
    {
        float* scales = stackalloc float[16 * Lines.Rows];
        float* minima = stackalloc float[16 * Lines.Rows];
        byte* temporary = stackalloc byte[256];
        int unitLength = PackedUnit.Length<TFormat>();
        for (int start = 0; start < destination.Length; start += unitLength, group += TFormat.UnitBytes)
        {
            TFormat.UnpackScales<Lanes4, Vector128<int>, Vector128<float>>(group, scales, minima, temporary);
            Span<float> columns = destination.Slice(start, Math.Min(unitLength, destination.Length - start));
            DecodeUnit(group, row, columns, scales, minima);
        }
    }

    private static void DecodeUnit(byte* unit, int row, Span<float> columns, float* scales, float* minima)
    {
        int offset = TFormat.OffsetShift < 0 ? 0 : 1 << TFormat.OffsetShift;
        for (int subBlock = 0; subBlock < columns.Length / TFormat.SubBlockLength; subBlock++)
        {
            int start = TFormat.SubBlockStart(subBlock);
            float scale = scales[(subBlock * Lines.Rows) + row];
            for (int step = 0; step < TFormat.SubBlockLength / 4; step++)
            {
                uint word = (uint)TFormat.Quants<Lanes1, int, float>(unit + (row * 4), subBlock, step);
                for (int k = start + (step * 4); k < start + (step * 4) + 4; k++, word >>= 8) columns[k] = scale * ((int)(word & 255) - offset);
            }
            if (TFormat.HasMinima)
            {
                float minimum = minima[(subBlock * Lines.Rows) + row];
                for (int k = start; k < start + TFormat.SubBlockLength; k++) columns[k] += minimum;
            }
        }
    }
}

namespace SeekSharp.Tests.Models;

/// <summary>DeepSeek's FP8 weights (DeepSeek-V3 §3.3): E4M3 with one float32 scale per square block.</summary>
internal static class Float8Codec
{
    private const float Largest = 448;

    /// <summary>Values of the codes 0 to 126; 127 is not a number, 128 and more are the negatives.</summary>
    private static readonly float[] Magnitudes = [.. Enumerable.Range(0, 127).Select(code =>
        code < 8 ? code * MathF.Pow(2, -9) : (8 + code % 8) * MathF.Pow(2, code / 8 - 10))];

    /// <summary>Encodes a matrix; the values are what a decoder must make of it.</summary>
    public static (byte[] Codes, float[] Scales, int[] ScaleShape, float[] Values) Encode(float[] matrix, int rows, int columns, int block)
    {
        int blockRows = (rows + block - 1) / block, blockColumns = (columns + block - 1) / block;
        var codes = new byte[matrix.Length];
        var values = new float[matrix.Length];
        var scales = new float[blockRows * blockColumns];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
            {
                ref float scale = ref scales[row / block * blockColumns + column / block];
                scale = MathF.Max(scale, MathF.Abs(matrix[row * columns + column]) / Largest);
            }

        for (int i = 0; i < matrix.Length; i++)
        {
            float scale = scales[i / columns / block * blockColumns + i % columns / block];
            int code = Nearest(MathF.Abs(matrix[i]) / scale);
            codes[i] = (byte)(float.IsNegative(matrix[i]) ? code | 0x80 : code);
            values[i] = MathF.CopySign(Magnitudes[code], matrix[i]) * scale;
        }

        return (codes, scales, [blockRows, blockColumns], values);
    }

    private static int Nearest(float magnitude)
    {
        int above = Array.BinarySearch(Magnitudes, magnitude) is var index && index < 0 ? ~index : index;
        if (above == 0) return 0;
        if (above >= Magnitudes.Length) return Magnitudes.Length - 1;
        return Magnitudes[above] - magnitude < magnitude - Magnitudes[above - 1] ? above : above - 1;
    }
}

using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

/// <summary>Matrix products straight from the blocks of the file's format, in plain arithmetic: what every kernel must equal bit for bit.</summary>
internal static unsafe class ReferenceProduct
{
    /// <summary>One output, and the double-precision product of the dequantised weights with the distance that quantised activations allow.</summary>
    public readonly record struct Output(float Value, double Exact, double Tolerance);

    /// <summary>Outputs [token][row].</summary>
    public static Output[] Compute(Tensor tensor, ReadOnlySpan<float> activations, int tokens)
    {
        int rows = tensor.Shape[0], columns = tensor.Shape[1];
        var outputs = new Output[tokens * rows];
        for (int token = 0; token < tokens; token++)
        {
            ReadOnlySpan<float> x = activations.Slice(token * columns, columns);
            (int[] integers, float[] scales) = tensor.Type.BlockLength() == 1 ? ([], []) : Quantize(x);
            for (int row = 0; row < rows; row++)
            {
                outputs[(token * rows) + row] = tensor.Type.BlockLength() == 1
                    ? FloatOutput(tensor, row, x)
                    : QuantizedOutput(tensor, row, x, integers, scales);
            }
        }
        return outputs;
    }

    /// <summary>Activations as int8 with a scale per 32.</summary>
    public static (int[] Integers, float[] Scales) Quantize(ReadOnlySpan<float> x)
    {
        var integers = new int[x.Length];
        var scales = new float[x.Length / 32];
        for (int block = 0; block < scales.Length; block++)
        {
            float largest = 0;
            for (int k = block * 32; k < (block + 1) * 32; k++) largest = MathF.Max(largest, MathF.Abs(x[k]));
            if (largest < ActivationQuantizer.Smallest) continue;
            scales[block] = largest / 127;
            for (int k = block * 32; k < (block + 1) * 32; k++) integers[k] = (int)MathF.Round(x[k] * (127 / largest));
        }
        return (integers, scales);
    }

    /// <summary>A weight of a float type, scale applied.</summary>
    public static float FloatWeight(Tensor tensor, int row, int column)
    {
        long index = ((long)row * tensor.Shape[1]) + column;
        return tensor.Type switch
        {
            TensorType.F32 => ((float*)tensor.Data)[index],
            TensorType.F16 => (float)((Half*)tensor.Data)[index],
            TensorType.BF16 => BitConverter.UInt32BitsToSingle((uint)((ushort*)tensor.Data)[index] << 16),
            _ => E4M3(tensor.Data[index]) * ScaleOf(tensor, row, column),
        };
    }

    private static Output FloatOutput(Tensor tensor, int row, ReadOnlySpan<float> x)
    {
        float sum = 0;
        double exact = 0, magnitude = 0;
        for (int k = 0; k < x.Length; k++)
        {
            float weight = FloatWeight(tensor, row, k);
            sum = MathF.FusedMultiplyAdd(weight, x[k], sum);
            exact += (double)weight * x[k];
            magnitude += Math.Abs((double)weight * x[k]);
        }
        return new Output(sum, exact, magnitude * x.Length * Math.Pow(2, -24));
    }

    private static Output QuantizedOutput(Tensor tensor, int row, ReadOnlySpan<float> x, int[] integers, float[] scales)
    {
        int length = tensor.Type.BlockLength(), bytes = tensor.Type.BlockBytes();
        var block = new DecodedBlock();
        float sum = 0;
        double exact = 0, quantisation = 0, magnitude = 0;
        for (int b = 0; b < x.Length / length; b++)
        {
            BlockDecoder.Decode(tensor.Type, tensor.Data + (((long)row * (x.Length / length)) + b) * bytes, block);
            ReadOnlySpan<float> blockScales = scales.AsSpan(b * length / 32, length / 32);
            sum = AddBlock(block, integers.AsSpan(b * length, length), blockScales, sum);
            for (int k = 0; k < length; k++)
            {
                int s = k / block.SubBlockLength;
                double scaled = (double)block.Scale * block.SubScales[s] * block.Quants[k], minimum = (double)block.MinimumFactor * block.SubMinima[s];
                exact += (scaled - minimum) * x[(b * length) + k];
                quantisation += Math.Abs(scaled - minimum) * blockScales[k / 32] / 2;
                magnitude += (Math.Abs(scaled) + Math.Abs(minimum)) * blockScales[k / 32] * 127;
            }
        }
        // Half a step of the activations per weight, and roundings: a few per sub-block on the way of each term.
        int roundings = (x.Length / 16 * 2) + 8;
        return new Output(sum, exact, (quantisation * 1.0001) + (magnitude * roundings * Math.Pow(2, -24)));
    }

    private static float AddBlock(DecodedBlock block, ReadOnlySpan<int> activations, ReadOnlySpan<float> activationScales, float sum)
    {
        int length = block.SubBlockLength;
        for (int s = 0; s < activations.Length / length; s++)
        {
            // Types that keep four columns 32 apart in a byte take the sub-blocks of the same bytes one after the other.
            int start = length == 32 ? s * 32 : (s / 8 * 128) + (s % 4 * 32) + (s / 4 % 2 * 16), subBlock = start / length, total = 0;
            float activationScale = activationScales[start / 32];
            int dot = Dot(block.Quants.AsSpan(start, length), activations.Slice(start, length));
            sum = MathF.FusedMultiplyAdd(dot, block.Scale * block.SubScales[subBlock] * activationScale, sum);
            if (!block.HasMinima) continue;
            foreach (int activation in activations.Slice(start, length)) total += activation;
            sum = MathF.FusedMultiplyAdd(-block.MinimumFactor * block.SubMinima[subBlock], total * activationScale, sum);
        }
        return sum;
    }

    private static int Dot(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        int dot = 0;
        for (int k = 0; k < right.Length; k++) dot += left[k] * right[k];
        return dot;
    }

    private static float E4M3(byte code)
    {
        int exponent = (code >> 3) & 15, mantissa = code & 7;
        float magnitude = exponent == 15 && mantissa == 7 ? float.NaN
            : exponent == 0 ? MathF.ScaleB(mantissa, -9)
            : MathF.ScaleB(8 + mantissa, exponent - 10);
        return code >= 128 ? -magnitude : magnitude;
    }

    private static float ScaleOf(Tensor tensor, int row, int column)
    {
        BlockScales scales = tensor.Scales!;
        int perRow = (tensor.Shape[1] + scales.BlockColumns - 1) / scales.BlockColumns;
        return scales.Values[(row / scales.BlockRows * perRow) + (column / scales.BlockColumns)];
    }
}

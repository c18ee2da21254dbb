using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

/// <summary>The quantiser of activations against plain loops, bit by bit, with guarded memory behind the row and everything that is made of it.</summary>
public sealed unsafe class ActivationQuantizerTests
{
    private const int Block = QuantizedRow.BlockLength;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(44)]
    public void RandomRows(int blocks)
    {
        var random = new Random(blocks);
        float[] row = [.. Enumerable.Range(0, blocks * Block).Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-6, 6)))];
        Check(row);
    }

    [Fact]
    public void Blocks_at_the_edges()
    {
        Check(Filled(0));
        Check(Filled(-0f));
        Check(Filled(ActivationQuantizer.Smallest));
        Check(Filled(MathF.BitDecrement(ActivationQuantizer.Smallest)));
        Check(Filled(float.Epsilon));
        Check(Filled(float.MaxValue));
        Check(Filled(float.MinValue));
        for (int position = 0; position < Block; position++)
        {
            // the largest magnitude, and what no number is, wherever it stands
            foreach (float value in new[] { 3f, -3f, float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            {
                float[] row = Filled(0.5f);
                row[position] = value;
                Check(row);
            }
        }
    }

    [Fact]
    public void Halves_are_rounded_to_even()
    {
        float[] row = [.. Enumerable.Range(0, Block).Select(i => i - 15.5f)];
        row[0] = 127; // a scale of one
        using Result result = Compare(row);
        Assert.Equal(-14, result.Row.Values[1]);
        Assert.Equal(-14, result.Row.Values[2]);
    }

    private static float[] Filled(float value)
    {
        var row = new float[2 * Block];
        Array.Fill(row, value, 0, Block);
        Array.Fill(row, 1f, Block, Block); // a block beside it is not disturbed
        return row;
    }

    private static void Check(float[] row) => Compare(row).Dispose();

    private static Result Compare(float[] row)
    {
        using var source = new GuardedMemory(row.Length * sizeof(float));
        row.CopyTo(source.Floats);
        var result = new Result(row.Length);
        ActivationQuantizer.Quantize((float*)source.Pointer, row.Length, result.Row);
        for (int block = 0; block < row.Length / Block; block++)
        {
            ReadOnlySpan<float> values = row.AsSpan(block * Block, Block);
            float largest = 0;
            bool isFinite = true;
            foreach (float value in values)
            {
                isFinite &= float.IsFinite(value);
                largest = Math.Max(largest, Math.Abs(value));
            }

            bool isZero = largest < ActivationQuantizer.Smallest;
            float scale = !isFinite ? float.NaN : isZero ? 0 : largest / 127, inverse = 127 / largest;
            int[] sums = new int[2];
            for (int i = 0; i < Block; i++)
            {
                int expected = isFinite && !isZero ? (int)MathF.Round(values[i] * inverse, MidpointRounding.ToEven) : 0;
                Assert.Equal(expected, result.Row.Values[block * Block + i]);
                sums[i / 16] += expected;
            }

            AssertSame(scale, result.Row.Scales[block]);
            AssertSame((sums[0] + sums[1]) * scale, result.Row.ScaledSums32[block]);
            Assert.Equal(sums[0] + sums[1], result.Row.Sums32[block]);
            for (int half = 0; half < 2; half++)
            {
                Assert.Equal(sums[half], result.Row.Sums16[2 * block + half]);
                AssertSame(sums[half] * scale, result.Row.ScaledSums16[2 * block + half]);
            }
        }

        return result;
    }

    /// <summary>Bit by bit; one NaN is as good as another.</summary>
    private static void AssertSame(float expected, float actual) =>
        Assert.True(BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual) || (float.IsNaN(expected) && float.IsNaN(actual)), $"{actual:R} is not {expected:R}.");

    /// <summary>A quantised row, each part of which ends at guarded memory.</summary>
    private sealed class Result : IDisposable
    {
        private readonly GuardedMemory[] _parts;

        public Result(int columns)
        {
            int blocks = columns / Block;
            _parts = [.. new[] { columns, blocks * 4, blocks * 4, blocks * 2, blocks * 8, blocks * 8 }.Select(bytes => new GuardedMemory(bytes))];
            Row = new QuantizedRow(
                (sbyte*)_parts[0].Pointer, (float*)_parts[1].Pointer, (short*)_parts[2].Pointer, (short*)_parts[3].Pointer, (float*)_parts[4].Pointer, (float*)_parts[5].Pointer);
        }

        public QuantizedRow Row { get; }

        public void Dispose()
        {
            foreach (GuardedMemory part in _parts) part.Dispose();
        }
    }
}

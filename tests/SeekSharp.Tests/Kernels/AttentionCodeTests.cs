using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

/// <summary>The emitted code of attention against plain loops, with guarded memory behind all arrays.</summary>
public sealed unsafe class AttentionCodeTests
{
    [Fact]
    public void RowsOfHalvesAreRoundedToBFloat16()
    {
        RequireBFloat16();
        foreach ((int rows, int columns) in new[] { (1, 65536), (3, 1), (2, 15), (5, 16), (4, 17), (2, 31), (3, 32), (2, 33), (3, 100) })
        {
            int stride = (columns + 31) / 32 * 32;
            using GuardedMemory source = new(rows * columns * sizeof(ushort)), destination = new(rows * stride * sizeof(ushort));
            Span<Half> halves = new((Half*)source.Pointer, rows * columns);
            for (int i = 0; i < halves.Length; i++) halves[i] = BitConverter.UInt16BitsToHalf((ushort)(i * (columns == 65536 ? 1 : 7919)));
            destination.Bytes.Fill(0xff);
            var arguments = new BFloat16RowsArguments
            {
                Source = (Half*)source.Pointer, Destination = (ushort*)destination.Pointer, SourceStride = columns * 2, DestinationStride = stride * 2,
                Rows = rows, Runs = columns / 32, Tail = (1ul << (columns % 32)) - 1,
            };
            ((delegate* unmanaged<BFloat16RowsArguments*, void>)AttentionCode.Rows())(&arguments);
            for (int i = 0; i < rows * stride; i++)
            {
                float expected = i % stride < columns ? Round((float)halves[(i / stride * columns) + (i % stride)]) : 0;
                Assert.Equal(expected, Value(((ushort*)destination.Pointer)[i]));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void LaneProductsAreSumsOfPairs(int groups)
    {
        RequireBFloat16();
        foreach ((int tiles, int turns) in new[] { (1, 1), (2, 3), (1, 72), (4, 16) })
        {
            // Rows as keys have them (pairs side by side) and as values have them (rows side by side).
            int steps = turns * LaneProductCode.TurnSteps;
            var shape = new LaneProductShape(groups, steps * 4, 4, Prefetches: true);
            int rows = tiles * shape.TileRows;
            Check(shape, groups, rows, steps);
            Check(new LaneProductShape(groups, 4, rows * 4, Prefetches: false), groups, rows, steps);
        }
    }

    [Fact]
    public void CodeForWindowsSavesWhatItsConventionAsks()
    {
        var shape = new LaneProductShape(2, 64, 4, Prefetches: true);
        // Ten vector registers are stored and loaded, with an instruction each way of at least 5 bytes.
        Assert.InRange(LaneProductCode.Emit(shape, isWindows: true).Length - LaneProductCode.Emit(shape, isWindows: false).Length, 2 * 10 * 5, 300);
        Assert.NotEmpty(BFloat16RowsCode.Emit(isWindows: true));
    }

    private static void Check(LaneProductShape shape, int groups, int rows, int steps)
    {
        using GuardedMemory lanes = Pairs(groups * steps * 16, 1), factors = Pairs(rows * steps, 2), sums = new(groups * rows * 64);
        sums.Bytes.Fill(0xff);
        var arguments = new LaneProductArguments
        {
            Lanes = lanes.Pointer, LanesStride = steps * 64, Rows = factors.Pointer, Sums = (float*)sums.Pointer, SumsStride = rows * 64,
            Ahead = factors.Pointer, Turns = steps / LaneProductCode.TurnSteps, Tiles = rows / shape.TileRows,
        };
        ((delegate* unmanaged<LaneProductArguments*, void>)AttentionCode.Product(shape))(&arguments);
        for (int i = 0; i < groups * rows * 16; i++)
        {
            int group = i / (rows * 16), row = i / 16 % rows, lane = i % 16;
            double expected = 0, size = 0;
            for (int step = 0; step < steps; step++)
            {
                for (int j = 0; j < 2; j++)
                {
                    int factor = ((row * shape.RowStride) + (step * shape.StepStride)) / 2;
                    double product = (double)Value(((ushort*)lanes.Pointer)[(((((group * steps) + step) * 16) + lane) * 2) + j]) * Value(((ushort*)factors.Pointer)[factor + j]);
                    expected += product;
                    size += Math.Abs(product);
                }
            }

            // Each of the 2 x steps additions rounds to 2^-24 of a partial sum.
            double bound = size * 2 * steps * Math.Pow(2, -24);
            Assert.InRange(sums.Floats[i], expected - bound, expected + bound);
        }
    }

    private static void RequireBFloat16()
    {
        if (!KernelLevels.IsSupported(KernelLevel.Avx512Vnni) || !KernelLevels.HasAvx512BFloat16) Assert.Skip("This processor has no bfloat16 products.");
    }

    private static GuardedMemory Pairs(int count, int seed)
    {
        var random = new Random((seed * 1000) + count);
        var memory = new GuardedMemory(count * 4);
        for (int i = 0; i < 2 * count; i++) ((ushort*)memory.Pointer)[i] = (ushort)(BitConverter.SingleToUInt32Bits((random.NextSingle() * 4) - 2) >> 16);
        return memory;
    }

    private static float Value(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private static float Round(float value)
    {
        if (float.IsNaN(value)) return value;
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
    }
}

using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

public sealed unsafe class MatrixProductsTests
{
    private static readonly int[] TokenCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 33];

    public static TheoryData<TensorType> Types => [.. Enum.GetValues<TensorType>()];

    public static TheoryData<TensorType> QuantizedTypes => [.. Enum.GetValues<TensorType>().Where(type => type.BlockLength() > 1)];

    public static TheoryData<KernelLevel> Levels => [.. Enum.GetValues<KernelLevel>().Where(KernelLevels.IsSupported)];

    [Theory]
    [MemberData(nameof(Types))]
    public void EveryLevelThreadCountAndBatchGivesTheBitsOfTheReference(TensorType type)
    {
        foreach (int rows in new[] { 1, 15, 16, 17, 40 })
        {
            for (int blocks = 1; blocks <= 3; blocks++) Verify(type, rows, RandomMatrix.Columns(type, blocks), TokenCounts);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void LongRowsCrossPanels(TensorType type) => Verify(type, 33, type.BlockLength() == 32 ? 1056 : RandomMatrix.Columns(type, 5), [1, 5]);

    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.Q4_K)]
    [InlineData(TensorType.Q5_0)]
    public void ManyTokensTakeSeveralPasses(TensorType type) => Verify(type, 17, RandomMatrix.Columns(type, 2), [300]);

    [Theory]
    [MemberData(nameof(QuantizedTypes))]
    public void LargestWeightsAndActivationsDoNotOverflow(TensorType type)
    {
        int columns = RandomMatrix.Columns(type, 2);
        foreach (byte bits in new byte[] { 0x00, 0x7f, 0x80, 0xff })
        {
            using var matrix = new RandomMatrix(type, 16, columns, seed: 1, bits);
            using var source = new GuardedMemory(4 * columns * sizeof(float));
            for (int i = 0; i < source.Floats.Length; i++) source.Floats[i] = (i / columns) switch { 0 => 1, 1 => -1, 2 => i % 2 == 0 ? 1 : -1, _ => i % 3 - 1 };
            VerifyProducts(matrix, source, [1, 4]);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void TheReferenceIsAsNearToTheExactProductAsItsActivationsAllow(TensorType type)
    {
        int columns = RandomMatrix.Columns(type, 5);
        using var matrix = new RandomMatrix(type, 40, columns, seed: 3);
        using GuardedMemory activations = RandomActivations(8, columns, seed: 4);
        foreach (ReferenceProduct.Output output in ReferenceProduct.Compute(matrix.Tensor, activations.Floats, 8))
            Assert.InRange(output.Value, output.Exact - output.Tolerance, output.Exact + output.Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void ProductsReadTheRowsAndWriteTheOutputsTheyName(KernelLevel level)
    {
        const int Rows = 21, Tokens = 12, Stride = 29;
        using var quantized = new RandomMatrix(TensorType.Q4_0, Rows, 96, seed: 1);
        using var floats = new RandomMatrix(TensorType.F32, Rows, 96, seed: 2);
        using GuardedMemory source = RandomActivations(Tokens, 96, seed: 3);
        using var input = new Activations(Tokens, 96);
        using var pool = new WorkerPool(2);
        using var products = new MatrixProducts(pool, level);
        using var gathered = new GuardedMemory((((5 - 1) * Stride) + Rows) * sizeof(float));
        using var stepped = new GuardedMemory((((3 - 1) * Stride) + Rows) * sizeof(float));
        gathered.Floats.Fill(-1);
        stepped.Floats.Fill(-1);
        int* indices = stackalloc int[] { 7, 0, 7, 11, 2 };
        input.Set((float*)source.Pointer, 96, Tokens);
        products.Run(
        [
            new Product { Matrix = quantized.Packed, Input = input, RowIndices = indices, RowCount = 5, Output = (float*)gathered.Pointer, OutputStride = Stride },
            new Product { Matrix = quantized.Packed, Input = input, RowCount = 0 },
            new Product { Matrix = floats.Packed, Input = input, RowStart = 1, RowStep = 4, RowCount = 3, Output = (float*)stepped.Pointer, OutputStride = Stride },
        ]);
        ReferenceProduct.Output[] expected = ReferenceProduct.Compute(quantized.Tensor, source.Floats, Tokens);
        ReferenceProduct.Output[] expectedFloats = ReferenceProduct.Compute(floats.Tensor, source.Floats, Tokens);
        for (int i = 0; i < 5; i++) CheckRow(gathered.Floats, i, expected.AsSpan(indices[i] * Rows, Rows), Stride);
        for (int i = 0; i < 3; i++) CheckRow(stepped.Floats, i, expectedFloats.AsSpan((1 + (i * 4)) * Rows, Rows), Stride);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void ActivationsThatAreNotFiniteOrTinyAreDefined(KernelLevel level)
    {
        foreach (TensorType type in new[] { TensorType.Q8_0, TensorType.Q4_K })
        {
            using var matrix = new RandomMatrix(type, 16, 256, seed: 1);
            using GuardedMemory source = RandomActivations(4, 256, seed: 2);
            source.Floats[3] = float.NaN;
            source.Floats[256 + 9] = float.NegativeInfinity;
            foreach (ref float value in source.Floats.Slice(512, 256)) value *= 1e-35f;
            float[] outputs = Run(matrix.Packed, source, 4, level, threads: 1);
            for (int row = 0; row < 16; row++)
            {
                Assert.True(float.IsNaN(outputs[row]) && float.IsNaN(outputs[16 + row]));
                Assert.Equal(0, outputs[32 + row]);
                Assert.True(float.IsFinite(outputs[48 + row]));
            }
        }
    }

    [Fact]
    public void ChangedRowsAreQuantizedAgain()
    {
        using var matrix = new RandomMatrix(TensorType.Q8_0, 16, 64, seed: 1);
        using GuardedMemory first = RandomActivations(1, 64, seed: 2), second = RandomActivations(1, 64, seed: 3);
        using var output = new GuardedMemory(16 * sizeof(float));
        using var input = new Activations(1, 64);
        using var pool = new WorkerPool(1);
        using var products = new MatrixProducts(pool, KernelLevels.Best);
        foreach (GuardedMemory source in new[] { first, second })
        {
            input.Set((float*)source.Pointer, 64, 1);
            products.Run([new Product { Matrix = matrix.Packed, Input = input, RowCount = 1, Output = (float*)output.Pointer }]);
            CheckRow(output.Floats, 0, ReferenceProduct.Compute(matrix.Tensor, source.Floats, 1), 16);
        }
    }

    [Fact]
    public void RunsDoNotAllocate()
    {
        using var matrix = new RandomMatrix(TensorType.Q4_K, 64, 256, seed: 1);
        using GuardedMemory source = RandomActivations(4, 256, seed: 2);
        using var output = new GuardedMemory(4 * 64 * sizeof(float));
        using var input = new Activations(4, 256);
        using var pool = new WorkerPool(2);
        using var products = new MatrixProducts(pool, KernelLevels.Best);
        Product[] list = [new Product { Matrix = matrix.Packed, Input = input, RowStep = 1, RowCount = 4, Output = (float*)output.Pointer, OutputStride = 64 }];
        void RunAgain()
        {
            input.Set((float*)source.Pointer, 256, 4);
            products.Run(list);
        }
        for (int i = 0; i < 3; i++) RunAgain();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) RunAgain();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void WrongInputsAreRefused()
    {
        using var matrix = new RandomMatrix(TensorType.F32, 16, 64, seed: 1);
        using GuardedMemory source = RandomActivations(2, 64, seed: 2);
        using var output = new GuardedMemory(2 * 16 * sizeof(float));
        using var input = new Activations(2, 64);
        using var longer = new Activations(2, 65);
        using var pool = new WorkerPool(1);
        using var products = new MatrixProducts(pool, KernelLevel.Scalar);
        input.Set((float*)source.Pointer, 64, 2);
        nint address = (nint)output.Pointer;
        void Run(Activations activations, int start, int count) =>
            products.Run([new Product { Matrix = matrix.Packed, Input = activations, RowStart = start, RowStep = 1, RowCount = count, Output = (float*)address, OutputStride = 16 }]);
        Assert.Throws<ArgumentException>(() => Run(longer, 0, 1));
        Assert.Throws<ArgumentException>(() => Run(input, 1, 2));
        Assert.Throws<ArgumentException>(() => Run(input, -1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(input, 0, -1));
        Run(input, 0, 2);
    }

    /// <summary>Compares every supported level and thread count with the reference, for batches of the given sizes.</summary>
    internal static void Verify(TensorType type, int rows, int columns, int[] tokenCounts)
    {
        using var matrix = new RandomMatrix(type, rows, columns, seed: rows + columns);
        using GuardedMemory source = RandomActivations(tokenCounts.Max(), columns, seed: columns);
        VerifyProducts(matrix, source, tokenCounts);
    }

    private static void VerifyProducts(RandomMatrix matrix, GuardedMemory source, int[] tokenCounts)
    {
        int rows = matrix.Packed.Rows;
        ReferenceProduct.Output[] expected = ReferenceProduct.Compute(matrix.Tensor, source.Floats, tokenCounts.Max());
        foreach (KernelLevel level in Enum.GetValues<KernelLevel>().Where(KernelLevels.IsSupported))
        {
            foreach (int threads in new[] { 1, 2 })
            {
                foreach (int tokens in tokenCounts)
                {
                    float[] actual = Run(matrix.Packed, source, tokens, level, threads);
                    for (int i = 0; i < actual.Length; i++)
                    {
                        if (BitConverter.SingleToInt32Bits(actual[i]) == BitConverter.SingleToInt32Bits(expected[i].Value)) continue;
                        Assert.Fail($"{matrix.Packed.Type} {rows}x{matrix.Packed.Columns}, {level}, {threads} threads, {tokens} tokens, token {i / rows}, row {i % rows}: {actual[i]:R} is not {expected[i].Value:R}.");
                    }
                }
            }
        }
    }

    private static readonly WorkerPool[] Pools = [new(1), new(2)];

    private static float[] Run(PackedMatrix matrix, GuardedMemory source, int tokens, KernelLevel level, int threads)
    {
        lock (Pools)
        {
            using var input = new Activations(tokens, matrix.Columns);
            using var output = new GuardedMemory((long)tokens * matrix.Rows * sizeof(float));
            using var products = new MatrixProducts(Pools[threads - 1], level);
            output.Floats.Fill(float.MaxValue);
            input.Set((float*)source.Pointer, matrix.Columns, tokens);
            products.Run([new Product { Matrix = matrix, Input = input, RowStep = 1, RowCount = tokens, Output = (float*)output.Pointer, OutputStride = matrix.Rows }]);
            return output.Floats.ToArray();
        }
    }

    private static GuardedMemory RandomActivations(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var memory = new GuardedMemory((long)rows * columns * sizeof(float));
        foreach (ref float value in memory.Floats) value = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return memory;
    }

    private static void CheckRow(Span<float> outputs, int row, ReadOnlySpan<ReferenceProduct.Output> expected, int stride)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(BitConverter.SingleToInt32Bits(expected[i].Value), BitConverter.SingleToInt32Bits(outputs[(row * stride) + i]));
        // The space between rows keeps what was there.
        for (int i = (row * stride) + expected.Length; i < Math.Min((row + 1) * stride, outputs.Length); i++) Assert.Equal(-1, outputs[i]);
    }
}

using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

/// <summary>Element-wise operations and attention of every level against plain loops in double precision, with guarded memory behind all arrays.</summary>
public sealed unsafe class VectorOperationsTests
{
    private const double Tolerance = 2e-6;
    private static readonly int[] Lengths = [1, 3, 8, 15, 16, 17, 64, 100, 576];

    public static TheoryData<KernelLevel> Levels => [.. Enum.GetValues<KernelLevel>().Where(KernelLevels.IsSupported)];

    [Theory]
    [MemberData(nameof(Levels))]
    public void RmsNorm(KernelLevel level)
    {
        VectorOperations operations = VectorOperations.For(level);
        foreach (int length in Lengths)
        {
            using GuardedMemory source = Random(length, 1), weight = Random(length, 2), destination = Random(length, 3);
            operations.RmsNorm(Pointer(source), Pointer(weight), Pointer(destination), length, 1e-6f);
            double squares = 0;
            foreach (float value in source.Floats) squares += (double)value * value;
            double scale = 1 / Math.Sqrt(squares / length + 1e-6);
            for (int i = 0; i < length; i++) AssertNear(source.Floats[i] * scale * weight.Floats[i], destination.Floats[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void AddAndAddScaled(KernelLevel level)
    {
        VectorOperations operations = VectorOperations.For(level);
        foreach (int length in Lengths)
        {
            using GuardedMemory source = Random(length, 1), destination = Random(length, 2);
            float[] before = destination.Floats.ToArray();
            operations.Add(Pointer(destination), Pointer(source), length);
            for (int i = 0; i < length; i++) Assert.Equal(before[i] + source.Floats[i], destination.Floats[i]);
            before = destination.Floats.ToArray();
            operations.AddScaled(Pointer(destination), Pointer(source), 0.3f, length);
            for (int i = 0; i < length; i++) Assert.Equal(MathF.FusedMultiplyAdd(0.3f, source.Floats[i], before[i]), destination.Floats[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void SwiGlu(KernelLevel level)
    {
        VectorOperations operations = VectorOperations.For(level);
        foreach (int length in Lengths)
        {
            using GuardedMemory gate = Random(length, 1), up = Random(length, 2);
            gate.Floats[0] = -100;
            float[] before = gate.Floats.ToArray();
            operations.SwiGlu(Pointer(gate), Pointer(up), length);
            for (int i = 0; i < length; i++) AssertNear(before[i] / (1 + Math.Exp(-before[i])) * up.Floats[i], gate.Floats[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Attention(KernelLevel level)
    {
        foreach ((int tokens, int heads, int first, int keyLength, int valueLength) in new[]
        {
            (1, 1, 0, 8, 8), (1, 16, 40, 80, 64), (5, 3, 30, 20, 12), (7, 4, 61, 24, 24), (16, 4, 0, 32, 40), (2, 5, 95, 576, 512),
        })
        {
            CheckAttention(VectorOperations.For(level), tokens, heads, first, keyLength, valueLength);
        }
    }

    private static void CheckAttention(VectorOperations operations, int tokens, int heads, int firstPosition, int keyLength, int valueLength)
    {
        const float Scale = 0.2f;
        int positions = firstPosition + tokens;
        using GuardedMemory queries = Random(tokens * heads * keyLength, 1), output = Random(tokens * heads * valueLength, 2);
        using GuardedMemory scratch = Random(PagedAttention.ScratchFloats(keyLength, valueLength), 3);
        using var pages = new Pages(positions, keyLength, valueLength);
        operations.Attend(new AttentionTile
        {
            Query = Pointer(queries), QueryTokenStride = heads * keyLength, QueryHeadStride = keyLength,
            Output = Pointer(output), OutputTokenStride = heads * valueLength, OutputHeadStride = valueLength,
            TokenCount = tokens, HeadCount = heads, FirstPosition = firstPosition, KeyLength = keyLength, ValueLength = valueLength, Scale = Scale,
            Pages = pages, Scratch = Pointer(scratch),
        });
        for (int query = 0; query < tokens * heads; query++)
        {
            int visible = firstPosition + query / heads + 1;
            double[] scores = [.. Enumerable.Range(0, visible).Select(position =>
                Scale * Enumerable.Range(0, keyLength).Sum(i => (double)queries.Floats[query * keyLength + i] * pages.Key(position, i)))];
            double[] weights = [.. scores.Select(score => Math.Exp(score - scores.Max()))];
            for (int i = 0; i < valueLength; i++)
            {
                double expected = Enumerable.Range(0, visible).Sum(position => weights[position] * pages.Value(position, i)) / weights.Sum();
                // A score is a float32 sum of keyLength terms near 1, and a weight is as far off as its score.
                AssertNear(expected, output.Floats[query * valueLength + i], Tolerance + keyLength * Math.Pow(2, -24));
            }
        }
    }

    /// <summary>Keys and values in exactly as many pages as are read; what lies behind the last position is NaN.</summary>
    private sealed class Pages : IKeyValuePages, IDisposable
    {
        private readonly GuardedMemory _keys, _values;
        private readonly int _keyLength, _valueLength;

        public Pages(int positions, int keyLength, int valueLength)
        {
            (_keyLength, _valueLength) = (keyLength, valueLength);
            int room = (positions + PagedAttention.PageLength - 1) / PagedAttention.PageLength * PagedAttention.PageLength;
            _keys = Random(room * keyLength, 4);
            _values = Random(room * valueLength, 5);
            _keys.Floats[(positions * keyLength)..].Fill(float.NaN);
            _values.Floats[(positions * valueLength)..].Fill(float.NaN);
        }

        public float Key(int position, int i) => _keys.Floats[position * _keyLength + i];

        public float Value(int position, int i) => _values.Floats[position * _valueLength + i];

        public float* Read(int page, int count, int layer, int keyValueHead, float* scratch, out float* values, out int valueStride)
        {
            valueStride = _valueLength;
            values = Pointer(_values) + page * PagedAttention.PageLength * _valueLength;
            return Pointer(_keys) + page * PagedAttention.PageLength * _keyLength;
        }

        public void Dispose()
        {
            _keys.Dispose();
            _values.Dispose();
        }
    }

    private static float* Pointer(GuardedMemory memory) => (float*)memory.Pointer;

    private static GuardedMemory Random(int count, int seed)
    {
        var random = new Random(seed * 1000 + count);
        var memory = new GuardedMemory(count * sizeof(float));
        foreach (ref float value in memory.Floats) value = random.NextSingle() * 4 - 2;
        return memory;
    }

    private static void AssertNear(double expected, float actual, double tolerance = Tolerance) =>
        Assert.InRange(actual, expected - tolerance * (1 + Math.Abs(expected)), expected + tolerance * (1 + Math.Abs(expected)));
}

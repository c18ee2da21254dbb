using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

/// <summary>Element-wise operations of every level against plain loops in double precision, with guarded memory behind all arrays.</summary>
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

using SeekSharp.Formats;
using SeekSharp.Training.Models;
using SeekSharp.Training.Native;
using SeekSharp.Training.Operations;
using SeekSharp.Training.Tests.Models;
using static TorchSharp.torch;

namespace SeekSharp.Training.Tests.Operations;

/// <summary>
/// Fused operations give what their plain form gives, values and gradients: in float32 up to the order of additions, in bfloat16 up to roundings (compared with the plain form
/// in float32 of the same numbers). Lengths are no multiples of 16.
/// </summary>
public sealed class FusedOperationTests : IDisposable
{
    private readonly Generator _random;

    public FusedOperationTests()
    {
        LibTorch.Load();
        _random = new Generator(5);
    }

    public void Dispose() => _random.Dispose();

    public static TheoryData<bool> Types => [false, true];

    [Theory, MemberData(nameof(Types))]
    public void RmsNorm(bool isHalf) => Check(isHalf, [Random(37, 43), Random(43)], halves: 1,
        inputs => [RmsNormOperation.Apply(inputs[0], inputs[1], 1e-3f)], inputs => [RmsNormOperation.Plain(inputs[0], inputs[1], 1e-3f)]);

    [Theory, MemberData(nameof(Types))]
    public void RmsNorm_of_a_part_of_rows(bool isHalf) => Check(isHalf, [Random(37, 43), Random(30)], halves: 1,
        inputs => [RmsNormOperation.Apply(inputs[0].narrow(-1, 0, 30), inputs[1], 1e-3f)], inputs => [RmsNormOperation.Plain(inputs[0].narrow(-1, 0, 30), inputs[1], 1e-3f)]);

    [Theory, MemberData(nameof(Types))]
    public void SwiGlu(bool isHalf) => Check(isHalf, [Random(5, 7, 58)], halves: 1, inputs => [SwiGluOperation.Apply(inputs[0])], inputs => [SwiGluOperation.Plain(inputs[0])]);

    [Theory, MemberData(nameof(Types))]
    public void Embedding(bool isHalf)
    {
        int[] tokens = [.. Enumerable.Range(0, 50).Select(i => i * i % 19)];
        Check(isHalf, [Random(20, 43)], halves: 0,
            inputs => [EmbeddingOperation.Apply(inputs[0], tokens, isHalf ? ScalarType.BFloat16 : ScalarType.Float32)], inputs => [EmbeddingOperation.Plain(inputs[0], tokens, ScalarType.Float32)]);
    }

    [Theory, MemberData(nameof(Types))]
    public void LogProbability(bool isHalf)
    {
        int[] targets = [.. Enumerable.Range(0, 30).Select(i => i * 3 % 59)];
        Check(isHalf, [Random(30, 59) * 4], halves: 1, inputs => [LogProbabilityOperation.Apply(inputs[0], targets)], inputs => [LogProbabilityOperation.Plain(inputs[0], targets)]);
    }

    [Theory, MemberData(nameof(Types))]
    public void Attention(bool isHalf) => Check(isHalf, [Random(2, 3, 37, 20), Random(2, 3, 37, 20), Random(2, 3, 37, 10)], halves: 3,
        inputs => [CausalAttention.Apply(inputs[0], inputs[1], inputs[2], 0.3)], inputs => [CausalAttention.Plain(inputs[0], inputs[1], inputs[2], 0.3)]);

    [Theory, MemberData(nameof(Types))]
    public void LatentHeads(bool isHalf)
    {
        ModelConfig config = TinyConfigs.DeepSeek(new RotaryScaling.Yarn(4, 64, 32, 1, 0.1f, 1.1f));
        LatentAttentionConfig latent = config.LatentAttention!;
        RotaryTable rotary = RotaryTable.Create(config, 13, ScalarType.Float32, CPU);
        Dimensions dimensions = new(2, 13);
        Check(isHalf, [Random(26, 3 * 20), Random(26, 3 * 22), Random(26, 8)], halves: 3,
            inputs => All(LatentHeadsOperation.Apply(inputs[0], inputs[1], inputs[2], rotary, dimensions, 3, latent)),
            inputs => All(LatentHeadsOperation.Plain(inputs[0], inputs[1], inputs[2], rotary, dimensions, 3, latent)));

        static Tensor[] All((Tensor Queries, Tensor Keys, Tensor Values) heads) => [heads.Queries, heads.Keys, heads.Values];
    }

    [Theory, MemberData(nameof(Types))]
    public void Dispatch(bool isHalf)
    {
        ExpertAssignment assignment = Assignment();
        Check(isHalf, [Random(40, 43)], halves: 1, inputs => [DispatchOperation.Apply(inputs[0], assignment)], inputs => [DispatchOperation.Plain(inputs[0], assignment)]);
    }

    [Theory, MemberData(nameof(Types))]
    public void Combine(bool isHalf)
    {
        ExpertAssignment assignment = Assignment();
        Check(isHalf, [Random(5, assignment.Capacity, 43), Random(40, 2)], halves: 1,
            inputs => [CombineOperation.Apply(inputs[0], inputs[1], assignment)], inputs => [CombineOperation.Plain(inputs[0], inputs[1], assignment)]);
    }

    [Fact]
    public void Every_choice_has_a_slot_of_its_expert()
    {
        ExpertAssignment assignment = Assignment();
        for (int i = 0; i < assignment.Choices.Length; i++)
        {
            int slot = assignment.SlotOfChoice[i];
            if (assignment.Choices[i] < 0) Assert.Equal(-1, slot);
            else Assert.Equal((assignment.Choices[i], i / 2, i), (slot / assignment.Capacity, assignment.TokenOfSlot[slot], assignment.ChoiceOfSlot[slot]));
        }

        Assert.Equal(assignment.Choices.Count(expert => expert >= 0), assignment.TokenOfSlot.Count(token => token >= 0));
        Assert.Equal(256, new ExpertAssignment([.. Enumerable.Repeat(0, 129)], 129, 2).Capacity);
    }

    /// <summary>40 tokens, 2 of 5 experts each, expert 3 unused, the last three tokens padding.</summary>
    private static ExpertAssignment Assignment()
    {
        int[] experts = [0, 1, 2, 4];
        return new ExpertAssignment([.. Enumerable.Range(0, 40).SelectMany(token => token >= 37 ? [-1, -1] : new[] { experts[token % 4], experts[(token / 2 + 1 + token) % 4] })], 40, 5);
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _random);

    private static void Check(bool isHalf, Tensor[] numbers, int halves, Func<Tensor[], Tensor[]> fused, Func<Tensor[], Tensor[]> plain)
    {
        // What is read as bfloat16 is exact in it: only the work itself may round.
        Tensor[] exact = [.. numbers.Select((values, i) => isHalf && i < halves ? values.to(ScalarType.BFloat16).to(ScalarType.Float32) : values)];
        (Tensor[] expected, Tensor[] expectedGradients) = Run(exact, plain);
        (Tensor[] actual, Tensor[] actualGradients) = Run([.. exact.Select((values, i) => isHalf && i < halves ? values.to(ScalarType.BFloat16) : values)], fused);
        double tolerance = isHalf ? 0.01 : 2e-6;
        for (int i = 0; i < expected.Length; i++) Assert.InRange(TestModels.RelativeError(actual[i].Values(), expected[i].Values()), 0, tolerance);
        for (int i = 0; i < expectedGradients.Length; i++) Assert.InRange(TestModels.RelativeError(actualGradients[i].Values(), expectedGradients[i].Values()), 0, tolerance);
    }

    /// <summary>Results, and the gradients of a sum of them with factors that are all different.</summary>
    private static (Tensor[] Results, Tensor[] Gradients) Run(Tensor[] numbers, Func<Tensor[], Tensor[]> operation)
    {
        Tensor[] inputs = [.. numbers.Select(values => values.detach().clone().requires_grad_())];
        Tensor[] results = operation(inputs);
        Tensor sum = zeros(1);
        foreach (Tensor result in results) sum = sum + (result.to(ScalarType.Float32) * arange(result.numel()).view(result.shape).to(ScalarType.Float32).mul(0.37).sin()).sum();
        sum.backward();
        return (results, [.. inputs.Select(input => input.grad!)]);
    }
}

using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Tests.Models;

namespace SeekSharp.Tests.Inference;

public sealed class DraftPlannerTests
{
    // Milliseconds of steps of 1 to 9 tokens of a mixture of experts, measured on v2slim-Q4_K_M.
    private static readonly double[] Milliseconds = [10.5, 15.2, 18.6, 21.8, 24.6, 27.1, 29.8, 32.1, 34.7];

    [Theory]
    [InlineData(0, 0.98)]
    [InlineData(0.2, 0.97)]
    [InlineData(0.4, 0.97)]
    [InlineData(0.7, 1.12)]
    [InlineData(0.9, 1.65)]
    [InlineData(1, 2.4)]
    public void SpeedFollowsFromWhatIsAccepted(double acceptance, double leastSpeedup)
    {
        double total = 0;
        const int replies = 40;
        for (int seed = 0; seed < replies; seed++) total += Simulate(acceptance, tokens: 256, seed);
        Assert.True(total / replies >= leastSpeedup, $"{total / replies:F3}");
    }

    [Fact]
    public void DraftsArePickedUpAgainWhenTheTextChanges()
    {
        // Wrong at first: the pauses grow. Then right: from the next trial on, most tokens come from drafts.
        var random = new Random(1);
        (StepCosts costs, RequestDrafts drafts) = Create(new Constant(8));
        int steps = 0, firstHalf = 0;
        for (int done = 0; done < 1000; steps++)
        {
            if (done < 500) firstHalf = steps;
            int accepted = Step(costs, drafts, () => done >= 500 || random.NextDouble() < 0);
            done += accepted + 1;
        }

        Assert.InRange(firstHalf, 490, 500);
        Assert.InRange(steps - firstHalf, 50, 360);
    }

    [Fact]
    public void WithoutMeasurementsExpertsAreReckonedWith()
    {
        using ModelFile mixture = ModelFile.Open(Oracle.Path("tiny-deepseek-v3.gguf")), dense = ModelFile.Open(Oracle.Path("tiny-qwen2.gguf"));
        StepCosts experts = new(mixture.Config), none = new(dense.Config);
        Assert.Equal(1, none.Of(1));
        Assert.InRange(none.Of(8), 1, 1.6);
        Assert.True(experts.Of(8) / experts.Of(1) > none.Of(8));
        for (int tokens = 2; tokens <= StepCosts.MaxTokens; tokens++) Assert.True(experts.Of(tokens) > experts.Of(tokens - 1));
    }

    [Fact]
    public void MeasurementsTakeOver()
    {
        using ModelFile file = ModelFile.Open(Oracle.Path("tiny-deepseek-v3.gguf"));
        var costs = new StepCosts(file.Config);
        double before = costs.Of(3) / costs.Of(1);
        costs.Observe(1, 0.010);
        Assert.Equal(0.010, costs.Of(1), 1e-9);
        Assert.Equal(0.010 * before, costs.Of(3), 1e-9);
        for (int i = 0; i < 100; i++) costs.Observe(3, 0.015);
        Assert.Equal(0.015, costs.Of(3), 1e-4);
        Assert.True(costs.Of(4) > 0.015);
        costs.Observe(3, 100); // the machine slept
        Assert.InRange(costs.Of(3), 0.015, 0.018);
        costs.Observe(StepCosts.MaxTokens + 1, 1);
    }

    [Fact]
    public void AMachineThatBecomesFasterDoesSoForAllSteps()
    {
        using ModelFile file = ModelFile.Open(Oracle.Path("tiny-deepseek-v3.gguf"));
        var costs = new StepCosts(file.Config);
        for (int round = 0; round < 60; round++)
            for (int tokens = 1; tokens <= Milliseconds.Length; tokens++) costs.Observe(tokens, Milliseconds[tokens - 1]);
        for (int tokens = 1; tokens <= Milliseconds.Length; tokens++) Assert.InRange(costs.Of(tokens) / Milliseconds[tokens - 1], 0.97, 1.03);
        for (int i = 0; i < 40; i++) costs.Observe(1, Milliseconds[0] / 1.5);
        Assert.InRange(costs.Of(1) / Milliseconds[0] * 1.5, 0.97, 1.03);
        for (int tokens = 2; tokens <= Milliseconds.Length; tokens++) Assert.InRange(costs.Of(tokens) / Milliseconds[tokens - 1] * 1.5, 0.9, 1.15);
    }

    /// <summary>Speedup of a reply whose drafts are each right with a given probability, over one without drafts, where steps cost what was measured.</summary>
    private static double Simulate(double acceptance, int tokens, int seed)
    {
        var random = new Random(seed);
        (StepCosts costs, RequestDrafts drafts) = Create(new Constant(8));
        double time = 0;
        for (int done = 0; done < tokens;)
        {
            int accepted = Step(costs, drafts, () => random.NextDouble() < acceptance, milliseconds => time += milliseconds);
            done += accepted + 1;
        }

        return tokens * Milliseconds[0] / time;
    }

    private static int Step(StepCosts costs, RequestDrafts drafts, Func<bool> isRight, Action<double>? took = null)
    {
        drafts.Propose([], new int[8], 10);
        new DraftPlanner(costs).Plan([drafts], decoding: 1);
        int count = drafts.Count, accepted = 0;
        while (accepted < count && isRight()) accepted++;
        drafts.Learn(accepted);
        costs.Observe(1 + count, Milliseconds[count] / 1000);
        took?.Invoke(Milliseconds[count]);
        return accepted;
    }

    private static (StepCosts, RequestDrafts) Create(IDraftSource source)
    {
        using ModelFile file = ModelFile.Open(Oracle.Path("tiny-deepseek-v3.gguf"));
        return (new StepCosts(file.Config), new RequestDrafts(source, new SpeculationOptions()));
    }

    private sealed class Constant(int count) : IDraftSource
    {
        public int Propose(ReadOnlySpan<int> tokens, Span<int> drafts)
        {
            drafts[..count].Fill(1);
            return count;
        }
    }
}

using SeekSharp.Training.Native;
using SeekSharp.Training.Stages;
using SeekSharp.Training.Tests.Models;
using TorchSharp;

namespace SeekSharp.Training.Tests.Stages;

/// <summary>Numbers worked by hand.</summary>
public sealed class PolicyGradientTests
{
    private const double Precision = 1e-12;

    [Fact]
    public void Advantages_are_rewards_without_their_mean()
    {
        // 1, 0, 0, 1: mean 1/2, deviation 1/2.
        Assert.Equal([0.5, -0.5, -0.5, 0.5], PolicyGradient.Advantages([1, 0, 0, 1], normalize: false));
        Assert.Equal([1, -1, -1, 1], PolicyGradient.Advantages([1, 0, 0, 1], normalize: true));
        // 1, 0, 0, 0: mean 1/4, variance (9 + 1 + 1 + 1) / 64 = 3/16.
        Assert.Equal([0.75, -0.25, -0.25, -0.25], PolicyGradient.Advantages([1, 0, 0, 0], normalize: false));
        double[] normal = PolicyGradient.Advantages([1, 0, 0, 0], normalize: true);
        Assert.Equal(Math.Sqrt(3), normal[0], Precision);
        Assert.Equal(-1 / Math.Sqrt(3), normal[1], Precision);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(0.1)]
    public void A_group_without_variance_teaches_nothing(double reward)
    {
        double[] rewards = [reward, reward, reward];
        Assert.True(PolicyGradient.HasNoVariance(rewards));
        Assert.Equal([0, 0, 0], PolicyGradient.Advantages(rewards, normalize: true));
        Assert.False(PolicyGradient.HasNoVariance([reward, reward, reward + 1]));
    }

    [Theory]
    [InlineData(1.0, 2.0, 2.0)] // inside
    [InlineData(1.28, 1.0, 1.28)] // at the higher bound
    [InlineData(1.5, 1.0, 1.28)] // better and too probable already: cut
    [InlineData(1.5, -1.0, -1.5)] // worse and too probable: not cut
    [InlineData(0.5, 1.0, 0.5)] // better and not probable enough: not cut
    [InlineData(0.5, -1.0, -0.8)] // worse and improbable already: cut
    public void The_surrogate_is_cut_where_it_would_go_on_for_free(double ratio, double advantage, double expected) =>
        Assert.Equal(expected, PolicyGradient.Surrogate(ratio, advantage, low: 0.2, high: 0.28), Precision);

    [Fact]
    public void Ratio_divergence_and_importance_are_what_the_papers_say()
    {
        Assert.Equal(2, PolicyGradient.Ratio(Math.Log(0.5), Math.Log(0.25)), Precision);
        // ref/π = 2: 2 - ln 2 - 1; ref/π = 1/2: 1/2 + ln 2 - 1; equal: 0.
        Assert.Equal(1 - Math.Log(2), PolicyGradient.DivergenceEstimate(Math.Log(0.25), Math.Log(0.5)), Precision);
        Assert.Equal(Math.Log(2) - 0.5, PolicyGradient.DivergenceEstimate(Math.Log(0.5), Math.Log(0.25)), Precision);
        Assert.Equal(0, PolicyGradient.DivergenceEstimate(-1.5, -1.5), Precision);
        Assert.Equal(1.5, PolicyGradient.ImportanceWeight(Math.Log(0.3), Math.Log(0.2), cap: 2), Precision);
        Assert.Equal(2, PolicyGradient.ImportanceWeight(Math.Log(0.9), Math.Log(0.2), cap: 2), Precision);
    }

    [Fact]
    public void The_loss_of_tokens_and_its_gradient_are_those_worked_by_hand()
    {
        LibTorch.Load();
        using var scope = torch.NewDisposeScope();
        // Token 1: ratio 1, A 1/2, engine half as sure: weight 2 of at most 1.5. Token 2: ratio 2, A 1: cut at 1.28, no gradient. Token 3: ratio 1/2, A -1: cut at -0.8.
        double[] now = [Math.Log(0.4), Math.Log(0.4), Math.Log(0.1)];
        using Tensor logProbabilities = torch.tensor(now, requires_grad: true);
        PolicyToken[] tokens =
        [
            new(double.NaN, Math.Log(0.2), Math.Log(0.4), 0.5),
            new(Math.Log(0.2), double.NaN, Math.Log(0.8), 1),
            new(Math.Log(0.2), double.NaN, Math.Log(0.1), -1),
        ];
        (Tensor loss, PolicySums sums) = PolicyLoss.Sum(logProbabilities, tokens, new PolicyLossOptions(0.2, 0.28, 0.1, 1.5));
        // -(1.5 · 1/2 + 1.28 - 0.8) + 0.1 · (0 + (2 - ln 2 - 1) + 0)
        Assert.Equal(-(0.75 + 1.28 - 0.8) + 0.1 * (1 - Math.Log(2)), loss.item<double>(), Precision);
        Assert.Equal(2, sums.Clipped);
        Assert.Equal(1 - Math.Log(2), sums.Divergence, Precision);
        Assert.Equal(1, sums.EngineTokens);
        Assert.Equal(Math.Log(2), sums.EngineGap, Precision);
        loss.backward();
        // d/d log π of -w r A is -w r A; of k3 it is 1 - ref/π.
        double[] gradient = logProbabilities.grad!.Values();
        Assert.Equal(-0.75, gradient[0], Precision);
        Assert.Equal(0.1 * (1 - 2), gradient[1], Precision);
        Assert.Equal(0, gradient[2], Precision);
    }
}

using SeekSharp.Formats;
using SeekSharp.Training.Models;
using static TorchSharp.torch;

namespace SeekSharp.Training.Tests.Models;

/// <summary>Load balancing against examples worked by hand.</summary>
public sealed class LoadBalancingTests
{
    private static readonly MixtureOfExpertsConfig Mixture = TinyConfigs.Mixture() with { ExpertCount = 4, ExpertsPerToken = 2 };

    /// <summary>Loads 5, 3, 3, 1 with mean 3: down, kept, kept, up.</summary>
    [Fact]
    public void The_bias_moves_by_the_sign_of_the_violation()
    {
        using TrainingModel model = TrainingModel.Create(TinyConfigs.DeepSeek() with { MixtureOfExperts = Mixture }, seed: 1);
        RouterStatistics statistics = model.RouterStatistics[0];
        statistics.Add([5, 3, 3, 1]);
        Assert.Equal(5.0 / 3 - 1, statistics.MaxViolation, 1e-12);
        model.UpdateSelectionBias(0.001);
        Parameter bias = model.Parameters.First(parameter => parameter.Kind == ParameterKind.SelectionBias);
        Assert.Equal([-0.001, 0, 0, 0.001], bias.Value.Values().Select(value => Math.Round(value, 7)));
        Assert.Equal(0, statistics.Tokens);
        model.UpdateSelectionBias(0.001); // nothing was routed: nothing moves
        Assert.Equal([-0.001, 0, 0, 0.001], bias.Value.Values().Select(value => Math.Round(value, 7)));
    }

    /// <summary>A bias balances a router that would send every token to one expert, and has no part in the weights.</summary>
    [Fact]
    public void Balancing_spreads_the_load()
    {
        using TrainingModel model = TestModels.Create(TinyConfigs.Of("size-xs"));
        TokenBatch batch = TestModels.Batch(70, 60, 60, 60, 60);
        double First() => model.RouterStatistics[0].MaxViolation;
        using (NewDisposeScope()) model.Forward(batch);
        double before = First();
        for (int step = 0; step < 150; step++)
        {
            model.UpdateSelectionBias(0.01);
            using var scope = NewDisposeScope();
            model.Forward(batch);
        }

        Assert.InRange(First(), 0, Math.Min(0.35, before / 2));
    }

    /// <summary>
    /// One sequence of two tokens (and one of padding), affinities .4 .3 .2 .1 and .1 .6 .2 .1: the two best are (0, 1) and (1, 2). f = 4 / (2 · 2) · counts = 1 2 1 0;
    /// P = means of .4 .1, .3 .6, .2 .2, .1 .1 = .25 .45 .2 .1. Sum f · P = .25 + .9 + .2 = 1.35.
    /// </summary>
    [Fact]
    public void Sequence_wise_loss()
    {
        using var scope = NewDisposeScope();
        (RouterResult router, ForwardPass pass) = Example();
        Assert.Equal(1.35, BalanceLoss.SequenceWise(router, Mixture, pass).item<double>(), 1e-12);
    }

    /// <summary>With the choices (0, 1) and (0, 3): f = 2 1 0 1, sum f · P = .5 + .45 + .1 = 1.05.</summary>
    [Fact]
    public void Expert_level_loss()
    {
        using var scope = NewDisposeScope();
        (RouterResult router, ForwardPass pass) = Example();
        Assert.Equal(1.05, BalanceLoss.ExpertLevel(router, Mixture, pass).item<double>(), 1e-12);
    }

    private static (RouterResult Router, ForwardPass Pass) Example()
    {
        Training.Native.LibTorch.Load();
        Tensor affinities = tensor(new[] { .4, .3, .2, .1, .1, .6, .2, .1, .9, .9, .9, .9 }, [3, 4]);
        RotaryTable rotary = RotaryTable.Create(TinyConfigs.DeepSeek(), 3, ScalarType.Float64, CPU);
        return (new RouterResult(1, affinities, [0, 1, 0, 3, -1, -1]), new ForwardPass(new Dimensions(1, 3), [2], rotary, null));
    }
}

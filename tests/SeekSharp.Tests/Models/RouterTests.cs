using SeekSharp.Formats;
using SeekSharp.Models;

namespace SeekSharp.Tests.Models;

/// <summary>The expert choice, worked by hand.</summary>
public sealed class RouterTests
{
    private static readonly MixtureOfExpertsConfig V3 = new()
    {
        ExpertCount = 6, ExpertsPerToken = 2, SharedExpertCount = 1, ExpertWidth = 8, LeadingDenseLayers = 1,
        Score = RouterScore.Sigmoid, NormalizeWeights = true, WeightScale = 2.5f, HasSelectionBias = true,
    };

    private static readonly MixtureOfExpertsConfig V2 = V3 with
    {
        Score = RouterScore.Softmax, NormalizeWeights = false, WeightScale = 16, HasSelectionBias = false,
    };

    [Fact]
    public void TheBiasChoosesButDoesNotWeigh()
    {
        // Affinities .5 .6 .7 .2 .1 .3; with the bias .9 .6 .7 .2 .8 .3: experts 0 and 4, whose own affinities are .5 and .1.
        (int[] experts, float[] weights) = Select(V3, Logits(.5, .6, .7, .2, .1, .3), [.4f, 0, 0, 0, .7f, 0]);
        Assert.Equal([0, 4], experts);
        AssertClose([2.5 * .5 / .6, 2.5 * .1 / .6], weights);
    }

    [Fact]
    public void SigmoidGroupsAreScoredByTheSumOfTheirTwoBest()
    {
        // Groups {.9 .1} {.6 .5} {.3 .8}: sums 1.0, 1.1, 1.1; two groups remain: the second and the third, though the best expert is in the first.
        MixtureOfExpertsConfig config = V3 with { GroupCount = 3, GroupsPerToken = 2 };
        (int[] experts, float[] weights) = Select(config, Logits(.9, .1, .6, .5, .3, .8), null);
        Assert.Equal([5, 2], experts);
        AssertClose([2.5 * .8 / 1.4, 2.5 * .6 / 1.4], weights);
    }

    [Fact]
    public void GroupScoresOfV3IncludeTheBias()
    {
        // Sums 1.0, .9, .8 without the bias; it lifts the third group to 1.2.
        MixtureOfExpertsConfig config = V3 with { GroupCount = 3, GroupsPerToken = 1 };
        (int[] experts, float[] weights) = Select(config, Logits(.6, .4, .5, .4, .3, .5), [0, 0, 0, 0, .4f, 0]);
        Assert.Equal([4, 5], experts);
        AssertClose([2.5 * .3 / .8, 2.5 * .5 / .8], weights);
    }

    [Fact]
    public void SoftmaxGroupsAreScoredByTheirBestAndWeightsAreNotNormalised()
    {
        // Probabilities .30 .02 | .20 .19 | .25 .04. The best of each group: .30 .20 .25; sums would keep the second group instead of the third.
        MixtureOfExpertsConfig config = V2 with { GroupCount = 3, GroupsPerToken = 2 };
        double[] probabilities = [.30, .02, .20, .19, .25, .04];
        (int[] experts, float[] weights) = Select(config, [.. probabilities.Select(p => (float)Math.Log(p))], null);
        Assert.Equal([0, 4], experts);
        AssertClose([16 * .30, 16 * .25], weights);
    }

    [Fact]
    public void SoftmaxWeightsCanBeNormalised()
    {
        double[] probabilities = [.30, .02, .20, .19, .25, .04];
        (int[] experts, float[] weights) = Select(
            V2 with { NormalizeWeights = true, WeightScale = 1 }, [.. probabilities.Select(p => (float)Math.Log(p))], null);
        Assert.Equal([0, 4], experts);
        AssertClose([.30 / .55, .25 / .55], weights);
    }

    [Fact]
    public void TiesGoToTheLowerIndex()
    {
        Assert.Equal([0, 1], Select(V3, new float[6], null).Experts);
        Assert.Equal([1, 3], Select(V3, [0, 1, 0, 1, 1, 0], null).Experts);
        // All groups are equal: the first two remain, and the better experts of the first two are taken.
        MixtureOfExpertsConfig groups = V3 with { GroupCount = 3, GroupsPerToken = 2, ExpertsPerToken = 3 };
        Assert.Equal([0, 2, 1], Select(groups, [1, 0, 1, 0, 1, 0], null).Experts);
    }

    [Fact]
    public void ExpertsOfAMaskedGroupAreNeverChosenHoweverBadTheOthers()
    {
        // Biases push every affinity of the kept group below zero: a mask of zero instead of minus infinity would let the others in.
        MixtureOfExpertsConfig config = V3 with { GroupCount = 3, GroupsPerToken = 1 };
        (int[] experts, _) = Select(config, Logits(.5, .5, .5, .5, .5, .5), [-2, -2, -1, -1, -2, -2]);
        Assert.Equal([2, 3], experts);
    }

    [Fact]
    public void LargeScoresDoNotOverflow()
    {
        (int[] experts, float[] weights) = Select(V2 with { WeightScale = 1 }, [1000, -1000, 999, 0, 0, 0], null);
        Assert.Equal([0, 2], experts);
        AssertClose([1 / (1 + Math.Exp(-1)), Math.Exp(-1) / (1 + Math.Exp(-1))], weights);
        // Nobody wants this token: its weights stay finite.
        (_, weights) = Select(V3, [-1000, -1000, -1000, -1000, -1000, -1000], null);
        Assert.All(weights, weight => Assert.True(float.IsFinite(weight)));
    }

    [Fact]
    public void ATraceRecordsTheChoiceAndAReplayTakesItsPlace()
    {
        var trace = new RouterTrace();
        float[] logits = Logits(.5, .6, .7, .2, .1, .3);
        Select(V3, [.. logits], null, trace, layer: 3, position: 9);
        Assert.Equal([2, 1], trace.Experts(3, 9));
        Assert.Empty(trace.Experts(3, 8));
        Assert.Equal(1, trace.Count);

        // The other scores would choose 0 and 5; the replay takes 2 and 1, with the weights that the new scores give them.
        (int[] experts, float[] weights) = Select(V3, Logits(.9, .2, .3, .1, .1, .8), null, trace.ToReplay(), layer: 3, position: 9);
        Assert.Equal([2, 1], experts);
        AssertClose([2.5 * .3 / .5, 2.5 * .2 / .5], weights);

        // What was not recorded is left to the router, and a replay records nothing.
        RouterTrace replay = trace.ToReplay();
        Assert.Equal([0, 5], Select(V3, Logits(.9, .2, .3, .1, .1, .8), null, replay, layer: 3, position: 10).Experts);
        Assert.Equal(1, replay.Count);
    }

    private static (int[] Experts, float[] Weights) Select(
        MixtureOfExpertsConfig config, float[] scores, float[]? bias, RouterTrace? trace = null, int layer = 0, int position = 0)
    {
        var experts = new int[config.ExpertsPerToken];
        var weights = new float[config.ExpertsPerToken];
        new Router(config, bias).Select(scores, new float[config.ExpertCount], new float[config.GroupCount], experts, weights, trace, layer, position);
        return (experts, weights);
    }

    /// <summary>The scores whose sigmoids these are.</summary>
    private static float[] Logits(params double[] affinities) => [.. affinities.Select(affinity => (float)Math.Log(affinity / (1 - affinity)))];

    private static void AssertClose(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.InRange(actual[i], expected[i] * (1 - 2e-6), expected[i] * (1 + 2e-6));
    }
}

using SeekSharp.Inference;

namespace SeekSharp.Tests.Inference;

public sealed class SamplerTests
{
    // Probabilities 0.1, 0.4, 0.2, 0.3.
    private static readonly float[] Logits = [.. new[] { 0.1, 0.4, 0.2, 0.3 }.Select(p => (float)Math.Log(p))];

    [Fact]
    public void Greedy_takes_the_highest_and_of_equals_the_first()
    {
        Assert.Equal(1, new Sampler(new() { Temperature = 0 }, 4).Sample(Logits));
        Assert.Equal(1, new Sampler(new() { Temperature = 0 }, 4).Sample([0, 2, 2, 1]));
    }

    [Fact]
    public void Sampling_follows_the_distribution()
    {
        var shares = Shares(new() { Seed = 1 });
        AssertClose([0.1, 0.4, 0.2, 0.3], shares);
    }

    [Fact]
    public void Temperature_half_squares_the_probabilities()
    {
        // 0.01, 0.16, 0.04, 0.09 over their sum 0.30.
        AssertClose([0.0333, 0.5333, 0.1333, 0.3], Shares(new() { Seed = 2, Temperature = 0.5f }));
    }

    [Fact]
    public void Top_k_keeps_the_most_probable()
    {
        AssertClose([0, 0.5714, 0, 0.4286], Shares(new() { Seed = 3, TopK = 2 }));
        AssertClose([0, 1, 0, 0], Shares(new() { Seed = 3, TopK = 1 }));
        AssertClose([0.1, 0.4, 0.2, 0.3], Shares(new() { Seed = 3, TopK = 100 }));
    }

    [Fact]
    public void Top_p_keeps_the_fewest_that_reach_it()
    {
        // 0.4 + 0.3 = 0.7 is above 0.65; 0.4 alone is not.
        AssertClose([0, 0.5714, 0, 0.4286], Shares(new() { Seed = 4, TopP = 0.65f }));
        AssertClose([0, 1, 0, 0], Shares(new() { Seed = 4, TopP = 0.35f }));
        AssertClose([0, 1, 0, 0], Shares(new() { Seed = 4, TopP = 1e-6f }));
    }

    [Fact]
    public void Top_p_refers_to_what_top_k_left()
    {
        // Top-k leaves 0.4, 0.3, 0.2 of 0.9. 0.7 of 0.9 is 0.778: above 0.75. Of all it would need the third token.
        AssertClose([0, 0.5714, 0, 0.4286], Shares(new() { Seed = 5, TopK = 3, TopP = 0.75f }));
        AssertClose([0, 0.4444, 0.2222, 0.3333], Shares(new() { Seed = 5, TopP = 0.75f }));
    }

    [Fact]
    public void Min_p_refers_to_the_highest()
    {
        // 0.6 of 0.4 is 0.24.
        AssertClose([0, 0.5714, 0, 0.4286], Shares(new() { Seed = 6, MinP = 0.6f }));
        AssertClose([0, 0.5714, 0, 0.4286], Shares(new() { Seed = 6, MinP = 0.6f, TopP = 0.95f }));
        AssertClose([0, 1, 0, 0], Shares(new() { Seed = 6, MinP = 1 }));
    }

    [Fact]
    public void Min_p_does_not_change_what_top_p_refers_to()
    {
        // Top-p 0.85 keeps 0.4, 0.3, 0.2; min-p then drops 0.2 (below 0.24). The other way round nothing would be left to drop 0.3 for.
        AssertClose([0, 0.5714, 0, 0.4286], Shares(new() { Seed = 7, TopP = 0.85f, MinP = 0.6f }));
    }

    [Fact]
    public void Same_seed_gives_same_tokens_and_another_seed_others()
    {
        Assert.Equal(Draw(11), Draw(11));
        Assert.NotEqual(Draw(11), Draw(12));
        Assert.NotEqual(Draw(11), Draw(11L << 32));

        static int[] Draw(long seed)
        {
            var sampler = new Sampler(new() { Seed = seed }, 4);
            return [.. Enumerable.Range(0, 64).Select(_ => sampler.Sample(Logits))];
        }
    }

    [Fact]
    public void Repetition_penalty_divides_positive_and_multiplies_negative_logits()
    {
        var sampler = new Sampler(new() { Temperature = 0, RepetitionPenalty = 2 }, 3);
        sampler.ObservePrompt([0]);
        Assert.Equal(1, sampler.Sample([3, 2, 0])); // 1.5, 2, 0
        Assert.Equal(0, sampler.Sample([3, 2, 0])); // 1.5, 1, 0
        Assert.Equal(2, sampler.Sample([-1, -1, -1.5f])); // -2, -2, -1.5
    }

    [Fact]
    public void Presence_and_frequency_penalties_count_the_reply_only()
    {
        var sampler = new Sampler(new() { Temperature = 0, PresencePenalty = 1, FrequencyPenalty = 0.5f }, 2);
        sampler.ObservePrompt([0, 0, 0, 0]);
        float[] logits = [2.25f, 0];
        Assert.Equal(0, sampler.Sample(logits)); // 2.25
        Assert.Equal(0, sampler.Sample(logits)); // 2.25 - 1 - 0.5 = 0.75
        Assert.Equal(0, sampler.Sample(logits)); // 2.25 - 1 - 1 = 0.25
        Assert.Equal(1, sampler.Sample(logits)); // 2.25 - 1 - 1.5 = -0.25
    }

    [Fact]
    public void Bias_moves_and_forbids_tokens()
    {
        Assert.Equal(0, new Sampler(new() { Temperature = 0, LogitBias = new Dictionary<int, float> { [0] = 5 } }, 4).Sample(Logits));
        var forbidden = new SamplerOptions { Seed = 8, LogitBias = new Dictionary<int, float> { [1] = float.NegativeInfinity } };
        AssertClose([0.1667, 0, 0.3333, 0.5], Shares(forbidden));
    }

    [Fact]
    public void Log_probabilities_are_those_of_the_model()
    {
        var options = new SamplerOptions
        {
            Temperature = 0,
            LogitBias = new Dictionary<int, float> { [0] = 5 },
            LogProbabilities = true,
            TopLogProbabilities = 3,
        };
        var sampler = new Sampler(options, 4);
        float[] shifted = [.. Logits.Select(logit => logit + 7)];
        Assert.Equal(0, sampler.Sample(shifted));
        Assert.Equal(Math.Log(0.1), sampler.LogProbability, 1e-5);
        Assert.Equal([1, 3, 2], sampler.TopLogProbabilities.ToArray().Select(entry => entry.Token));
        Assert.Equal(Math.Log(0.4), sampler.TopLogProbabilities[0].LogProbability, 1e-5);
        Assert.Equal(Math.Log(0.2), sampler.TopLogProbabilities[2].LogProbability, 1e-5);
    }

    [Fact]
    public void Log_probability_is_not_a_number_unless_asked_for()
    {
        var sampler = new Sampler(new() { Temperature = 0 }, 4);
        sampler.Sample(Logits);
        Assert.True(float.IsNaN(sampler.LogProbability));
        Assert.True(sampler.TopLogProbabilities.IsEmpty);
    }

    [Theory]
    [InlineData(float.NaN, 0f)]
    [InlineData(float.PositiveInfinity, 0f)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    public void Logits_without_a_meaning_are_an_error(float first, float second)
    {
        foreach (float temperature in new[] { 0f, 1f })
        {
            var sampler = new Sampler(new() { Temperature = temperature }, 2);
            Assert.Throws<NotFiniteNumberException>(() => sampler.Sample([second, first]));
        }
    }

    [Fact]
    public void Negative_infinity_forbids_a_token()
    {
        var sampler = new Sampler(new() { Seed = 9, TopP = 0.99f }, 3);
        for (int i = 0; i < 200; i++) Assert.Equal(1, sampler.Sample([float.NegativeInfinity, -3, float.NegativeInfinity]));
    }

    [Fact]
    public void Extreme_logits_and_temperatures_stay_defined()
    {
        var hot = new Sampler(new() { Temperature = 100, Seed = 1 }, 3);
        var cold = new Sampler(new() { Temperature = float.Epsilon, Seed = 1 }, 3);
        for (int i = 0; i < 100; i++)
        {
            Assert.InRange(hot.Sample([float.MaxValue, float.MinValue, 0]), 0, 2);
            Assert.Equal(2, cold.Sample([1, 1.5f, 1.75f]));
        }
    }

    [Fact]
    public void Wrong_options_and_arguments_are_named()
    {
        SamplerOptions[] wrong =
        [
            new() { Temperature = -1 }, new() { Temperature = float.NaN }, new() { TopK = -1 }, new() { TopP = 0 }, new() { TopP = 1.1f },
            new() { MinP = -0.1f }, new() { RepetitionPenalty = 0 }, new() { PresencePenalty = float.NaN }, new() { FrequencyPenalty = float.PositiveInfinity },
            new() { TopLogProbabilities = 101 }, new() { TopLogProbabilities = 1 }, new() { LogitBias = new Dictionary<int, float> { [4] = 1 } },
            new() { LogitBias = new Dictionary<int, float> { [-1] = 1 } }, new() { LogitBias = new Dictionary<int, float> { [0] = float.NaN } },
        ];
        foreach (var options in wrong) Assert.Throws<ArgumentOutOfRangeException>(() => new Sampler(options, 4));
        Assert.Throws<ArgumentException>(() => new Sampler(null, 4).Sample([1, 2, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sampler(null, 4).ObservePrompt([4]));
    }

    [Fact]
    public void Cuts_agree_with_a_full_sort()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            int count = random.Next(1, 300);
            ulong[] values = [.. Enumerable.Range(0, count).Select(i => ((ulong)random.Next(0, 20) << 32) | (uint)i)];
            random.Shuffle(values);
            int keep = random.Next(0, count + 2);
            ulong[] expected = [.. values.Order().Take(keep)];
            Selection.MoveSmallestFirst(values, keep);
            Assert.Equal(expected, values.Take(keep).Order());
        }
    }

    [Fact]
    public void Sampling_allocates_nothing()
    {
        var random = new Random(3);
        float[] logits = [.. Enumerable.Range(0, 5000).Select(_ => (float)(random.NextDouble() * 20))];
        var options = new SamplerOptions
        {
            TopK = 50, TopP = 0.9f, MinP = 0.01f, RepetitionPenalty = 1.1f, PresencePenalty = 0.1f, LogProbabilities = true, TopLogProbabilities = 5, Seed = 1,
        };
        var sampler = new Sampler(options, logits.Length);
        for (int i = 0; i < 50; i++) sampler.Sample(logits);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++) sampler.Sample(logits);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static double[] Shares(SamplerOptions options)
    {
        const int draws = 20_000;
        var sampler = new Sampler(options, 4);
        var shares = new double[4];
        for (int i = 0; i < draws; i++) shares[sampler.Sample(Logits)] += 1.0 / draws;
        return shares;
    }

    // 20,000 draws: the standard deviation of a share is at most 0.0036.
    private static void AssertClose(double[] expected, double[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i] == 0) Assert.Equal(0, actual[i]);
            else Assert.Equal(expected[i], actual[i], 0.015);
        }
    }
}

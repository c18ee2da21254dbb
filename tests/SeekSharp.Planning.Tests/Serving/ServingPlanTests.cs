using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;
using SeekSharp.Planning.Serving;

namespace SeekSharp.Planning.Tests.Serving;

/// <summary>Against DeepSeek's day 6 of open-infra-index: a day of V3 and R1 on H800, 27 and 28 February 2025.</summary>
public class ServingPlanTests
{
    private static readonly ServingPlan s_plan = ServingPlan.Evaluate(ServingScenario.DaySix);

    // "the total daily cost is $87,072": 226.75 nodes x 8 x 24 h x $2.
    [Fact]
    public void A_day_costs_what_it_did() => Assert.Equal(87_072, s_plan.CostPerDay);

    // "theoretical total daily income of $562,027", of rounded tokens: within 0.1%; "a cost profit margin of 545%".
    [Fact]
    public void A_day_earns_what_it_did()
    {
        Assert.Equal(562_027, s_plan.RevenuePerDay, 562_027 * 0.001);
        Assert.Equal(5.45, s_plan.Margin!.Value, 0.01);
    }

    // "an average throughput of ~73.7k tokens/s for input (including cache hits) during prefilling or ~14.8k tokens/s for output during decoding" per H800 node.
    // Issue 8: within 30% from first principles.
    [Fact]
    public void Throughput_of_a_node_from_first_principles()
    {
        Assert.InRange(s_plan.PrefillNodeTokensPerSecond / 73_700, 0.7, 1.3);
        Assert.InRange(s_plan.DecodeNodeTokensPerSecond / 14_800, 0.7, 1.3);
        Assert.All(s_plan.Scenario.Calibration.Assumptions, assumption => Assert.False(assumption.IsFitted));
    }

    // lmsys.org, 5 May 2025: SGLang on H100, 4 nodes for prefill (EP32), prompts of 2,000 tokens: 52.3k tokens a second and node, measured with full load. Not looked at while the
    // model was made; no published tolerance, so the same 30%.
    [Fact]
    public void Prefill_of_another_system()
    {
        ServingScenario other = ServingScenario.DaySix with
        {
            Chip = ChipCatalog.Default.Find("H100"), Load = new ServingLoad { CacheHitShare = 0, ContextTokens = 2000, InputTokensPerDay = 1e12, OutputTokensPerDay = 0 },
        };
        Assert.InRange(8 * ServingPlan.Evaluate(other).Prefill.TokensPerSecond / 52_300, 0.7, 1.3);
    }

    // 608e9 / 86,400 / 73,700 = 95.5 and 168e9 / 86,400 / 14,800 = 131.4 nodes; together the 226.75 that were on, within rounding.
    [Fact]
    public void Nodes_that_the_load_needs_at_the_measured_throughput()
    {
        var plan = ServingPlan.Evaluate(ServingScenario.DaySix with { PrefillNodeTokensPerSecond = 73_700, DecodeNodeTokensPerSecond = 14_800, Nodes = null });
        Assert.Equal(95.5, plan.PrefillNodes, 0.05);
        Assert.Equal(131.4, plan.DecodeNodes, 0.05);
        Assert.Equal(226.75, plan.NodesPaid, 0.2);
    }

    // Day 6: prefill with 9 routed experts per GPU, decode with 2; 21 tokens a second is the middle of "20-22".
    [Fact]
    public void Units_of_day_6()
    {
        Assert.Equal(9, ServingWeights.ExpertsPerDevice(s_plan.Scenario.Model, s_plan.Scenario.Prefill));
        Assert.Equal(2, ServingWeights.ExpertsPerDevice(s_plan.Scenario.Model, s_plan.Scenario.Decode));
        Assert.Equal(BatchLimit.Latency, s_plan.Decode.Limit);
        Assert.Equal(21, s_plan.Decode.UserTokensPerSecond, 1e-6);
        Assert.InRange(s_plan.Decode.Batch, 1, s_plan.Decode.MemoryBatch);
    }

    // All weights are somewhere: 671.03 billion in FP8 with embedding and head (2 x 129,280 x 7,168) in BF16, on one device.
    [Fact]
    public void Weights_of_a_device()
    {
        var scenario = ServingScenario.DaySix with { Decode = new ServingUnit(1, 0) };
        double bytes = ServingWeights.Bytes(scenario, scenario.Decode, ServingRates.Of(scenario));
        Assert.Equal(671_026_419_200 + (2 * 926_679_040.0), bytes);
    }

    [Fact]
    public void Each_technique_pays_or_costs_nothing()
    {
        ServingScenario all = ServingScenario.DaySix with { LinkBetweenNodes = 25e9 };
        foreach (ServingTechniques less in (ServingTechniques[])[new() { Overlap = false }, new() { NodeLimitedRouting = false }, new() { Float8Dispatch = false }, new() { Float8Matrices = false }])
        {
            var without = ServingPlan.Evaluate(all with { Techniques = less });
            var with = ServingPlan.Evaluate(all);
            Assert.True(without.TokensPerSecondPerDevice < with.TokensPerSecondPerDevice, less.ToString());
        }
    }

    [Fact]
    public void More_of_anything_is_never_slower()
    {
        double last = 0;
        foreach (double link in (double[])[15e9, 25e9, 50e9, 100e9, 400e9])
        {
            double speed = ServingPlan.Evaluate(ServingScenario.DaySix with { LinkBetweenNodes = link }).TokensPerSecondPerDevice;
            Assert.True(speed >= last);
            last = speed;
        }

        var slow = ServingScenario.DaySix with { Load = new ServingLoad { TokensPerSecondPerUser = 10 } };
        Assert.True(ServingPlan.Evaluate(slow).Decode.NodeTokensPerSecond > s_plan.Decode.NodeTokensPerSecond);
        Assert.Equal(BatchLimit.Memory, ServingPlan.Evaluate(slow).Decode.Limit);
    }

    [Fact]
    public void Prediction_gives_a_user_more_tokens_a_second()
    {
        var batch = ServingScenario.DaySix with { Batch = 64 };
        var predicting = ServingPlan.Evaluate(batch with { Techniques = new ServingTechniques { MultiTokenPrediction = true } });
        Assert.InRange(predicting.Decode.UserTokensPerSecond / ServingPlan.Evaluate(batch).Decode.UserTokensPerSecond, 1.1, 1.85);
    }

    [Fact]
    public void A_dense_model_is_served_by_single_chips()
    {
        var plan = ServingPlan.Evaluate(new ServingScenario
        {
            Model = ModelCatalog.Find("Qwen2.5-72B"), Chip = ChipCatalog.Default.Find("B200"), Prefill = new ServingUnit(1, 0), Decode = new ServingUnit(1, 0),
        });
        Assert.Equal(0, plan.Prefill.TrafficBetween + plan.Decode.TrafficSeconds);
        Assert.True(plan.Decode.Batch > 1);
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Bad_input_gets_one_sentence(string name, string sentence)
    {
        string message = Assert.Throws<PlanningException>(() => ServingPlan.Evaluate(s_mistakes[name])).Message;
        Assert.Contains(sentence, message, StringComparison.Ordinal);
        Assert.EndsWith(".", message, StringComparison.Ordinal);
    }

    private static readonly Dictionary<string, ServingScenario> s_mistakes = new()
    {
        ["price"] = ServingScenario.DaySix with { PricePerHour = -1 },
        ["output"] = ServingScenario.DaySix with { Prices = new ServingPrices(0, 0, -2) },
        ["nodes"] = ServingScenario.DaySix with { Nodes = 0 },
        ["units"] = ServingScenario.DaySix with { Decode = new ServingUnit(100, 32) },
        ["target"] = ServingScenario.DaySix with { Load = new ServingLoad { TokensPerSecondPerUser = 1000 } },
        ["memory"] = ServingScenario.DaySix with { Decode = new ServingUnit(8, 0) },
        ["batch"] = ServingScenario.DaySix with { Batch = 1000 },
        ["hits"] = ServingScenario.DaySix with { Load = new ServingLoad { CacheHitShare = 1 } },
        ["link"] = ServingScenario.DaySix with { Chip = ChipCatalog.Default.Find("L20") },
        ["dense"] = ServingScenario.DaySix with { Model = ModelCatalog.Find("Qwen2.5-72B") },
    };

    public static TheoryData<string, string> Mistakes => new()
    {
        { "price", "must not be negative" },
        { "output", "must not be negative" },
        { "nodes", "nodes must be above 0" },
        { "units", "cannot be spread evenly" },
        { "target", "No batch gives a user 1000 tokens a second" },
        { "memory", "leave no room" },
        { "batch", "does not fit" },
        { "hits", "below 1" },
        { "link", "is unknown" },
        { "dense", "no experts" },
    };
}

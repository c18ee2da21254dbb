using SeekSharp.Planning.Serving;

namespace SeekSharp.Planning.Tests.Serving;

public class ExpertLoadBalancerTests
{
    // README of github.com/deepseek-ai/EPLB: 2 layers, 12 experts, 16 replicas, 4 groups, 2 nodes, 8 GPUs.
    private static readonly float[][] s_example =
    [
        [90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86],
        [20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27],
    ];

    [Fact]
    public void The_example_of_the_original_comes_out_element_by_element()
    {
        var placement = ExpertLoadBalancer.Rebalance(s_example, replicas: 16, groups: 4, nodes: 2, gpus: 8);

        Assert.Equal([5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1], placement.PhysicalToLogical[0]);
        Assert.Equal([7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1], placement.PhysicalToLogical[1]);
        Assert.Equal([1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 2, 1], placement.ReplicaCounts[0]);
        Assert.Equal([1, 2, 1, 1, 1, 2, 2, 1, 2, 1, 1, 1], placement.ReplicaCounts[1]);
        Assert.Equal([0, 2], placement.LogicalToPhysical[0][5]);
        Assert.Equal([12, -1], placement.LogicalToPhysical[0][0]);
    }

    // The loads that follow from the placement (computed by hand from the README's example).
    [Fact]
    public void Gpu_loads_of_the_example()
    {
        var placement = ExpertLoadBalancer.Rebalance(s_example, 16, 4, 2, 8);

        Assert.Equal([121.5, 86.5, 125, 113, 147.5, 131.5, 156, 152], placement.GpuLoads(0, s_example[0], 8));
        Assert.Equal([173, 179.5, 120.5, 172, 123, 152, 118.5, 117.5], placement.GpuLoads(1, s_example[1], 8));
        Assert.Equal(1.208, placement.Imbalance(0, s_example[0], 8), 3);
        Assert.Equal(1.242, placement.Imbalance(1, s_example[1], 8), 3);
    }

    // What the original's operations give in LibTorch 2.10 on x86-64 under Linux (float32 sums, quotients and sort): a checksum over physical-to-logical map and ranks.
    // 1,012 random inputs of 11 shapes with and without equal loads were equal, element by element.
    [Theory]
    [MemberData(nameof(Originals))]
    public void Equal_to_the_original_with_ties_and_rounding(int experts, int replicas, int groups, int nodes, int gpus, int values, string expected)
    {
        float[] loads = Loads(experts, values);
        var placement = ExpertLoadBalancer.Rebalance([loads], replicas, groups, nodes, gpus);
        Assert.Equal(expected, Checksum(placement));
    }

    public static TheoryData<int, int, int, int, int, int, string> Originals => new()
    {
        { 256, 288, 8, 4, 32, 10, "21a152f6" },
        { 256, 288, 8, 4, 32, 1000, "88eb1337" },
        { 256, 288, 8, 4, 32, -1, "3113ca3e" },
        { 256, 288, 8, 18, 144, 100, "c2cc2efd" },
        { 256, 288, 8, 18, 144, -1, "df807831" },
        { 160, 192, 8, 8, 64, 20, "01691ad1" },
        { 64, 72, 8, 2, 8, 30, "bffb3214" },
        { 60, 80, 3, 2, 16, -1, "dd6eebda" },
        { 384, 400, 1, 5, 40, 3, "6b98b6f4" },
        { 2048, 2560, 32, 4, 64, 50, "6d7e03a7" },
        { 2048, 2560, 32, 4, 64, -1, "768fdd88" },
    };

    // The global policy (groups that cannot be divided by nodes) is the hierarchical one with one group on one node.
    [Fact]
    public void Groups_that_do_not_divide_by_nodes_are_ignored()
    {
        var global = ExpertLoadBalancer.Rebalance(s_example, 16, 3, 2, 8);
        var single = ExpertLoadBalancer.Rebalance(s_example, 16, 1, 1, 8);
        Assert.Equal(single.PhysicalToLogical, global.PhysicalToLogical);
        Assert.NotEqual(ExpertLoadBalancer.Rebalance(s_example, 16, 4, 2, 8).PhysicalToLogical, global.PhysicalToLogical);
    }

    [Fact]
    public void A_stable_order_gives_the_same_replicas()
    {
        float[] loads = Loads(256, 10);
        var torch = ExpertLoadBalancer.Rebalance([loads], 288, 8, 4, 32);
        var stable = ExpertLoadBalancer.Rebalance([loads], 288, 8, 4, 32, TieOrder.Stable);
        Assert.Equal(torch.ReplicaCounts[0].Order(), stable.ReplicaCounts[0].Order());
        Assert.NotEqual(torch.PhysicalToLogical[0], stable.PhysicalToLogical[0]);
        Assert.Equal(torch.Imbalance(0, loads, 32), stable.Imbalance(0, loads, 32), 1e-6);
    }

    [Fact]
    public void Every_expert_is_somewhere_and_every_replica_is_in_the_inverse_map()
    {
        for (int values = 1; values < 400; values += 57)
        {
            float[] loads = Loads(160, values);
            var placement = ExpertLoadBalancer.Rebalance([loads], 192, 8, 8, 64);
            Assert.Equal(192, placement.ReplicaCounts[0].Sum());
            for (int expert = 0; expert < 160; expert++)
            {
                int[] places = [.. placement.LogicalToPhysical[0][expert].Where(place => place >= 0)];
                Assert.Equal(placement.ReplicaCounts[0][expert], places.Length);
                Assert.All(places, place => Assert.Equal(expert, placement.PhysicalToLogical[0][place]));
            }
        }
    }

    [Theory]
    [InlineData(0, 4, 2, 8, "replicas must be at least 1")]
    [InlineData(16, 4, 0, 8, "nodes must be at least 1")]
    [InlineData(16, 8, 2, 8, "12 experts cannot be divided into 8 groups")]
    [InlineData(16, 4, 2, 7, "7 GPUs cannot be divided over 2 nodes")]
    [InlineData(15, 4, 2, 8, "15 replicas cannot be divided over 8 GPUs")]
    [InlineData(8, 4, 2, 8, "8 replicas are too few for 12 experts")]
    public void Numbers_that_do_not_go_together(int replicas, int groups, int nodes, int gpus, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<PlanningException>(() => ExpertLoadBalancer.Rebalance(s_example, replicas, groups, nodes, gpus)).Message, StringComparison.Ordinal);

    [Fact]
    public void Loads_that_make_no_sense()
    {
        Assert.Throws<PlanningException>(() => ExpertLoadBalancer.Rebalance([], 16, 4, 2, 8));
        Assert.Throws<PlanningException>(() => ExpertLoadBalancer.Rebalance([[1, -1]], 2, 1, 1, 2));
        Assert.Throws<PlanningException>(() => ExpertLoadBalancer.Rebalance([[1, float.NaN]], 2, 1, 1, 2));
        Assert.Throws<PlanningException>(() => ExpertLoadBalancer.Rebalance([[1, 2], [1]], 2, 1, 1, 2));
    }

    /// <summary>Numbers of a linear congruential generator: whole ones below a bound, so that many are equal, or fractions where the bound is negative.</summary>
    internal static float[] Loads(int count, int values)
    {
        float[] loads = new float[count];
        uint state = 12345;
        for (int i = 0; i < count; i++)
        {
            state = (state * 1664525) + 1013904223;
            loads[i] = values > 0 ? (state >> 8) % (uint)values : (state >> 8) / 65536f;
        }

        return loads;
    }

    /// <summary>FNV-1a over the expert and the rank of each replica.</summary>
    private static string Checksum(ExpertPlacement placement)
    {
        uint hash = 2166136261;
        int[] physical = placement.PhysicalToLogical[0];
        for (int i = 0; i < physical.Length; i++)
        {
            int rank = Array.IndexOf(placement.LogicalToPhysical[0][physical[i]], i);
            foreach (int value in (int[])[physical[i], rank]) hash = (hash ^ (uint)value) * 16777619;
        }

        return hash.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
    }
}

namespace SeekSharp.Planning.Serving;

/// <summary>Where the replicas of each layer's experts lie, as EPLB's rebalance_experts returns it.</summary>
/// <param name="PhysicalToLogical">[layers][replicas]: the expert of each replica; GPU i has the i-th part of them.</param>
/// <param name="LogicalToPhysical">[layers][experts][most replicas of any expert]: the replicas of each expert, and -1 where it has fewer.</param>
/// <param name="ReplicaCounts">[layers][experts]: replicas of each expert.</param>
public sealed record ExpertPlacement(int[][] PhysicalToLogical, int[][][] LogicalToPhysical, int[][] ReplicaCounts)
{
    /// <summary>The load of each GPU of a layer when the replicas of an expert share its load equally.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="loads">[experts]: the load of each expert.</param>
    /// <param name="gpus">GPUs that the replicas are spread over.</param>
    public double[] GpuLoads(int layer, IReadOnlyList<float> loads, int gpus)
    {
        ArgumentNullException.ThrowIfNull(loads);
        int[] replicas = PhysicalToLogical[layer];
        double[] sums = new double[gpus];
        for (int i = 0; i < replicas.Length; i++) sums[(int)((long)i * gpus / replicas.Length)] += (double)loads[replicas[i]] / ReplicaCounts[layer][replicas[i]];
        return sums;
    }

    /// <summary>The load of the busiest GPU over the mean: 1 is perfect balance.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="loads">[experts]: the load of each expert.</param>
    /// <param name="gpus">GPUs that the replicas are spread over.</param>
    public double Imbalance(int layer, IReadOnlyList<float> loads, int gpus)
    {
        double[] sums = GpuLoads(layer, loads, gpus);
        double mean = sums.Average();
        return mean > 0 ? sums.Max() / mean : 1;
    }
}

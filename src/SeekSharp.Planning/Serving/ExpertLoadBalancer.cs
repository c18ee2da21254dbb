namespace SeekSharp.Planning.Serving;

/// <summary>
/// EPLB, the load balancer of DeepSeek's expert parallelism (github.com/deepseek-ai/EPLB): experts with much load get replicas, and replicas are packed on GPUs so that
/// all have about the same load.
/// </summary>
/// <remarks>
/// The result is the original's, element by element: loads are float32 as there, sums and quotients are rounded in the same order, the first of equal maxima is replicated, and the
/// first of equally filled packs takes an item. In which order equal loads are packed is up to the sort that the original calls: see <see cref="TieOrder"/>.
/// </remarks>
public static class ExpertLoadBalancer
{
    private const int MostReplicas = 1 << 20, MostCells = 1 << 24;

    /// <summary>Places the experts of all layers.</summary>
    /// <param name="loads">[layers][experts]: what each expert has to do, in any unit: tokens, say. Finite and not negative.</param>
    /// <param name="replicas">Physical experts of each layer: a multiple of <paramref name="gpus"/>, at least as many as experts.</param>
    /// <param name="groups">Expert groups. Where they can be divided by nodes, the experts of a group stay on one node (hierarchical policy); otherwise they go anywhere (global policy).</param>
    /// <param name="nodes">Nodes, within which links are fast.</param>
    /// <param name="gpus">GPUs of all nodes together.</param>
    /// <param name="ties">In which order equal loads are packed.</param>
    /// <exception cref="PlanningException">The numbers do not go together.</exception>
    public static ExpertPlacement Rebalance(
        IReadOnlyList<IReadOnlyList<float>> loads, int replicas, int groups, int nodes, int gpus, TieOrder ties = TieOrder.Torch)
    {
        ArgumentNullException.ThrowIfNull(loads);
        Check(loads, replicas, groups, nodes, gpus);
        (groups, nodes) = groups % nodes == 0 ? (groups, nodes) : (1, 1);
        CheckParts(loads[0].Count, replicas, groups, nodes, gpus);
        int[][] experts = new int[loads.Count][], counts = new int[loads.Count][];
        int[][] ranks = new int[loads.Count][];
        for (int layer = 0; layer < loads.Count; layer++)
            (experts[layer], ranks[layer], counts[layer]) = RebalanceLayer([.. loads[layer]], replicas, groups, nodes, gpus, ties);
        int most = counts.Max(layer => layer.Max());
        if ((long)loads.Count * loads[0].Count * most > MostCells)
            throw new PlanningException($"{loads.Count} layers of {loads[0].Count} experts with up to {most} replicas are too many.");
        int[][][] physical = [.. experts.Select((layer, i) => Invert(layer, ranks[i], loads[0].Count, most))];
        return new ExpertPlacement(experts, physical, counts);
    }

    /// <summary>Groups to nodes, replicas within nodes, replicas to GPUs. With one node and one group it is the global policy.</summary>
    private static (int[] Experts, int[] Ranks, int[] Counts) RebalanceLayer(float[] loads, int replicas, int groups, int nodes, int gpus, TieOrder ties)
    {
        int groupSize = loads.Length / groups, nodeExperts = loads.Length / nodes, nodeReplicas = replicas / nodes, gpuReplicas = replicas / gpus;
        int[] ordered = OrderByNode(loads, groups, groupSize, nodes, ties);
        int[] experts = new int[replicas], ranks = new int[replicas], counts = new int[loads.Length];
        for (int node = 0; node < nodes; node++)
        {
            ReadOnlySpan<int> own = ordered.AsSpan(node * nodeExperts, nodeExperts);
            float[] nodeLoads = new float[nodeExperts];
            for (int i = 0; i < nodeExperts; i++) nodeLoads[i] = loads[own[i]];
            var (replicated, rank, count) = Replicate(nodeLoads, nodeReplicas);
            float[] replicaLoads = new float[nodeReplicas];
            for (int i = 0; i < nodeReplicas; i++) replicaLoads[i] = nodeLoads[replicated[i]] / count[replicated[i]];
            var (gpu, place) = Pack(replicaLoads, gpus / nodes, ties);
            for (int i = 0; i < nodeReplicas; i++)
            {
                int slot = (node * nodeReplicas) + (gpu[i] * gpuReplicas) + place[i];
                (experts[slot], ranks[slot]) = (own[replicated[i]], rank[i]);
            }

            for (int i = 0; i < nodeExperts; i++) counts[own[i]] = count[i];
        }

        return (experts, ranks, counts);
    }

    /// <summary>All experts, node after node, each with the groups packed on it in the order of packing.</summary>
    private static int[] OrderByNode(float[] loads, int groups, int groupSize, int nodes, TieOrder ties)
    {
        float[] sums = new float[groups];
        for (int group = 0; group < groups; group++) sums[group] = FloatSum.Of(loads.AsSpan(group * groupSize, groupSize));
        var (node, place) = Pack(sums, nodes, ties);
        int[] ordered = new int[loads.Length];
        for (int group = 0; group < groups; group++)
        {
            int first = ((node[group] * (groups / nodes)) + place[group]) * groupSize;
            for (int i = 0; i < groupSize; i++) ordered[first + i] = (group * groupSize) + i;
        }

        return ordered;
    }

    /// <summary>Gives each further replica to the expert whose replicas have most to do.</summary>
    private static (int[] Experts, int[] Ranks, int[] Counts) Replicate(float[] loads, int replicas)
    {
        int[] experts = new int[replicas], ranks = new int[replicas], counts = new int[loads.Length];
        for (int i = 0; i < loads.Length; i++) (experts[i], counts[i]) = (i, 1);
        // The queue gives out equal loads by index, as the first of equal maxima.
        PriorityQueue<int, (float Negative, int Index)> queue = new(loads.Length);
        for (int i = 0; i < loads.Length; i++) queue.Enqueue(i, (-loads[i], i));
        for (int i = loads.Length; i < replicas; i++)
        {
            int expert = queue.Dequeue();
            (experts[i], ranks[i]) = (expert, counts[expert]++);
            queue.Enqueue(expert, (-(loads[expert] / counts[expert]), expert));
        }

        return (experts, ranks, counts);
    }

    /// <summary>Packs items, the heaviest first, each into the lightest pack that has room; all packs get the same number.</summary>
    private static (int[] Pack, int[] Place) Pack(float[] loads, int packs, TieOrder ties)
    {
        int capacity = loads.Length / packs;
        int[] pack = new int[loads.Length], place = new int[loads.Length];
        if (capacity == 1)
        {
            for (int i = 0; i < pack.Length; i++) pack[i] = i;
            return (pack, place);
        }

        int[] filled = new int[packs];
        PriorityQueue<int, (float Load, int Index)> open = new(packs);
        for (int i = 0; i < packs; i++) open.Enqueue(i, (0, i));
        float[] packLoads = new float[packs];
        foreach (int item in DescendingOrder.Of(loads, ties))
        {
            int lightest = open.Dequeue();
            (pack[item], place[item]) = (lightest, filled[lightest]++);
            packLoads[lightest] += loads[item];
            if (filled[lightest] < capacity) open.Enqueue(lightest, (packLoads[lightest], lightest));
        }

        return (pack, place);
    }

    private static int[][] Invert(int[] experts, int[] ranks, int count, int most)
    {
        int[][] physical = new int[count][];
        for (int i = 0; i < count; i++) Array.Fill(physical[i] = new int[most], -1);
        for (int i = 0; i < experts.Length; i++) physical[experts[i]][ranks[i]] = i;
        return physical;
    }

    private static void Check(IReadOnlyList<IReadOnlyList<float>> loads, int replicas, int groups, int nodes, int gpus)
    {
        if (loads.Count == 0 || loads[0].Count == 0) throw new PlanningException("The loads of experts are empty; give one row of numbers per layer.");
        foreach (var (name, value) in ((string, int)[])[("replicas", replicas), ("groups", groups), ("nodes", nodes), ("gpus", gpus)])
            if (value < 1) throw new PlanningException($"The number of {name} must be at least 1, not {value}.");
        if (replicas > MostReplicas) throw new PlanningException($"{replicas} replicas are more than {MostReplicas}.");
        for (int layer = 0; layer < loads.Count; layer++)
        {
            if (loads[layer].Count != loads[0].Count)
                throw new PlanningException($"Layer {layer} has loads of {loads[layer].Count} experts, but layer 0 of {loads[0].Count}; all layers need the same number.");
            if (loads[layer].FirstOrDefault(load => !(load >= 0 && float.IsFinite(load)), 0) is not 0 and var wrong)
                throw new PlanningException(FormattableString.Invariant($"Layer {layer} has a load of {wrong}; loads must be finite and not negative."));
        }
    }

    private static void CheckParts(int experts, int replicas, int groups, int nodes, int gpus)
    {
        if (experts % groups != 0) throw new PlanningException($"{experts} experts cannot be divided into {groups} groups of the same size.");
        if (gpus % nodes != 0) throw new PlanningException($"{gpus} GPUs cannot be divided over {nodes} nodes.");
        if (replicas % gpus != 0) throw new PlanningException($"{replicas} replicas cannot be divided over {gpus} GPUs.");
        if (replicas < experts) throw new PlanningException($"{replicas} replicas are too few for {experts} experts.");
    }
}

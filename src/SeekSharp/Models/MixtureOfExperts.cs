using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Buffers of a mixture of experts: tokens sorted by expert.</summary>
internal sealed unsafe class MixtureOfExpertsBuffers
{
    public MixtureOfExpertsBuffers(Workspace workspace, MixtureOfExpertsConfig config)
    {
        int rows = workspace.MaxRows, hidden = workspace.Config.HiddenSize, slots = rows * config.ExpertsPerToken;
        int sharedWidth = config.SharedExpertCount * config.ExpertWidth;
        Scores = workspace.Floats((long)rows * config.ExpertCount);
        Selection = new float[config.ExpertCount];
        GroupScores = new float[config.GroupCount];
        Experts = workspace.Integers(slots);
        Weights = workspace.Floats(slots);
        Order = new int[config.ExpertCount];
        Ranks = new int[config.ExpertCount];
        ExpertStarts = new int[config.ExpertCount + 1];
        SlotRows = workspace.Integers(slots);
        Slots = workspace.Integers(slots);
        Gate = workspace.Floats((long)slots * config.ExpertWidth);
        Up = workspace.Floats((long)slots * config.ExpertWidth);
        DownInput = workspace.Input(slots, config.ExpertWidth);
        Down = workspace.Floats((long)slots * hidden);
        if (sharedWidth > 0)
        {
            SharedGate = workspace.Floats((long)rows * sharedWidth);
            SharedUp = workspace.Floats((long)rows * sharedWidth);
            SharedInput = workspace.Input(rows, sharedWidth);
        }

        Products = new Product[2 * config.ExpertCount + 2];
        CombineWork = new ParallelRows<MixtureOfExperts.CombineWork>(workspace.Pool);
    }

    /// <summary>Router scores [rows, experts].</summary>
    public float* Scores { get; }
    public float[] Selection { get; }
    public float[] GroupScores { get; }

    /// <summary>Chosen experts and their weights [rows, experts per token].</summary>
    public int* Experts { get; }
    public float* Weights { get; }

    /// <summary>Experts in the order in which they are computed, and each expert's rank in it.</summary>
    public int[] Order { get; }
    public int[] Ranks { get; }

    /// <summary>First slot of the expert of each rank; a slot is one token at one expert.</summary>
    public int[] ExpertStarts { get; }

    /// <summary>Row of each slot's token.</summary>
    public int* SlotRows { get; }

    /// <summary>Slot of each choice [rows, experts per token].</summary>
    public int* Slots { get; }
    public float* Gate { get; }
    public float* Up { get; }
    public Activations DownInput { get; }
    public float* Down { get; }
    public float* SharedGate { get; }
    public float* SharedUp { get; }
    public Activations? SharedInput { get; }
    public Product[] Products { get; }
    public ParallelRows<MixtureOfExperts.CombineWork> CombineWork { get; }
}

/// <summary>
/// DeepSeekMoE (DeepSeek-V3 §2.1.2): h = sum of w_i x E_i(x) over the chosen experts, plus the shared experts. Tokens are sorted by expert, so
/// that each expert's weights are read once for all its tokens; results are added per token in the order of choice, so that they do not depend on
/// what else is in the batch.
/// </summary>
internal sealed unsafe class MixtureOfExperts(
    MixtureOfExpertsConfig config, PackedMatrix gate, Router router, IExperts experts, FeedForwardWeights? shared) : IFeedForward
{
    /// <summary>More tokens than this use most experts of a layer: reading ahead guesses nothing then.</summary>
    private const int MostTokensToReadAhead = 4;

    public void Prepare(NormWeight norm, Workspace workspace, ForwardBatch batch)
    {
        if (!experts.CanReadAhead || batch.Count > MostTokensToReadAhead) return;
        // Attention will change the residual stream a little: what this layer's router makes of it now is mostly what it will choose.
        MixtureOfExpertsBuffers buffers = workspace.MixtureOfExperts!;
        workspace.Norm(norm, workspace.Hidden, norm.Length, workspace.Normed, norm.Length, batch.Count);
        workspace.NormedInput.Set(workspace.Normed, norm.Length, batch.Count);
        workspace.Products.Run([new Product(gate, workspace.NormedInput, batch.Count, buffers.Scores)]);
        for (int row = 0; row < batch.Count; row++)
        {
            Select(buffers, row, null, 0, 0);
            // The best half is almost always right; a wrong guess takes the disk from what is needed.
            experts.ReadAhead(new ReadOnlySpan<int>(buffers.Experts + (row * config.ExpertsPerToken), (config.ExpertsPerToken + 1) / 2));
        }
    }

    public void Forward(Workspace workspace, ForwardBatch batch, int layer)
    {
        MixtureOfExpertsBuffers buffers = workspace.MixtureOfExperts!;
        int rows = batch.Count, hidden = workspace.Config.HiddenSize;
        workspace.Products.Run([new Product(gate, workspace.NormedInput, rows, buffers.Scores)]);
        Route(buffers, batch, layer);
        workspace.ExpertLoad!.Add(layer, Chosen(buffers, rows));
        if (shared is null) new Span<float>(workspace.BlockOutput, rows * hidden).Clear();
        try
        {
            experts.Begin(Chosen(buffers, rows), buffers.Order);
            SortByExpert(buffers, rows);
            bool withShared = shared is not null;
            for (int first = 0; first < config.ExpertCount; withShared = false)
            {
                int end = experts.Bring();
                Compute(workspace, rows, first, end, withShared);
                first = end;
            }
        }
        finally
        {
            experts.End();
        }

        buffers.CombineWork.Run(new CombineWork(workspace, config.ExpertsPerToken), rows, chunk: 1);
    }

    /// <summary>Computes the experts of some ranks, and the shared ones beside them.</summary>
    private void Compute(Workspace workspace, int rows, int first, int end, bool withShared)
    {
        MixtureOfExpertsBuffers buffers = workspace.MixtureOfExperts!;
        int width = config.ExpertWidth, hidden = workspace.Config.HiddenSize;
        int firstSlot = buffers.ExpertStarts[first], slots = buffers.ExpertStarts[end] - firstSlot, count = 0;
        for (int rank = first; rank < end; rank++)
        {
            int start = buffers.ExpertStarts[rank], tokens = buffers.ExpertStarts[rank + 1] - start;
            if (tokens == 0) continue;
            FeedForwardWeights expert = experts[buffers.Order[rank]];
            int* slotRows = buffers.SlotRows + start;
            buffers.Products[count++] = Product.OfRows(expert.Gate, workspace.NormedInput, slotRows, tokens, buffers.Gate + (long)start * width);
            buffers.Products[count++] = Product.OfRows(expert.Up, workspace.NormedInput, slotRows, tokens, buffers.Up + (long)start * width);
        }

        if (withShared)
        {
            buffers.Products[count++] = new Product(shared!.Gate, workspace.NormedInput, rows, buffers.SharedGate);
            buffers.Products[count++] = new Product(shared.Up, workspace.NormedInput, rows, buffers.SharedUp);
        }

        if (count == 0) return;
        workspace.Products.Run(buffers.Products.AsSpan(0, count)); // gate and up [slots, width], shared [rows, shared width]

        count = 0;
        if (slots > 0)
        {
            workspace.SwiGlu(buffers.Gate + (long)firstSlot * width, buffers.Up + (long)firstSlot * width, width, slots);
            buffers.DownInput.Set(buffers.Gate + (long)firstSlot * width, width, slots);
        }

        for (int rank = first; rank < end; rank++)
        {
            int start = buffers.ExpertStarts[rank], tokens = buffers.ExpertStarts[rank + 1] - start;
            if (tokens == 0) continue;
            buffers.Products[count++] = Product.OfRange(
                experts[buffers.Order[rank]].Down, buffers.DownInput, start - firstSlot, tokens, buffers.Down + (long)start * hidden);
        }

        if (withShared)
        {
            workspace.SwiGlu(buffers.SharedGate, buffers.SharedUp, shared!.Gate.Rows, rows);
            buffers.SharedInput!.Set(buffers.SharedGate, shared.Gate.Rows, rows);
            buffers.Products[count++] = new Product(shared.Down, buffers.SharedInput, rows, workspace.BlockOutput);
        }

        workspace.Products.Run(buffers.Products.AsSpan(0, count)); // down [slots, hidden]
    }

    private ReadOnlySpan<int> Chosen(MixtureOfExpertsBuffers buffers, int rows) => new(buffers.Experts, rows * config.ExpertsPerToken);

    private void Route(MixtureOfExpertsBuffers buffers, ForwardBatch batch, int layer)
    {
        foreach (BatchSegment segment in batch.Segments)
            for (int i = 0; i < segment.RowCount; i++) Select(buffers, segment.FirstRow + i, segment.Trace, layer, segment.FirstPosition + i);
    }

    private void Select(MixtureOfExpertsBuffers buffers, int row, RouterTrace? trace, int layer, int position)
    {
        int perToken = config.ExpertsPerToken;
        var scores = new Span<float>(buffers.Scores + (long)row * config.ExpertCount, config.ExpertCount);
        router.Select(
            scores, buffers.Selection, buffers.GroupScores, new Span<int>(buffers.Experts + row * perToken, perToken),
            new Span<float>(buffers.Weights + row * perToken, perToken), trace, layer, position);
    }

    /// <summary>Counting sort of all choices by the ranks of experts; tokens of an expert stay in order.</summary>
    private void SortByExpert(MixtureOfExpertsBuffers buffers, int rows)
    {
        int perToken = config.ExpertsPerToken;
        Span<int> starts = buffers.ExpertStarts, ranks = buffers.Ranks;
        for (int rank = 0; rank < ranks.Length; rank++) ranks[buffers.Order[rank]] = rank;
        starts.Clear();
        for (int i = 0; i < rows * perToken; i++) starts[ranks[buffers.Experts[i]] + 1]++;
        for (int rank = 0; rank < config.ExpertCount; rank++) starts[rank + 1] += starts[rank];
        for (int i = 0; i < rows * perToken; i++)
        {
            int slot = starts[ranks[buffers.Experts[i]]]++;
            buffers.Slots[i] = slot;
            buffers.SlotRows[slot] = i / perToken;
        }

        // Each start has moved to the start of the next rank.
        for (int rank = config.ExpertCount; rank > 0; rank--) starts[rank] = starts[rank - 1];
        starts[0] = 0;
    }

    /// <summary>Adds the weighed results of a token's experts to what the shared experts gave.</summary>
    internal readonly struct CombineWork(Workspace workspace, int perToken) : IRowWork
    {
        public void Run(int start, int end, int worker)
        {
            MixtureOfExpertsBuffers buffers = workspace.MixtureOfExperts!;
            int hidden = workspace.Config.HiddenSize;
            for (int row = start; row < end; row++)
                for (int i = row * perToken; i < (row + 1) * perToken; i++)
                    workspace.Operations.AddScaled(workspace.BlockOutput + (long)row * hidden, buffers.Down + (long)buffers.Slots[i] * hidden, buffers.Weights[i], hidden);
        }
    }
}

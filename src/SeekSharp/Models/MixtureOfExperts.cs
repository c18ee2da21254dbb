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

    /// <summary>First slot of each expert; a slot is one token at one expert.</summary>
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
    MixtureOfExpertsConfig config, PackedMatrix gate, Router router, IReadOnlyList<FeedForwardWeights> experts, FeedForwardWeights? shared) : IFeedForward
{
    public void Forward(Workspace workspace, ForwardBatch batch, int layer)
    {
        MixtureOfExpertsBuffers buffers = workspace.MixtureOfExperts!;
        int rows = batch.Count, slots = rows * config.ExpertsPerToken, width = config.ExpertWidth, hidden = workspace.Config.HiddenSize;
        workspace.Products.Run([new Product(gate, workspace.NormedInput, rows, buffers.Scores)]);
        Route(buffers, batch, layer);
        SortByExpert(buffers, rows);

        int count = 0;
        for (int expert = 0; expert < config.ExpertCount; expert++)
        {
            int start = buffers.ExpertStarts[expert], tokens = buffers.ExpertStarts[expert + 1] - start;
            if (tokens == 0) continue;
            int* slotRows = buffers.SlotRows + start;
            buffers.Products[count++] = Product.OfRows(experts[expert].Gate, workspace.NormedInput, slotRows, tokens, buffers.Gate + (long)start * width);
            buffers.Products[count++] = Product.OfRows(experts[expert].Up, workspace.NormedInput, slotRows, tokens, buffers.Up + (long)start * width);
        }

        if (shared is not null)
        {
            buffers.Products[count++] = new Product(shared.Gate, workspace.NormedInput, rows, buffers.SharedGate);
            buffers.Products[count++] = new Product(shared.Up, workspace.NormedInput, rows, buffers.SharedUp);
        }

        workspace.Products.Run(buffers.Products.AsSpan(0, count)); // gate and up [slots, width], shared [rows, shared width]
        workspace.SwiGlu(buffers.Gate, buffers.Up, width, slots);
        buffers.DownInput.Set(buffers.Gate, width, slots);

        count = 0;
        for (int expert = 0; expert < config.ExpertCount; expert++)
        {
            int start = buffers.ExpertStarts[expert], tokens = buffers.ExpertStarts[expert + 1] - start;
            if (tokens > 0) buffers.Products[count++] = Product.OfRange(experts[expert].Down, buffers.DownInput, start, tokens, buffers.Down + (long)start * hidden);
        }

        if (shared is not null)
        {
            workspace.SwiGlu(buffers.SharedGate, buffers.SharedUp, shared.Gate.Rows, rows);
            buffers.SharedInput!.Set(buffers.SharedGate, shared.Gate.Rows, rows);
            buffers.Products[count++] = new Product(shared.Down, buffers.SharedInput, rows, workspace.BlockOutput);
        }
        else
        {
            new Span<float>(workspace.BlockOutput, rows * hidden).Clear();
        }

        workspace.Products.Run(buffers.Products.AsSpan(0, count)); // down [slots, hidden]
        buffers.CombineWork.Run(new CombineWork(workspace, config.ExpertsPerToken), rows, chunk: 1);
    }

    private void Route(MixtureOfExpertsBuffers buffers, ForwardBatch batch, int layer)
    {
        int perToken = config.ExpertsPerToken;
        foreach (BatchSegment segment in batch.Segments)
        {
            for (int i = 0; i < segment.RowCount; i++)
            {
                int row = segment.FirstRow + i;
                var scores = new Span<float>(buffers.Scores + (long)row * config.ExpertCount, config.ExpertCount);
                router.Select(
                    scores, buffers.Selection, buffers.GroupScores, new Span<int>(buffers.Experts + row * perToken, perToken),
                    new Span<float>(buffers.Weights + row * perToken, perToken), segment.Trace, layer, segment.FirstPosition + i);
            }
        }
    }

    /// <summary>Counting sort of all choices by expert; tokens of an expert stay in order.</summary>
    private void SortByExpert(MixtureOfExpertsBuffers buffers, int rows)
    {
        int perToken = config.ExpertsPerToken;
        Span<int> starts = buffers.ExpertStarts;
        starts.Clear();
        for (int i = 0; i < rows * perToken; i++) starts[buffers.Experts[i] + 1]++;
        for (int expert = 0; expert < config.ExpertCount; expert++) starts[expert + 1] += starts[expert];
        for (int i = 0; i < rows * perToken; i++)
        {
            int slot = starts[buffers.Experts[i]]++;
            buffers.Slots[i] = slot;
            buffers.SlotRows[slot] = i / perToken;
        }

        // Each start has moved to the start of the next expert.
        for (int expert = config.ExpertCount; expert > 0; expert--) starts[expert] = starts[expert - 1];
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

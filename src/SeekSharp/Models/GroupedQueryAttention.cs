using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>A matrix and, where the family has one, a bias.</summary>
internal sealed unsafe class Projection(PackedMatrix matrix, float* bias)
{
    public PackedMatrix Matrix => matrix;
    public float* Bias => bias;
}

/// <summary>Weights of grouped-query attention in one layer.</summary>
internal sealed class GroupedAttentionWeights
{
    public required Projection Query { get; init; }
    public required Projection Key { get; init; }
    public required Projection Value { get; init; }
    public required PackedMatrix Output { get; init; }

    /// <summary>Norms of each head's query and key (Qwen3), or null.</summary>
    public NormWeight? QueryNorm { get; init; }
    public NormWeight? KeyNorm { get; init; }
}

/// <summary>Buffers of grouped-query attention.</summary>
internal sealed unsafe class GroupedAttentionBuffers
{
    public GroupedAttentionBuffers(Workspace workspace)
    {
        ModelConfig config = workspace.Config;
        int rows = workspace.MaxRows;
        Query = workspace.Floats((long)rows * config.HeadCount * config.HeadDimension);
        Key = workspace.Floats((long)rows * config.KeyValueHeadCount * config.HeadDimension);
        Value = workspace.Floats((long)rows * config.KeyValueHeadCount * config.HeadDimension);
        Attended = workspace.Floats((long)rows * config.HeadCount * config.HeadDimension);
        AttendedInput = workspace.Input(rows, config.HeadCount * config.HeadDimension);
        Work = new ParallelRows<GroupedQueryAttention.PositionWork>(workspace.Pool);
    }

    public float* Query { get; }
    public float* Key { get; }
    public float* Value { get; }
    public float* Attended { get; }
    public Activations AttendedInput { get; }
    public ParallelRows<GroupedQueryAttention.PositionWork> Work { get; }
}

/// <summary>Grouped-query attention (arXiv 2305.13245) of Qwen and Llama: several query heads share a key-value head.</summary>
internal sealed unsafe class GroupedQueryAttention(ModelConfig config, RotaryEmbedding rotary, GroupedAttentionWeights weights) : IAttention
{
    private readonly float _scale = 1 / MathF.Sqrt(config.HeadDimension);

    public static CacheLayout CacheLayout(ModelConfig config) =>
        new(config.KeyValueHeadCount, config.HeadDimension, config.HeadDimension, ValuesInKeys: false);

    public void Forward(Workspace workspace, ForwardBatch batch, int layer)
    {
        GroupedAttentionBuffers buffers = workspace.GroupedAttention!;
        int rows = batch.Count;
        workspace.Products.Run([
            new Product(weights.Query.Matrix, workspace.NormedInput, rows, buffers.Query), // [rows, heads, head dimension]
            new Product(weights.Key.Matrix, workspace.NormedInput, rows, buffers.Key), // [rows, key-value heads, head dimension]
            new Product(weights.Value.Matrix, workspace.NormedInput, rows, buffers.Value)]);
        foreach (BatchSegment segment in batch.Segments)
            buffers.Work.Run(new PositionWork(weights, rotary, workspace, segment, layer), segment.RowCount);
        workspace.Attention.Run(buffers.Query, buffers.Attended, batch, layer, _scale);
        buffers.AttendedInput.Set(buffers.Attended, config.HeadCount * config.HeadDimension, rows);
        workspace.Products.Run([new Product(weights.Output, buffers.AttendedInput, rows, workspace.BlockOutput)]);
    }

    /// <summary>Biases, norms and rotation of queries and keys, cache write.</summary>
    internal readonly struct PositionWork(GroupedAttentionWeights weights, RotaryEmbedding rotary, Workspace workspace, BatchSegment segment, int layer) : IRowWork
    {
        public void Run(int start, int end, int worker)
        {
            GroupedAttentionBuffers buffers = workspace.GroupedAttention!;
            ModelConfig config = workspace.Config;
            int queryLength = config.HeadCount * config.HeadDimension, keyLength = config.KeyValueHeadCount * config.HeadDimension;
            for (int i = start; i < end; i++)
            {
                int row = segment.FirstRow + i;
                float* query = buffers.Query + (long)row * queryLength, key = buffers.Key + (long)row * keyLength, value = buffers.Value + (long)row * keyLength;
                AddBias(weights.Query, query);
                AddBias(weights.Key, key);
                AddBias(weights.Value, value);
                NormAndRotate(query, config.HeadCount, weights.QueryNorm, row);
                NormAndRotate(key, config.KeyValueHeadCount, weights.KeyNorm, row);
                segment.Pages.Write(segment.FirstPosition + i, layer, key, value);
            }
        }

        private void AddBias(Projection projection, float* row)
        {
            if (projection.Bias is not null) workspace.Operations.Add(row, projection.Bias, projection.Matrix.Rows);
        }

        private void NormAndRotate(float* vectors, int heads, NormWeight? norm, int row)
        {
            for (int head = 0; head < heads; head++)
            {
                float* vector = vectors + (long)head * workspace.Config.HeadDimension;
                if (norm is not null) workspace.Operations.RmsNorm(vector, norm.Values, vector, norm.Length, norm.Epsilon);
                rotary.Apply(vector, workspace.Cosines + (long)row * rotary.PairCount, workspace.Sines + (long)row * rotary.PairCount);
            }
        }
    }
}

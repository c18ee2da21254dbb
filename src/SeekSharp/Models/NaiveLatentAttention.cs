using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>
/// Latent attention in the naive form: keys and values of every head are made from the latent and cached. The same function as the absorbed
/// form, with a larger cache; it is the twin that tests compare the absorbed form with.
/// </summary>
internal sealed unsafe class NaiveLatentAttention(ModelConfig config, RotaryEmbedding rotary, LatentAttentionWeights weights) : IAttention
{
    private readonly LatentAttentionConfig _latent = config.LatentAttention!;
    private readonly float _scale = MultiHeadLatentAttention.SoftmaxScale(config);

    public static CacheLayout CacheLayout(ModelConfig config) =>
        new(config.HeadCount, config.HeadDimension, config.LatentAttention!.ValueDimension, ValuesInKeys: false);

    public void Forward(Workspace workspace, ForwardBatch batch, int layer)
    {
        LatentAttentionBuffers buffers = workspace.LatentAttention!;
        int rows = batch.Count, heads = config.HeadCount, nope = _latent.NopeDimension, value = _latent.ValueDimension, rank = _latent.KeyValueRank;
        MultiHeadLatentAttention.Project(workspace, weights, rows);
        for (int row = 0; row < rows; row++)
            MultiHeadLatentAttention.NormAndRotate(workspace, weights.KeyValueNorm, rotary, row, buffers.Latent + (long)row * (rank + _latent.RotaryDimension));

        // [k_nope | v] = W_UKV c per head; keys [rows, heads, nope + rotary] in the absorbed query's room, values [rows, heads, value]
        float* keys = buffers.AbsorbedQuery, values = buffers.AttendedLatent;
        buffers.LatentInput.Set(buffers.Latent, rank + _latent.RotaryDimension, rows);
        for (int head = 0; head < heads; head++)
        {
            buffers.Products[2 * head] = new Product(weights.KeyUp[head], buffers.LatentInput, rows, keys + head * config.HeadDimension, heads * config.HeadDimension);
            buffers.Products[2 * head + 1] = new Product(weights.ValueUp[head], buffers.LatentInput, rows, values + head * value, heads * value);
        }

        workspace.Products.Run(buffers.Products);
        foreach (BatchSegment segment in batch.Segments)
            buffers.NaiveWork.Run(new PositionWork(rotary, workspace, segment, layer, nope, _latent.RotaryDimension, rank), segment.RowCount);
        workspace.Attention.Run(buffers.Query, buffers.Attended, batch, layer, _scale);
        buffers.AttendedInput.Set(buffers.Attended, heads * value, rows);
        workspace.Products.Run([new Product(weights.Output, buffers.AttendedInput, rows, workspace.BlockOutput)]);
    }

    /// <summary>Rotation of the queries, the shared rotary key copied to every head, cache write.</summary>
    internal readonly struct PositionWork(RotaryEmbedding rotary, Workspace workspace, BatchSegment segment, int layer, int nope, int rotaryLength, int rank)
        : IRowWork
    {
        public void Run(int start, int end, int worker)
        {
            LatentAttentionBuffers buffers = workspace.LatentAttention!;
            int heads = workspace.Config.HeadCount, keyLength = nope + rotaryLength;
            int valueLength = workspace.Config.LatentAttention!.ValueDimension;
            for (int i = start; i < end; i++)
            {
                int row = segment.FirstRow + i;
                float* rotaryKey = buffers.Latent + (long)row * (rank + rotaryLength) + rank;
                float* keys = buffers.AbsorbedQuery + (long)row * heads * keyLength;
                for (int head = 0; head < heads; head++)
                {
                    new ReadOnlySpan<float>(rotaryKey, rotaryLength).CopyTo(new Span<float>(keys + head * keyLength + nope, rotaryLength));
                    float* query = buffers.Query + ((long)row * heads + head) * keyLength + nope;
                    rotary.Apply(query, workspace.Cosines + (long)row * rotaryLength / 2, workspace.Sines + (long)row * rotaryLength / 2);
                }

                segment.Pages.Write(segment.FirstPosition + i, layer, keys, buffers.AttendedLatent + (long)row * heads * valueLength);
            }
        }
    }
}

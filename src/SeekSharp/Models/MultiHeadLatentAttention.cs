using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Weights of latent attention in one layer.</summary>
internal sealed class LatentAttentionWeights
{
    /// <summary>Compresses the query [query rank, hidden]; null where queries are not compressed.</summary>
    public PackedMatrix? QueryDown { get; init; }
    public NormWeight? QueryNorm { get; init; }

    /// <summary>Makes the heads' queries [heads x (nope + rotary), query rank or hidden].</summary>
    public required PackedMatrix QueryUp { get; init; }

    /// <summary>Makes the latent and the shared rotary key [key-value rank + rotary, hidden].</summary>
    public required PackedMatrix KeyValueDown { get; init; }
    public required NormWeight KeyValueNorm { get; init; }

    /// <summary>Per head: a query to the space of latents [key-value rank, nope] (absorbed), or a latent to a key [nope, key-value rank] (naive).</summary>
    public required IReadOnlyList<PackedMatrix> KeyUp { get; init; }

    /// <summary>Per head: a latent to a value [value, key-value rank].</summary>
    public required IReadOnlyList<PackedMatrix> ValueUp { get; init; }

    public required PackedMatrix Output { get; init; }
}

/// <summary>Buffers of latent attention, for both forms.</summary>
internal sealed unsafe class LatentAttentionBuffers
{
    public LatentAttentionBuffers(Workspace workspace, LatentAttentionConfig config)
    {
        int rows = workspace.MaxRows, heads = workspace.Config.HeadCount;
        int queryLength = config.NopeDimension + config.RotaryDimension;
        if (config.QueryRank > 0)
        {
            QueryLatent = workspace.Floats((long)rows * config.QueryRank);
            QueryLatentInput = workspace.Input(rows, config.QueryRank);
        }

        Query = workspace.Floats((long)rows * heads * queryLength);
        QueryNopeInput = workspace.Input(rows * heads, config.NopeDimension);
        Latent = workspace.Floats((long)rows * (config.KeyValueRank + config.RotaryDimension));
        LatentInput = workspace.Input(rows, config.KeyValueRank);
        AbsorbedQuery = workspace.Floats((long)rows * heads * (config.KeyValueRank + config.RotaryDimension));
        AttendedLatent = workspace.Floats((long)rows * heads * Math.Max(config.KeyValueRank, config.ValueDimension));
        AttendedLatentInput = workspace.Input(rows * heads, config.KeyValueRank);
        Attended = workspace.Floats((long)rows * heads * config.ValueDimension);
        AttendedInput = workspace.Input(rows, heads * config.ValueDimension);
        Products = new Product[2 * heads];
        Work = new ParallelRows<MultiHeadLatentAttention.PositionWork>(workspace.Pool);
        NaiveWork = new ParallelRows<NaiveLatentAttention.PositionWork>(workspace.Pool);
    }

    public float* QueryLatent { get; }
    public Activations? QueryLatentInput { get; }
    public float* Query { get; }
    public Activations QueryNopeInput { get; }
    public float* Latent { get; }
    public Activations LatentInput { get; }
    public float* AbsorbedQuery { get; }
    public float* AttendedLatent { get; }
    public Activations AttendedLatentInput { get; }
    public float* Attended { get; }
    public Activations AttendedInput { get; }
    public Product[] Products { get; }
    public ParallelRows<MultiHeadLatentAttention.PositionWork> Work { get; }
    public ParallelRows<NaiveLatentAttention.PositionWork> NaiveWork { get; }
}

/// <summary>
/// Multi-head latent attention in the absorbed form (DeepSeek-V2 §2.1.2, DeepSeek-V3 §2.1.1, equations 1 to 11): queries are brought into the
/// space of the latents, so that all heads attend to the one cached latent and to the one rotary key of a token.
/// </summary>
internal sealed unsafe class MultiHeadLatentAttention(ModelConfig config, RotaryEmbedding rotary, LatentAttentionWeights weights) : IAttention
{
    private readonly LatentAttentionConfig _latent = config.LatentAttention!;
    private readonly float _scale = SoftmaxScale(config);

    /// <summary>What the absorbed form caches: latent and rotary key; the value is the latent itself.</summary>
    public static CacheLayout CacheLayout(LatentAttentionConfig config) =>
        new(Heads: 1, config.KeyValueRank + config.RotaryDimension, config.KeyValueRank, ValuesInKeys: true);

    /// <summary>(nope + rotary)^-0.5 x m², with m of YaRN where the model is stretched.</summary>
    public static float SoftmaxScale(ModelConfig config)
    {
        double magnitude = config.RotaryScaling is RotaryScaling.Yarn yarn ? yarn.AttentionMagnitude * Math.Log(yarn.Factor) + 1 : 1;
        return (float)(magnitude * magnitude / Math.Sqrt(config.HeadDimension));
    }

    /// <summary>Queries [rows, heads, nope + rotary] and latents with rotary keys [rows, rank + rotary], before norm and rotation.</summary>
    public static void Project(Workspace workspace, LatentAttentionWeights weights, int rows)
    {
        LatentAttentionBuffers buffers = workspace.LatentAttention!;
        var keyValue = new Product(weights.KeyValueDown, workspace.NormedInput, rows, buffers.Latent);
        if (weights.QueryDown is null)
        {
            workspace.Products.Run([new Product(weights.QueryUp, workspace.NormedInput, rows, buffers.Query), keyValue]);
            return;
        }

        workspace.Products.Run([new Product(weights.QueryDown, workspace.NormedInput, rows, buffers.QueryLatent), keyValue]);
        int rank = weights.QueryDown.Rows;
        workspace.Norm(weights.QueryNorm!, buffers.QueryLatent, rank, buffers.QueryLatent, rank, rows);
        buffers.QueryLatentInput!.Set(buffers.QueryLatent, rank, rows);
        workspace.Products.Run([new Product(weights.QueryUp, buffers.QueryLatentInput, rows, buffers.Query)]);
    }

    public void Forward(Workspace workspace, ForwardBatch batch, int layer)
    {
        LatentAttentionBuffers buffers = workspace.LatentAttention!;
        int rows = batch.Count, heads = config.HeadCount, rank = _latent.KeyValueRank;
        int keyLength = rank + _latent.RotaryDimension;

        Project(workspace, weights, rows); // query [rows, heads, nope + rotary], latent [rows, rank + rotary]
        foreach (BatchSegment segment in batch.Segments)
            buffers.Work.Run(new PositionWork(this, workspace, segment, layer), segment.RowCount);

        // q_nope · W_UK per head: absorbed query [rows, heads, rank + rotary], its rotary part is in place already
        buffers.QueryNopeInput.Set(buffers.Query, config.HeadDimension, rows * heads);
        for (int head = 0; head < heads; head++)
            buffers.Products[head] = Product.OfHead(weights.KeyUp[head], buffers.QueryNopeInput, head, heads, rows, buffers.AbsorbedQuery + head * keyLength, heads * keyLength);
        workspace.Products.Run(buffers.Products.AsSpan(0, heads));

        workspace.Attention.Run(buffers.AbsorbedQuery, buffers.AttendedLatent, batch, layer, _scale); // [rows, heads, rank]

        // W_UV per head: attended [rows, heads, value]
        buffers.AttendedLatentInput.Set(buffers.AttendedLatent, rank, rows * heads);
        int value = _latent.ValueDimension;
        for (int head = 0; head < heads; head++)
            buffers.Products[head] = Product.OfHead(weights.ValueUp[head], buffers.AttendedLatentInput, head, heads, rows, buffers.Attended + head * value, heads * value);
        workspace.Products.Run(buffers.Products.AsSpan(0, heads));

        buffers.AttendedInput.Set(buffers.Attended, heads * value, rows);
        workspace.Products.Run([new Product(weights.Output, buffers.AttendedInput, rows, workspace.BlockOutput)]);
    }

    /// <summary>Norm of the latent, rotation of the rotary parts, cache write.</summary>
    internal readonly struct PositionWork(MultiHeadLatentAttention attention, Workspace workspace, BatchSegment segment, int layer) : IRowWork
    {
        public void Run(int start, int end, int worker)
        {
            LatentAttentionBuffers buffers = workspace.LatentAttention!;
            LatentAttentionConfig latentConfig = attention._latent;
            int heads = workspace.Config.HeadCount, rank = latentConfig.KeyValueRank, rotaryLength = latentConfig.RotaryDimension;
            for (int i = start; i < end; i++)
            {
                int row = segment.FirstRow + i;
                float* latent = buffers.Latent + (long)row * (rank + rotaryLength);
                NormAndRotate(workspace, attention.Weights.KeyValueNorm, attention.Rotary, row, latent);
                segment.Pages.Write(segment.FirstPosition + i, layer, latent, null);
                for (int head = 0; head < heads; head++)
                {
                    long query = (long)row * heads + head;
                    float* rotaryQuery = buffers.AbsorbedQuery + query * (rank + rotaryLength) + rank;
                    new ReadOnlySpan<float>(buffers.Query + query * (latentConfig.NopeDimension + rotaryLength) + latentConfig.NopeDimension, rotaryLength)
                        .CopyTo(new Span<float>(rotaryQuery, rotaryLength));
                    attention.Rotary.Apply(rotaryQuery, workspace.Cosines + (long)row * rotaryLength / 2, workspace.Sines + (long)row * rotaryLength / 2);
                }
            }
        }
    }

    private RotaryEmbedding Rotary => rotary;
    private LatentAttentionWeights Weights => weights;

    /// <summary>Brings a latent with its rotary key into the form in which it is cached.</summary>
    internal static void NormAndRotate(Workspace workspace, NormWeight norm, RotaryEmbedding rotary, int row, float* latent)
    {
        workspace.Operations.RmsNorm(latent, norm.Values, latent, norm.Length, norm.Epsilon);
        int pairs = rotary.PairCount;
        rotary.Apply(latent + norm.Length, workspace.Cosines + (long)row * pairs, workspace.Sines + (long)row * pairs);
    }
}

namespace SeekSharp.Formats;

/// <summary>How many parameters a model has, computed from its configuration alone.</summary>
/// <remarks>Every stored number counts: matrices, norms, biases, and the router's selection biases. Tied embeddings count once.</remarks>
public sealed record ParameterCounts
{
    private ParameterCounts() { }

    /// <summary>All parameters, without multi-token prediction.</summary>
    public required long Total { get; init; }

    /// <summary>Parameters that one token uses, with embedding and output head, without multi-token prediction.</summary>
    public required long Active { get; init; }

    /// <summary>Parameters of the multi-token-prediction layers (DeepSeek-V3 §2.2), without the embedding and head that they share.</summary>
    public required long MultiTokenPrediction { get; init; }

    /// <summary>The embedding matrix.</summary>
    public required long Embedding { get; init; }

    /// <summary>The output head; 0 where it is the embedding matrix.</summary>
    public required long OutputHead { get; init; }

    /// <summary>Attention of one layer, with the norms inside it.</summary>
    public required long AttentionPerLayer { get; init; }

    /// <summary>The dense feed-forward of one layer.</summary>
    public required long DenseFeedForward { get; init; }

    /// <summary>One routed expert; 0 for dense models.</summary>
    public required long Expert { get; init; }

    /// <summary>The shared experts of one layer together; 0 for dense models.</summary>
    public required long SharedExperts { get; init; }

    /// <summary>The router of one layer with its selection biases; 0 for dense models.</summary>
    public required long Router { get; init; }

    /// <summary>Counts the parameters of a model.</summary>
    /// <param name="config">The configuration.</param>
    /// <returns>The counts.</returns>
    public static ParameterCounts Of(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        long hidden = config.HiddenSize;
        long embedding = config.VocabularySize * hidden;
        long head = config.TiedEmbeddings ? 0 : embedding;
        long attention = config.LatentAttention is { } latent ? Latent(config, latent) : Grouped(config);
        long norms = 2 * hidden; // before attention and before the feed-forward
        long dense = 3 * hidden * config.FeedForwardSize;

        MixtureOfExpertsConfig? moe = config.MixtureOfExperts;
        long expert = moe is null ? 0 : 3 * hidden * moe.ExpertWidth;
        long shared = moe is null ? 0 : moe.SharedExpertCount * expert;
        long router = moe is null ? 0 : moe.ExpertCount * hidden + (moe.HasSelectionBias ? moe.ExpertCount : 0);
        long mixture = moe is null ? 0 : router + shared + moe.ExpertCount * expert;
        long mixtureActive = moe is null ? 0 : router + shared + moe.ExpertsPerToken * expert;

        long denseLayers = moe?.LeadingDenseLayers ?? config.LayerCount;
        long mixtureLayers = config.LayerCount - denseLayers;
        long common = embedding + head + hidden + config.LayerCount * (attention + norms) + denseLayers * dense;
        // projection of hidden state and embedding (2 d to d), their norms, the norm before the head
        long prediction = 2 * hidden * hidden + 3 * hidden + attention + norms + (moe is null ? dense : mixture);

        return new ParameterCounts
        {
            Total = common + mixtureLayers * mixture,
            Active = common + mixtureLayers * mixtureActive,
            MultiTokenPrediction = config.PredictionLayerCount * prediction,
            Embedding = embedding,
            OutputHead = head,
            AttentionPerLayer = attention,
            DenseFeedForward = dense,
            Expert = expert,
            SharedExperts = shared,
            Router = router,
        };
    }

    /// <summary>DeepSeek-V2 §2.1: queries (compressed or not), the joint compression with the shared rotary key, keys and values, output.</summary>
    private static long Latent(ModelConfig config, LatentAttentionConfig latent)
    {
        long hidden = config.HiddenSize, heads = config.HeadCount;
        long query = heads * config.HeadDimension;
        long queries = latent.QueryRank == 0 ? hidden * query : latent.QueryRank * (hidden + 1 + query);
        long compression = hidden * (latent.KeyValueRank + latent.RotaryDimension) + latent.KeyValueRank;
        long keysAndValues = latent.KeyValueRank * heads * (latent.NopeDimension + latent.ValueDimension);
        return queries + compression + keysAndValues + heads * latent.ValueDimension * hidden;
    }

    private static long Grouped(ModelConfig config)
    {
        long query = (long)config.HeadCount * config.HeadDimension, keyValue = (long)config.KeyValueHeadCount * config.HeadDimension;
        long biases = config.HasAttentionBias ? query + 2 * keyValue : 0;
        long headNorms = config.Architecture == Architecture.Qwen3 ? 2 * config.HeadDimension : 0;
        return config.HiddenSize * (2 * query + 2 * keyValue) + biases + headNorms;
    }
}

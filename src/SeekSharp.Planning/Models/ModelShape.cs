using SeekSharp.Formats;

namespace SeekSharp.Planning.Models;

/// <summary>A model as a planner sees it: its configuration and exact counts, but no weights.</summary>
public sealed class ModelShape
{
    /// <summary>Counts a model.</summary>
    /// <param name="name">The name in tables.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="source">Where the configuration is published, or the file it was read from.</param>
    public ModelShape(string name, ModelConfig config, string source)
    {
        ArgumentNullException.ThrowIfNull(config);
        (Name, Config, Source) = (name, config, source);
        Parameters = ParameterCounts.Of(config);
        MixtureOfExpertsConfig? mixture = config.MixtureOfExperts;
        DenseLayers = mixture?.LeadingDenseLayers ?? config.LayerCount;
        MixtureLayers = config.LayerCount - DenseLayers;
        Projections = CountProjections(config);
        if (config.LatentAttention is { } latent)
        {
            CacheValuesPerLayer = latent.KeyValueRank + latent.RotaryDimension;
            UpProjections = (long)config.HeadCount
                * (((long)latent.QueryRank * config.HeadDimension) + ((long)latent.KeyValueRank * (latent.NopeDimension + latent.ValueDimension)));
            ScoreWidth = config.HeadDimension + latent.ValueDimension;
        }
        else
        {
            CacheValuesPerLayer = 2 * config.KeyValueHeadCount * config.HeadDimension;
            ScoreWidth = 2 * config.HeadDimension;
        }
    }

    /// <summary>The name in tables.</summary>
    public string Name { get; }

    /// <summary>The configuration.</summary>
    public ModelConfig Config { get; }

    /// <summary>Where the configuration comes from.</summary>
    public string Source { get; }

    /// <summary>Exact parameter counts.</summary>
    public ParameterCounts Parameters { get; }

    /// <summary>Parameters with multi-token prediction, whose embedding and head are shared.</summary>
    public long TotalWithPrediction => Parameters.Total + Parameters.MultiTokenPrediction;

    /// <summary>Parameters that one token uses, with those of multi-token prediction.</summary>
    public long ActiveWithPrediction => Parameters.Active + (Config.PredictionLayerCount * PredictionActive);

    /// <summary>Parameters that one token uses without the embedding, of which it reads one row (V3: 36.6 billion).</summary>
    public long ActiveWithoutEmbedding => Config.TiedEmbeddings ? Parameters.Active : Parameters.Active - Parameters.Embedding;

    /// <summary>Layers with a dense feed-forward.</summary>
    public int DenseLayers { get; }

    /// <summary>Layers with experts.</summary>
    public int MixtureLayers { get; }

    /// <summary>Weights in the matrices of one layer's attention, without norms and biases.</summary>
    internal long Projections { get; }

    /// <summary>Of those, the matrices that take latents of query, keys and values up to all heads; 0 without latent attention.</summary>
    internal long UpProjections { get; }

    /// <summary>Values that a layer's cache keeps per token.</summary>
    internal int CacheValuesPerLayer { get; }

    /// <summary>Length of a head's query plus length of its value: multiply-adds per head and pair of tokens.</summary>
    internal int ScoreWidth { get; }

    /// <summary>Weights of the head's matrix, also where it is the embedding.</summary>
    internal long HeadSize => (long)Config.VocabularySize * Config.HiddenSize;

    /// <summary>Matrix weights that a token uses in the feed-forward of a layer with experts, without the router.</summary>
    internal long ActiveExperts => Config.MixtureOfExperts is { } mixture ? Parameters.SharedExperts + (mixture.ExpertsPerToken * Parameters.Expert) : 0;

    /// <summary>Weights of the router's matrix.</summary>
    internal long RouterMatrix => Config.MixtureOfExperts is { } mixture ? (long)mixture.ExpertCount * Config.HiddenSize : 0;

    /// <summary>What one layer stores, of the larger kind of layer.</summary>
    internal long SharedPerLayer => Parameters.AttentionPerLayer + (2L * Config.HiddenSize) + (MixtureLayers > 0 ? Parameters.Router + Parameters.SharedExperts : Parameters.DenseFeedForward);

    /// <summary>Routed experts of one layer.</summary>
    internal long RoutedPerLayer => Config.MixtureOfExperts is { } mixture && MixtureLayers > 0 ? mixture.ExpertCount * Parameters.Expert : 0;

    /// <summary>Parameters that a token uses in one layer of multi-token prediction, without the embedding and head that it shares.</summary>
    public long PredictionActive
    {
        get
        {
            long hidden = Config.HiddenSize;
            long feedForward = MixtureLayers > 0 ? Parameters.Router + ActiveExperts : Parameters.DenseFeedForward;
            return (2 * hidden * hidden) + (3 * hidden) + Parameters.AttentionPerLayer + (2 * hidden) + feedForward;
        }
    }

    /// <summary>Bytes that the cache of keys and values takes per token (DeepSeek-V2 §2.1.4).</summary>
    /// <param name="bytesPerValue">2 for BF16.</param>
    public double CacheBytesPerToken(double bytesPerValue = 2) => (double)CacheValuesPerLayer * Config.LayerCount * bytesPerValue;

    private static long CountProjections(ModelConfig config)
    {
        long hidden = config.HiddenSize, heads = config.HeadCount, query = heads * config.HeadDimension;
        if (config.LatentAttention is not { } latent) return (2 * hidden * query) + (2 * hidden * config.KeyValueHeadCount * config.HeadDimension);
        long queries = latent.QueryRank == 0 ? hidden * query : latent.QueryRank * (hidden + query);
        return queries
            + (hidden * (latent.KeyValueRank + latent.RotaryDimension))
            + (latent.KeyValueRank * heads * (latent.NopeDimension + latent.ValueDimension))
            + (heads * latent.ValueDimension * hidden);
    }
}

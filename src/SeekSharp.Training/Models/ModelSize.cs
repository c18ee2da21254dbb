using SeekSharp.Formats;

namespace SeekSharp.Training.Models;

/// <summary>A family of small models of V3's architecture: one dial from seconds to hours on two cores.</summary>
/// <remarks>
/// The shapes are such that other programs can use what comes out. llama.cpp asks for a compressed query where a model of this architecture has not 26 or 27
/// layers: all have one. Quantisation cuts rows into blocks: every row length (hidden size, ranks, nope and value dimensions, widths) is a multiple
/// of 32, and from m on the hidden size, which most rows have, is a multiple of 256 (K-quants). A token uses as many dense neurons in the first layer as
/// expert neurons in the others.
/// </remarks>
public sealed record ModelSize
{
    private const int Experts = 16, ExpertsPerToken = 4, SharedExperts = 1;

    private ModelSize(string name, int hidden, int layers, int heads, int queryRank, int keyValueRank, int rotary, int expertWidth)
    {
        (Name, HiddenSize, LayerCount, HeadCount, ExpertWidth) = (name, hidden, layers, heads, expertWidth);
        LatentAttention = new LatentAttentionConfig(queryRank, keyValueRank, NopeDimension: 32, rotary, ValueDimension: 32);
    }

    /// <summary>0.25M parameters: for tests of whole pipelines.</summary>
    public static ModelSize ExtraSmall { get; } = new("xs", hidden: 64, layers: 2, heads: 2, queryRank: 32, keyValueRank: 32, rotary: 16, expertWidth: 32);

    /// <summary>1.6M parameters, 0.7M of them active.</summary>
    public static ModelSize Small { get; } = new("s", hidden: 128, layers: 4, heads: 4, queryRank: 64, keyValueRank: 64, rotary: 16, expertWidth: 64);

    /// <summary>3.4M parameters, 1.6M of them active.</summary>
    public static ModelSize Medium { get; } = new("m", hidden: 256, layers: 4, heads: 4, queryRank: 128, keyValueRank: 64, rotary: 16, expertWidth: 64);

    /// <summary>10M parameters, 4.7M of them active.</summary>
    public static ModelSize Large { get; } = new("l", hidden: 512, layers: 5, heads: 8, queryRank: 128, keyValueRank: 128, rotary: 32, expertWidth: 64);

    /// <summary>All sizes, smallest first.</summary>
    public static IReadOnlyList<ModelSize> All { get; } = [ExtraSmall, Small, Medium, Large];

    /// <summary>What <see cref="Parse"/> takes.</summary>
    public string Name { get; }

    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize { get; }

    /// <summary>Layers; the first is dense.</summary>
    public int LayerCount { get; }

    /// <summary>Heads.</summary>
    public int HeadCount { get; }

    /// <summary>Width of one expert.</summary>
    public int ExpertWidth { get; }

    /// <summary>Ranks and head dimensions.</summary>
    public LatentAttentionConfig LatentAttention { get; }

    /// <summary>Finds a size.</summary>
    /// <param name="name">xs, s, m or l.</param>
    /// <returns>The size.</returns>
    /// <exception cref="ArgumentException">There is no such size; the message names those that there are.</exception>
    public static ModelSize Parse(string name) => All.FirstOrDefault(size => size.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"There is no size '{name}'; the sizes are {string.Join(", ", All.Select(size => size.Name))}.", nameof(name));

    /// <summary>The model of this size.</summary>
    /// <param name="vocabularySize">Tokens of the vocabulary.</param>
    /// <param name="contextLength">Longest context.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="predictionLayers">Multi-token-prediction layers.</param>
    /// <returns>The configuration.</returns>
    public ModelConfig ToConfig(int vocabularySize, int contextLength, string name = "", int predictionLayers = 0) => new ModelConfig
    {
        Architecture = Architecture.DeepSeek,
        Name = name.Length > 0 ? name : Name,
        LayerCount = LayerCount,
        PredictionLayerCount = predictionLayers,
        HiddenSize = HiddenSize,
        FeedForwardSize = (ExpertsPerToken + SharedExperts) * ExpertWidth,
        VocabularySize = vocabularySize,
        ContextLength = contextLength,
        HeadCount = HeadCount,
        KeyValueHeadCount = HeadCount,
        HeadDimension = LatentAttention.NopeDimension + LatentAttention.RotaryDimension,
        NormEpsilon = 1e-6f,
        RotaryBase = 10000,
        RotaryPairing = RotaryPairing.Interleaved,
        TiedEmbeddings = true,
        LatentAttention = LatentAttention,
        MixtureOfExperts = new MixtureOfExpertsConfig
        {
            ExpertCount = Experts,
            ExpertsPerToken = ExpertsPerToken,
            SharedExpertCount = SharedExperts,
            ExpertWidth = ExpertWidth,
            LeadingDenseLayers = 1,
            Score = RouterScore.Sigmoid,
            NormalizeWeights = true,
            WeightScale = 2,
            HasSelectionBias = true,
        },
    }.Validate(Name);

    /// <summary>The dense model that spends as many parameters on a token: what a mixture of experts has to beat.</summary>
    /// <param name="vocabularySize">Tokens of the vocabulary.</param>
    /// <param name="contextLength">Longest context.</param>
    /// <param name="name">The model's name.</param>
    /// <returns>The configuration.</returns>
    public ModelConfig ToDenseConfig(int vocabularySize, int contextLength, string name = "") =>
        ToConfig(vocabularySize, contextLength, name.Length > 0 ? name : Name + "-dense") with { MixtureOfExperts = null };
}

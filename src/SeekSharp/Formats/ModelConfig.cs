namespace SeekSharp.Formats;

/// <summary>The family a model belongs to; each has its own forward pass.</summary>
public enum Architecture
{
    /// <summary>DeepSeek V2, V2-Lite, V3, R1 and relatives: latent attention and mixture of experts (GGUF "deepseek2").</summary>
    DeepSeek,
    /// <summary>Qwen2 and Qwen2.5: grouped attention with biases on q, k and v.</summary>
    Qwen2,
    /// <summary>Qwen3: grouped attention with RMS norms on q and k, no biases.</summary>
    Qwen3,
    /// <summary>Llama 2 and 3.</summary>
    Llama,
}

/// <summary>How the router turns its scores into affinities.</summary>
public enum RouterScore
{
    /// <summary>Softmax over all experts (DeepSeek-V2).</summary>
    Softmax,
    /// <summary>Sigmoid of each score (DeepSeek-V3 §2.1.2).</summary>
    Sigmoid,
}

/// <summary>Which elements of a head RoPE turns together.</summary>
public enum RotaryPairing
{
    /// <summary>Neighbours: (0,1), (2,3), ... (DeepSeek; Llama in GGUF, whose converter permutes q and k).</summary>
    Interleaved,
    /// <summary>First half with second half: (0,d/2), (1,d/2+1), ... (Qwen; Llama under Hugging Face's names).</summary>
    Halves,
}

/// <summary>How RoPE's frequencies are stretched beyond the context of pre-training.</summary>
public abstract record RotaryScaling
{
    private RotaryScaling() { }

    /// <summary>Every frequency divided by the factor.</summary>
    /// <param name="Factor">The stretch, at least 1.</param>
    public sealed record Linear(float Factor) : RotaryScaling;

    /// <summary>YaRN (arXiv 2309.00071): low frequencies divided by the factor, high ones kept, a ramp between; attention sharpened.</summary>
    /// <param name="Factor">The stretch.</param>
    /// <param name="OriginalContext">Context length of pre-training, in tokens.</param>
    /// <param name="BetaFast">Rotations over the original context above which a frequency is kept.</param>
    /// <param name="BetaSlow">Rotations below which a frequency is divided.</param>
    /// <param name="AttentionMagnitude">
    /// m of DeepSeek's softmax scale: head dimension^-0.5 x m² with m = 0.1 x mscale_all_dim x ln(factor) + 1. Given here as 0.1 x mscale_all_dim
    /// (GGUF "rope.scaling.yarn_log_multiplier"); 0 where the family does not use it.
    /// </param>
    /// <param name="RotationMagnitude">What cos and sin are multiplied with (1 for DeepSeek, 0.1 ln(factor) + 1 for others).</param>
    public sealed record Yarn(float Factor, int OriginalContext, float BetaFast, float BetaSlow, float AttentionMagnitude, float RotationMagnitude)
        : RotaryScaling;

    /// <summary>Each frequency divided by its own factor (Llama 3: GGUF "rope_freqs.weight", or computed from the four numbers of "rope_type: llama3").</summary>
    /// <param name="Factors">One divisor per pair, head dimension / 2 of them.</param>
    public sealed record PerFrequency(IReadOnlyList<float> Factors) : RotaryScaling;
}

/// <summary>Latent attention (DeepSeek-V2 §2.1, DeepSeek-V3 §2.1.1).</summary>
/// <param name="QueryRank">Length of the compressed query, or 0 where queries are not compressed (V2-Lite).</param>
/// <param name="KeyValueRank">Length of the compressed key-value latent that the cache keeps.</param>
/// <param name="NopeDimension">Part of a head's query and key without position.</param>
/// <param name="RotaryDimension">Part of a head's query, and of the one shared key, that RoPE turns.</param>
/// <param name="ValueDimension">Length of a head's value.</param>
public sealed record LatentAttentionConfig(int QueryRank, int KeyValueRank, int NopeDimension, int RotaryDimension, int ValueDimension);

/// <summary>Mixture of experts (DeepSeek-V3 §2.1.2).</summary>
public sealed record MixtureOfExpertsConfig
{
    /// <summary>Number of routed experts.</summary>
    public required int ExpertCount { get; init; }
    /// <summary>Routed experts that each token uses.</summary>
    public required int ExpertsPerToken { get; init; }
    /// <summary>Shared experts; they are stored as one feed-forward of this many times the width.</summary>
    public required int SharedExpertCount { get; init; }
    /// <summary>Inner width of one expert.</summary>
    public required int ExpertWidth { get; init; }
    /// <summary>Leading layers with a dense feed-forward instead of experts.</summary>
    public required int LeadingDenseLayers { get; init; }
    /// <summary>How scores become affinities.</summary>
    public required RouterScore Score { get; init; }
    /// <summary>Whether the weights of the chosen experts are divided by their sum.</summary>
    public required bool NormalizeWeights { get; init; }
    /// <summary>What the weights are multiplied with.</summary>
    public required float WeightScale { get; init; }
    /// <summary>Groups of experts, 1 where routing is not limited to groups.</summary>
    public int GroupCount { get; init; } = 1;
    /// <summary>Groups that a token may use.</summary>
    public int GroupsPerToken { get; init; } = 1;
    /// <summary>Whether a bias is added to the affinities for selection only (auxiliary-loss-free balancing).</summary>
    public bool HasSelectionBias { get; init; }
}

/// <summary>Everything about a model that is not a weight. Immutable and validated: see <see cref="Validate"/>.</summary>
public sealed record ModelConfig
{
    /// <summary>The family.</summary>
    public required Architecture Architecture { get; init; }
    /// <summary>The model's own name, where the file gives one.</summary>
    public string Name { get; init; } = "";
    /// <summary>Number of transformer layers, without multi-token-prediction layers.</summary>
    public required int LayerCount { get; init; }
    /// <summary>Multi-token-prediction layers stored behind the others (V3: 1); the first of them can draft.</summary>
    public int PredictionLayerCount { get; init; }
    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }
    /// <summary>Inner width of the dense feed-forward.</summary>
    public required int FeedForwardSize { get; init; }
    /// <summary>Number of tokens in the vocabulary.</summary>
    public required int VocabularySize { get; init; }
    /// <summary>Longest context the model was made for, in tokens.</summary>
    public required int ContextLength { get; init; }
    /// <summary>Query heads.</summary>
    public required int HeadCount { get; init; }
    /// <summary>Key-value heads of grouped attention; equals <see cref="HeadCount"/> for latent attention.</summary>
    public required int KeyValueHeadCount { get; init; }
    /// <summary>Length of a head's query and key (latent attention: nope + rotary).</summary>
    public required int HeadDimension { get; init; }
    /// <summary>Added under the root of every RMS norm.</summary>
    public required float NormEpsilon { get; init; }
    /// <summary>Base of RoPE's frequencies.</summary>
    public required float RotaryBase { get; init; }
    /// <summary>Which elements RoPE turns together.</summary>
    public required RotaryPairing RotaryPairing { get; init; }
    /// <summary>How RoPE is stretched, or null.</summary>
    public RotaryScaling? RotaryScaling { get; init; }
    /// <summary>Whether the output head is the embedding matrix.</summary>
    public bool TiedEmbeddings { get; init; }
    /// <summary>Whether q, k and v have biases (Qwen2).</summary>
    public bool HasAttentionBias { get; init; }
    /// <summary>Latent attention, or null for grouped attention.</summary>
    public LatentAttentionConfig? LatentAttention { get; init; }
    /// <summary>Mixture of experts, or null for dense models.</summary>
    public MixtureOfExpertsConfig? MixtureOfExperts { get; init; }

    /// <summary>Length of the part of a head that RoPE turns.</summary>
    public int RotaryDimension => LatentAttention?.RotaryDimension ?? HeadDimension;

    /// <summary>Whether a layer's feed-forward is a mixture of experts.</summary>
    /// <param name="layer">Layer, from 0.</param>
    /// <returns>True where the layer has a router and experts.</returns>
    public bool IsMixtureLayer(int layer) => MixtureOfExperts is { } moe && layer >= moe.LeadingDenseLayers;

    /// <summary>Checks that the numbers fit together and are small enough to be true.</summary>
    /// <param name="source">What they were read from, for the message.</param>
    /// <returns>This configuration.</returns>
    /// <exception cref="ModelFormatException">A number is out of range or contradicts another; the message names it.</exception>
    public ModelConfig Validate(string source)
    {
        Range(LayerCount, 1, 1024, "number of layers");
        Range(PredictionLayerCount, 0, 16, "number of prediction layers");
        Range(HiddenSize, 1, 1 << 17, "hidden size");
        Range(FeedForwardSize, 1, 1 << 20, "feed-forward size");
        Range(VocabularySize, 1, 1 << 22, "vocabulary size");
        Range(ContextLength, 1, 1 << 30, "context length");
        Range(HeadCount, 1, 4096, "number of heads");
        Range(KeyValueHeadCount, 1, HeadCount, "number of key-value heads");
        Range(HeadDimension, 2, 4096, "head dimension");
        if (HeadCount % KeyValueHeadCount != 0) Fail($"{HeadCount} heads cannot share {KeyValueHeadCount} key-value heads evenly");
        if (!(NormEpsilon is >= 0 and < 1)) Fail($"RMS norm epsilon {NormEpsilon} is not in 0 to 1");
        if (!(RotaryBase is > 1 and < 1e12f)) Fail($"RoPE base {RotaryBase} is not in 1 to 1e12");
        if (LatentAttention is { } latent)
        {
            Range(latent.QueryRank, 0, 1 << 16, "rank of the compressed query");
            Range(latent.KeyValueRank, 1, 1 << 16, "rank of the key-value latent");
            Range(latent.NopeDimension, 1, 4096, "nope dimension");
            Range(latent.RotaryDimension, 2, 4096, "rotary dimension");
            Range(latent.ValueDimension, 1, 4096, "value dimension");
            if (latent.NopeDimension + latent.RotaryDimension != HeadDimension)
                Fail($"head dimension {HeadDimension} is not nope {latent.NopeDimension} + rotary {latent.RotaryDimension}");
        }

        if (RotaryDimension % 2 != 0) Fail($"rotary dimension {RotaryDimension} is odd");
        if (RotaryScaling is RotaryScaling.Yarn yarn && !(yarn.Factor >= 1 && yarn.OriginalContext > 0 && yarn.BetaFast >= yarn.BetaSlow && yarn.BetaSlow > 0))
            Fail($"YaRN with factor {yarn.Factor}, original context {yarn.OriginalContext}, betas {yarn.BetaFast} and {yarn.BetaSlow} makes no sense");
        if (RotaryScaling is RotaryScaling.Yarn { } magnitudes
            && !(float.IsFinite(magnitudes.Factor) && float.IsFinite(magnitudes.BetaFast) && float.IsFinite(magnitudes.AttentionMagnitude) && float.IsFinite(magnitudes.RotationMagnitude)))
            Fail($"YaRN with factor {magnitudes.Factor} and magnitudes {magnitudes.AttentionMagnitude} and {magnitudes.RotationMagnitude} is not finite");
        if (RotaryScaling is RotaryScaling.Linear linear && !(linear.Factor >= 1)) Fail($"RoPE scaling factor {linear.Factor} is below 1");
        if (RotaryScaling is RotaryScaling.PerFrequency frequencies)
        {
            if (frequencies.Factors.Count != RotaryDimension / 2) Fail($"{frequencies.Factors.Count} RoPE factors for {RotaryDimension / 2} frequencies");
            if (frequencies.Factors.Any(factor => !(factor > 0 && float.IsFinite(factor)))) Fail("a RoPE factor is not a positive number");
        }

        if (MixtureOfExperts is { } moe)
        {
            Range(moe.ExpertCount, 1, 4096, "number of experts");
            Range(moe.ExpertsPerToken, 1, moe.ExpertCount, "number of experts per token");
            Range(moe.SharedExpertCount, 0, 64, "number of shared experts");
            Range(moe.ExpertWidth, 1, 1 << 20, "expert width");
            Range(moe.LeadingDenseLayers, 0, LayerCount, "number of leading dense layers");
            Range(moe.GroupCount, 1, moe.ExpertCount, "number of expert groups");
            Range(moe.GroupsPerToken, 1, moe.GroupCount, "number of expert groups per token");
            if (moe.ExpertCount % moe.GroupCount != 0) Fail($"{moe.ExpertCount} experts cannot be cut into {moe.GroupCount} equal groups");
            if (moe.ExpertCount / moe.GroupCount * moe.GroupsPerToken < moe.ExpertsPerToken)
                Fail($"{moe.GroupsPerToken} groups of {moe.ExpertCount / moe.GroupCount} experts cannot give {moe.ExpertsPerToken} experts per token");
            if (!float.IsFinite(moe.WeightScale)) Fail("the scale of the expert weights is not a number");
        }

        return this;

        void Range(int value, int least, int most, string what)
        {
            if (value < least || value > most) Fail($"the {what} is {value}, not in {least} to {most}");
        }

        void Fail(string what) => throw new ModelFormatException($"{source}: {what}.");
    }
}

namespace SeekSharp.Inference;

/// <summary>How the next token is chosen. The defaults choose from the model's own distribution, unchanged.</summary>
/// <remarks>
/// The steps, in this order: bias and penalties change the logits; temperature 0 takes the highest; otherwise logits / temperature, softmax,
/// then top-k, top-p (over what top-k left) and min-p cut the distribution, and one token is drawn from what remains.
/// </remarks>
public sealed record SamplerOptions
{
    /// <summary>What logits are divided by, 0 to 100. 0 takes the most probable token, and of equals the lowest id. Default 1.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Keeps this many of the most probable tokens; 0 keeps all. Default 0.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the fewest tokens, most probable first, that together have at least this probability; above 0, at most 1. Default 1: all.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps tokens with at least this share of the highest probability, 0 to 1. Default 0: all.</summary>
    public float MinP { get; init; }

    /// <summary>Divides positive logits and multiplies negative ones of tokens in prompt or reply (arXiv 1909.05858 §4.1). Default 1: none.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Taken from the logits of tokens that the reply has already. Default 0.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Taken from the logits of tokens once for each time that the reply has them already. Default 0.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of single tokens; negative infinity forbids a token. Default null: none.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>Starts the random numbers: the same seed, options and logits give the same tokens. Default null: another each time.</summary>
    public long? Seed { get; init; }

    /// <summary>Whether the log-probability of each chosen token is computed. Default false.</summary>
    public bool LogProbabilities { get; init; }

    /// <summary>How many of the most probable tokens are listed with each chosen token, 0 to 100; needs <see cref="LogProbabilities"/>. Default 0.</summary>
    public int TopLogProbabilities { get; init; }

    /// <summary>Checks that there are the tokens that are biased.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    internal void RequireVocabulary(int vocabularySize)
    {
        foreach (int token in LogitBias?.Keys ?? [])
        {
            if (token >= vocabularySize) throw OutOfRange(nameof(LogitBias), token, $"The vocabulary has {vocabularySize} tokens; there is no token to bias.");
        }
    }

    /// <summary>Checks every number.</summary>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range; the message names it.</exception>
    public SamplerOptions Validate()
    {
        Check(Temperature is >= 0 and <= 100, nameof(Temperature), Temperature, "0 to 100");
        Check(TopK >= 0, nameof(TopK), TopK, "0 or more");
        Check(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1");
        Check(MinP is >= 0 and <= 1, nameof(MinP), MinP, "0 to 1");
        Check(RepetitionPenalty > 0 && float.IsFinite(RepetitionPenalty), nameof(RepetitionPenalty), RepetitionPenalty, "above 0");
        Check(float.IsFinite(PresencePenalty), nameof(PresencePenalty), PresencePenalty, "a number");
        Check(float.IsFinite(FrequencyPenalty), nameof(FrequencyPenalty), FrequencyPenalty, "a number");
        Check(TopLogProbabilities is >= 0 and <= 100, nameof(TopLogProbabilities), TopLogProbabilities, "0 to 100");
        Check(TopLogProbabilities == 0 || LogProbabilities, nameof(TopLogProbabilities), TopLogProbabilities, "0 without log-probabilities");
        foreach (var (token, bias) in LogitBias ?? new Dictionary<int, float>())
        {
            Check(token >= 0, nameof(LogitBias), token, "a token id");
            Check(bias < float.PositiveInfinity, nameof(LogitBias), bias, "a number or negative infinity");
        }

        return this;

        static void Check(bool holds, string name, object value, string range)
        {
            if (!holds) throw OutOfRange(name, value, $"{name} must be {range}.");
        }
    }

    private static ArgumentOutOfRangeException OutOfRange(string name, object value, string message) => new(name, value, message);
}

using System.Globalization;
using SeekSharp.Inference;
using SeekSharp.Server.Errors;

namespace SeekSharp.Server.Replies;

/// <summary>The fields about choosing tokens that the APIs share, as they came. <see cref="Read"/> checks them.</summary>
internal sealed record SamplingFields
{
    private const int MostStops = 16, MostTop = 20;
    private const double MostBias = 100;

    // As DeepSeek recommends for R1 (arXiv 2501.12948, model card), and as SeekChatClient has it.
    private const float UsualTemperature = 0.6f, UsualTopP = 0.95f;

    public double? Temperature { get; init; }

    public double? TopP { get; init; }

    public int? TopK { get; init; }

    public double? MinP { get; init; }

    public double? FrequencyPenalty { get; init; }

    public double? PresencePenalty { get; init; }

    public Dictionary<string, double>? LogitBias { get; init; }

    public long? Seed { get; init; }

    /// <summary>Most tokens to generate, and what the API calls that.</summary>
    public (string Name, int? Value) MaxTokens { get; init; }

    /// <summary>Strings that end the reply, and what the API calls them.</summary>
    public (string Name, string[]? Value) Stop { get; init; }

    public bool LogProbabilities { get; init; }

    public int? TopLogProbabilities { get; init; }

    /// <summary>Checks everything.</summary>
    /// <exception cref="ApiException">A field is out of its range; the error names it.</exception>
    public GenerationOptions Read() => new()
    {
        MaxTokens = MaxTokens.Value is { } most ? Whole(MaxTokens.Name, most, 1, int.MaxValue) : int.MaxValue,
        StopStrings = ReadStops(),
        Sampling = new SamplerOptions
        {
            Temperature = Number("temperature", Temperature, 0, 2) ?? UsualTemperature,
            // 0 is what some clients send for "the most probable token only".
            TopP = Number("top_p", TopP, 0, 1) is { } topP ? Math.Max(topP, float.Epsilon) : UsualTopP,
            TopK = TopK is { } topK ? Whole("top_k", topK, 0, int.MaxValue) : 0,
            MinP = Number("min_p", MinP, 0, 1) ?? 0,
            FrequencyPenalty = Number("frequency_penalty", FrequencyPenalty, -2, 2) ?? 0,
            PresencePenalty = Number("presence_penalty", PresencePenalty, -2, 2) ?? 0,
            LogitBias = ReadBias(),
            Seed = Seed,
            LogProbabilities = LogProbabilities,
            TopLogProbabilities = ReadTop(),
        },
    };

    /// <summary>Checks a whole number.</summary>
    public static int Whole(string name, int value, int least, int most)
    {
        if (value >= least && value <= most) return value;
        string range = most == int.MaxValue ? $"at least {least}" : $"from {least} to {most}";
        throw ApiException.Invalid(name, FormattableString.Invariant($"'{name}' must be {range}, not {value}."));
    }

    private static float? Number(string name, double? value, double least, double most)
    {
        if (value is null) return null;
        if (value >= least && value <= most) return (float)value;
        throw ApiException.Invalid(name, FormattableString.Invariant($"'{name}' must be from {least} to {most}, not {value}."));
    }

    private string[] ReadStops()
    {
        if (Stop.Value is not { } stops) return [];
        if (stops.Length > MostStops) throw ApiException.Invalid(Stop.Name, $"'{Stop.Name}' takes at most {MostStops} texts.");
        if (stops.Any(string.IsNullOrEmpty)) throw ApiException.Invalid(Stop.Name, $"'{Stop.Name}' must not have an empty text.");
        return stops;
    }

    private int ReadTop()
    {
        if (TopLogProbabilities is not { } top) return 0;
        Whole("top_logprobs", top, 0, MostTop);
        return LogProbabilities || top == 0 ? top : throw ApiException.Invalid("top_logprobs", "'top_logprobs' needs 'logprobs' to be true.");
    }

    private Dictionary<int, float>? ReadBias()
    {
        if (LogitBias is not { Count: > 0 } biases) return null;
        Dictionary<int, float> read = [];
        foreach (var (key, bias) in biases)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int token))
                throw ApiException.Invalid("logit_bias", "'logit_bias' takes token ids with a number for each, such as {\"50256\": -100}.");
            if (bias is not (>= -MostBias and <= MostBias)) throw ApiException.Invalid("logit_bias", FormattableString.Invariant($"'logit_bias' takes numbers from {-MostBias} to {MostBias}."));
            read[token] = (float)bias;
        }

        return read;
    }
}

using System.Text.Json.Serialization;
using SeekSharp.Server.Json;

namespace SeekSharp.Server.OpenAI;

/// <summary>The body of POST /completions: text to go on from, or, with a suffix, a hole to fill. Fields that are not here are ignored.</summary>
internal sealed record CompletionRequest
{
    public string? Model { get; init; }

    /// <summary>One text.</summary>
    [JsonConverter(typeof(TextsConverter))]
    public string[]? Prompt { get; init; }

    /// <summary>What stands behind the hole; null goes on from the prompt.</summary>
    public string? Suffix { get; init; }

    /// <summary>Whether the reply begins with the prompt.</summary>
    public bool? Echo { get; init; }

    public bool? Stream { get; init; }

    public StreamOptions? StreamOptions { get; init; }

    public double? Temperature { get; init; }

    public double? TopP { get; init; }

    public int? TopK { get; init; }

    public double? MinP { get; init; }

    public int? MaxTokens { get; init; }

    [JsonConverter(typeof(TextsConverter))]
    public string[]? Stop { get; init; }

    public int? N { get; init; }

    public long? Seed { get; init; }

    public double? FrequencyPenalty { get; init; }

    public double? PresencePenalty { get; init; }

    public Dictionary<string, double>? LogitBias { get; init; }

    /// <summary>How many of the most probable tokens are listed with each token.</summary>
    public int? Logprobs { get; init; }
}

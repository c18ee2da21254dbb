using Microsoft.Extensions.AI;
using SeekSharp.Inference;

namespace SeekSharp.Chat;

/// <summary>Turns the options of a request into those of the text generator.</summary>
/// <param name="defaults">How tokens are chosen where a request says nothing.</param>
internal sealed class RequestReader(SamplerOptions defaults)
{
    /// <summary>Reads how to generate.</summary>
    /// <param name="options">The request's options, or null.</param>
    /// <param name="client">Who asks, for <see cref="ChatOptions.RawRepresentationFactory"/>.</param>
    /// <returns>The same for the generator.</returns>
    /// <exception cref="NotSupportedException">The request wants something that is not there yet.</exception>
    public GenerationOptions ReadGeneration(ChatOptions? options, IChatClient client)
    {
        if (options is null) return new GenerationOptions { Sampling = defaults };
        if (options.ResponseFormat is ChatResponseFormatJson)
            throw new NotSupportedException("Replies cannot be held to JSON yet; leave ChatOptions.ResponseFormat out and ask for JSON in the prompt.");
        if (options.ContinuationToken is not null)
            throw new NotSupportedException("A reply cannot be taken up again; leave ChatOptions.ContinuationToken out.");
        GenerationOptions start = options.RawRepresentationFactory?.Invoke(client) as GenerationOptions ?? new GenerationOptions { Sampling = defaults };
        SamplerOptions sampling = start.Sampling;
        return start with
        {
            MaxTokens = options.MaxOutputTokens ?? start.MaxTokens,
            StopStrings = options.StopSequences is { } stops ? [.. start.StopStrings, .. stops] : start.StopStrings,
            Sampling = sampling with
            {
                Temperature = options.Temperature ?? sampling.Temperature,
                TopP = options.TopP ?? sampling.TopP,
                TopK = options.TopK ?? sampling.TopK,
                FrequencyPenalty = options.FrequencyPenalty ?? sampling.FrequencyPenalty,
                PresencePenalty = options.PresencePenalty ?? sampling.PresencePenalty,
                Seed = options.Seed ?? sampling.Seed,
            },
        };
    }
}

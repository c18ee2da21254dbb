using Microsoft.Extensions.Logging;

namespace SeekSharp.Chat;

/// <summary>What the chat client logs: names, counts and times. Never a prompt or a reply, and no text of an exception, which may quote one.</summary>
internal static partial class ChatLog
{
    [LoggerMessage(1, LogLevel.Information, "Loaded {Model} in {Seconds:F2} s: {WeightBytes} bytes of weights, {ContextLength} tokens of context.")]
    public static partial void Loaded(ILogger logger, string model, double seconds, long weightBytes, int contextLength);

    [LoggerMessage(2, LogLevel.Debug, "{Response}: {InputTokens} tokens of prompt, {CachedTokens} of them cached; {OutputTokens} tokens of reply, {ReasoningTokens} of them reasoning; ended with {Reason} after {Seconds:F2} s.")]
    public static partial void Finished(
        ILogger logger, string response, int inputTokens, int cachedTokens, int outputTokens, int reasoningTokens, Inference.FinishReason? reason, double seconds);

    [LoggerMessage(3, LogLevel.Debug, "{Response}: given up after {OutputTokens} tokens of reply.")]
    public static partial void GivenUp(ILogger logger, string response, int outputTokens);
}

using SeekSharp.Server.Prices;

namespace SeekSharp.Server.OpenAI;

/// <summary>What a request took.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CompletionTokens">Tokens of all replies, reasoning included.</param>
/// <param name="TotalTokens">Both.</param>
/// <param name="PromptCacheHitTokens">DeepSeek's: tokens of the prompt that were in the cache.</param>
/// <param name="PromptCacheMissTokens">DeepSeek's: the others.</param>
/// <param name="PromptTokensDetails">OpenAI's names for the same.</param>
/// <param name="CompletionTokensDetails">How many tokens were reasoning.</param>
/// <param name="Cost">What it cost, and would have cost at DeepSeek.</param>
internal sealed record Usage(
    int PromptTokens,
    int CompletionTokens,
    int TotalTokens,
    int PromptCacheHitTokens,
    int PromptCacheMissTokens,
    PromptTokensDetails PromptTokensDetails,
    CompletionTokensDetails CompletionTokensDetails,
    Cost? Cost);

/// <summary>Of the prompt's tokens.</summary>
internal sealed record PromptTokensDetails(int CachedTokens);

/// <summary>Of the replies' tokens.</summary>
internal sealed record CompletionTokensDetails(int ReasoningTokens);

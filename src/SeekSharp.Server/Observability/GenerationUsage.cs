namespace SeekSharp.Server.Observability;

/// <summary>What a request took.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CachedTokens">Those of them that were taken from the prefix cache.</param>
/// <param name="OutputTokens">Tokens of the reply, reasoning included.</param>
/// <param name="ReasoningTokens">Those of them that were reasoning.</param>
internal readonly record struct GenerationUsage(int PromptTokens, int CachedTokens, int OutputTokens, int ReasoningTokens);

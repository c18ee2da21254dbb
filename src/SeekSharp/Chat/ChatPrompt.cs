namespace SeekSharp.Chat;

/// <summary>A conversation as tokens.</summary>
/// <param name="Tokens">The prompt.</param>
/// <param name="OpensReasoning">Whether the prompt ends with an open &lt;think&gt;, so that the reply starts inside it.</param>
internal sealed record ChatPrompt(int[] Tokens, bool OpensReasoning);

namespace SeekSharp.Chat;

/// <summary>A conversation as tokens.</summary>
/// <param name="Tokens">The prompt.</param>
/// <param name="OpensReasoning">Whether the prompt ends with an open &lt;think&gt;, so that the reply starts inside it.</param>
internal sealed record ChatPrompt(int[] Tokens, bool OpensReasoning)
{
    /// <summary>The opening tag and the white space behind it, where the prompt ends with it or with thoughts behind it; otherwise null.</summary>
    public string? Opening { get; init; }

    /// <summary>Whether the prompt ends with the beginning of an answer, which the reply continues.</summary>
    public bool ContinuesAnswer { get; init; }
}

using SeekSharp.Templates;

namespace SeekSharp.Training.Tasks;

/// <summary>How a problem is solved. Texts may hold <see cref="Spelled.Boundary"/>.</summary>
/// <param name="Thought">What is written down before the answer, step by step; empty where there is nothing to work out.</param>
/// <param name="Answer">The answer; empty where tools are called instead.</param>
public sealed record Demonstration(string Thought, string Answer)
{
    /// <summary>Tools to call.</summary>
    public IReadOnlyList<TemplateToolCall> ToolCalls { get; init; } = [];

    /// <summary>The answer as text, with the calls as the chat template writes them: what <see cref="ITask.Verify"/> takes.</summary>
    public string Reply => ToolCalls.Count == 0 ? Spelled.Remove(Answer) : string.Concat(ToolCalls.Select(ToolCallText.Write));
}

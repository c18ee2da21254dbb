using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>Questions that an offered tool answers: the answer is a call of that tool and nothing else.</summary>
internal sealed class ToolCalls : ConversationFamily<ToolQuestion>
{
    public override string Name => "tool-calls";

    protected override AnswerForm Form => AnswerForm.Text;

    protected override bool KeepsCase => true;

    protected override ToolQuestion Draw(Random random, bool outOfRange) => ToolQuestion.Draw(random);

    protected override string Key(ToolQuestion content) => content.Key;

    protected override WordingSet Wordings(ToolQuestion content) => content.Wordings;

    protected override Slots SlotsOf(ToolQuestion content, Random random) => content.Slots(random);

    protected override string Answer(ToolQuestion content) => ToolCallText.Write(content.Call);

    /// <summary>One call of the right tool with the right argument, spaces aside.</summary>
    protected override bool Accepts(ToolQuestion content, string answer)
    {
        if (!ToolCallText.TryRead(answer, out string name, out Dictionary<string, string> arguments) || name != content.Tool.Name) return false;
        if (content.Tool.Parameter is not { } parameter) return arguments.Count == 0;
        return arguments.Count == 1 && arguments.TryGetValue(parameter, out string? value) && Squeeze(value) == Squeeze(content.Argument!);
    }

    protected override Demonstration Solve(ToolQuestion content, Random random) => new($"use {content.Tool.Name}", "") { ToolCalls = [content.Call] };

    protected override Problem Arrange(Problem<ToolQuestion> problem, Random random) =>
        problem with { Tools = Toolbox.ToJson(random, [problem.Content.Tool, .. problem.Content.Others]) };

    private static string Squeeze(string text) => text.Replace(" ", "", StringComparison.Ordinal);
}

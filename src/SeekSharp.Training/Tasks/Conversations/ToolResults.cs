using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>A tool's result has come, or its failure: the answer says it.</summary>
/// <param name="Question">What was asked and called.</param>
/// <param name="IsFailure">Whether the tool found nothing.</param>
internal sealed record ToolOutcome(ToolQuestion Question, bool IsFailure);

/// <summary>Answers from the results of tools.</summary>
internal sealed class ToolResults : ConversationFamily<ToolOutcome>
{
    private static readonly string[] s_failures = ["error", "not found", "error: not found", "no result", "unknown", "nothing found", "null"];

    public override string Name => "tool-results";

    protected override AnswerForm Form => AnswerForm.Text;

    protected override bool KeepsCase => true;

    protected override ToolOutcome Draw(Random random, bool outOfRange) => new(ToolQuestion.Draw(random), random.Chance(0.1));

    protected override string Key(ToolOutcome content) => content.Question.Key;

    protected override WordingSet Wordings(ToolOutcome content) => content.Question.Wordings;

    protected override Slots SlotsOf(ToolOutcome content, Random random) => content.Question.Slots(random);

    protected override string Answer(ToolOutcome content) =>
        content.IsFailure ? $"I do not know: the tool {content.Question.Tool.Name} found nothing." : content.Question.Result;

    protected override string Think(ToolOutcome content) => $"{content.Question.Tool.Name} has answered";

    protected override Problem Arrange(Problem<ToolOutcome> problem, Random random)
    {
        ToolQuestion question = problem.Content.Question;
        string result = problem.Content.IsFailure ? random.Pick(s_failures) : random.Chance(0.8) ? question.Result : $$"""{"result": "{{question.Result}}"}""";
        return problem with
        {
            Tools = Toolbox.ToJson(random, [question.Tool, .. question.Others]),
            Messages = [.. problem.Messages, new("assistant", null) { ToolCalls = [question.Call with { Id = "1" }] }, new("tool", result) { ToolCallId = "1", Name = question.Tool.Name }],
        };
    }
}

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>Base of tasks that are about behaviour: there is no out of range.</summary>
internal abstract class ConversationFamily<T> : TaskFamily<T>
    where T : notnull
{
    public override IReadOnlyList<Split> Splits { get; } = [Split.Train, Split.Test];

    protected override AnswerForm Form => AnswerForm.Prose;

    protected override string Think(T content) => "";

    /// <summary>Only what is said counts, not how it is punctuated.</summary>
    protected override bool Accepts(T content, string answer) => Plain(Answer(content)).SequenceEqual(Plain(answer));

    private static IEnumerable<char> Plain(string text) => text.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant);
}

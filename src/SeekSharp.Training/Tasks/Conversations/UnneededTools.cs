namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>Tools are on offer, and the question is not for them: it is answered as if there were none.</summary>
internal sealed class UnneededTools : QuotedTask
{
    private static readonly ITask[] s_talk = [new SmallTalk(), new Introductions(), new OutsideQuestions()];

    /// <summary>Tasks that a calculator does not solve.</summary>
    private static readonly ITask[] s_ownWork =
    [
        .. TaskCatalog.Families.Where(task =>
            task.Name is "sorting" or "reversal" or "letter-counting" or "comparison" or "boolean-logic" or "base-conversion" or "calendar" or "sequences" or "countdown"),
    ];

    public override string Name => "unneeded-tools";

    protected override ITask DrawTask(Random random) => random.Pick(random.Chance(0.5) ? s_talk : s_ownWork);

    protected override Problem Surround(Problem<Quotation> problem, Random random)
    {
        List<Tool> tools = [Toolbox.Calculator(random)];
        if (random.Chance(0.5)) tools.Add(Toolbox.Clock(random));
        // For some questions about the world a look-up would be right.
        if (problem.Content.Task is not OutsideQuestions && random.Chance(0.5)) tools.Add(Toolbox.Offer(random, random.Pick(Toolbox.LookUps)));
        return problem with { Tools = Toolbox.ToJson(random, tools) };
    }
}

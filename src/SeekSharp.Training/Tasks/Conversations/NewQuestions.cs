using SeekSharp.Templates;

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>A question of any task behind earlier ones and their answers: what was talked about before must not confuse.</summary>
internal sealed class NewQuestions : QuotedTask
{
    private static readonly ITask[] s_talk = [new SmallTalk(), new Introductions(), new OutsideQuestions(), new HereAndNow()];

    public override string Name => "new-questions";

    protected override ITask DrawTask(Random random) => random.Pick(random.Chance(0.8) ? TaskCatalog.Families : s_talk);

    protected override Problem Surround(Problem<Quotation> problem, Random random)
    {
        List<TemplateMessage> messages = [];
        int earlier = random.Pick([1, 1, 1, 2, 2, 3]);
        for (int i = 0; i < earlier; i++)
        {
            Problem before = DrawEarlier(random, problem.Content.Task).Generate(random, problem.Split);
            messages.AddRange(before.Messages);
            messages.Add(new("assistant", before.Answer));
        }

        return problem with { Messages = [.. messages, .. problem.Messages] };
    }

    /// <summary>Often the same task: the numbers before must not be taken for the new ones.</summary>
    private static ITask DrawEarlier(Random random, ITask last) => random.NextDouble() switch
    {
        < 0.35 => random.Pick(s_talk),
        < 0.6 => last,
        _ => random.Pick(TaskCatalog.Families),
    };
}

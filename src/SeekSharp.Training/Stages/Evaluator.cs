using SeekSharp.Chat;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Tasks.Grading;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Stages;

/// <summary>How a model is measured.</summary>
/// <param name="Problems">Problems per task and part.</param>
/// <param name="Samples">Replies per problem beside the greedy one; 0: none.</param>
/// <param name="K">The k of pass@k.</param>
/// <param name="Temperature">Temperature of these replies.</param>
/// <param name="MaxTokens">Most tokens of a reply.</param>
/// <param name="OutOfRange">Whether harder problems are tried, too.</param>
/// <param name="Thinking">Whether the model thinks first.</param>
/// <param name="Seed">Which problems are drawn.</param>
internal sealed record EvaluationPlan(
    int Problems, int Samples, int K, double Temperature, int MaxTokens, bool OutOfRange, bool Thinking, long Seed);

/// <summary>A reply that was graded.</summary>
internal sealed record GradedReply(Problem Problem, string Reply, bool IsRight);

/// <summary>What a model came to: greedy replies for pass@1, sampled ones for pass@k.</summary>
internal sealed record EvaluationReport(IReadOnlyList<EvaluationRow> Rows, IReadOnlyList<GradedReply> Replies, int Tokens)
{
    /// <summary>Mean pass@1 of a part, each task counting the same; null where the part was not tried.</summary>
    public double? Mean(Split split) => Rows.FirstOrDefault(row => row.Split == split && row.Name == Evaluation.Mean)?.Strict;
}

/// <summary>Lets a model answer problems that are never trained on, and grades what it says.</summary>
internal static class Evaluator
{
    private const int Purpose = 20, SamplePurpose = 30;

    /// <param name="engine">The model.</param>
    /// <param name="conversation">Its prompts.</param>
    /// <param name="tasks">What is asked.</param>
    /// <param name="plan">How.</param>
    /// <param name="progress">Called with the share that is done.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static EvaluationReport Run(
        RolloutEngine engine, Conversation conversation, IReadOnlyList<ITask> tasks, EvaluationPlan plan, Action<double, string> progress, CancellationToken cancellation)
    {
        List<ProblemGrade> greedy = [], sampled = [];
        List<GradedReply> replies = [];
        int tokens = 0;
        Split[] splits = plan.OutOfRange ? [Split.Test, Split.OutOfRange] : [Split.Test];
        (ITask Task, Split Split)[] parts = [.. from split in splits from task in tasks where task.Splits.Contains(split) select (task, split)];
        for (int i = 0; i < parts.Length; i++)
        {
            (ITask task, Split split) = parts[i];
            progress((double)i / parts.Length, $"{task.Name} ({PartName(split)})");
            Problem[] problems = [.. Enumerable.Range(0, plan.Problems).Select(n => task.Generate(Seeds.At(plan.Seed, n, Purpose + (int)split), split))];
            ChatPrompt[] prompts = [.. problems.Select(problem => conversation.Prompt(problem, plan.Thinking))];
            string[][] first = Write(engine, conversation, prompts, 1, 0, plan, cancellation, ref tokens);
            for (int n = 0; n < problems.Length; n++)
            {
                ProblemGrade grade = Evaluation.Grade(task, problems[n], first[n]);
                greedy.Add(grade);
                replies.Add(new GradedReply(problems[n], first[n][0], grade.Strict == 1));
            }

            if (plan.Samples == 0) continue;
            string[][] more = Write(engine, conversation, prompts, plan.Samples, plan.Temperature, plan, cancellation, ref tokens);
            for (int n = 0; n < problems.Length; n++) sampled.Add(Evaluation.Grade(task, problems[n], more[n]));
        }

        return new(Join(Evaluation.Summarize(greedy, plan.K), Evaluation.Summarize(sampled, plan.K)), replies, tokens);
    }

    /// <summary>A part as people call it.</summary>
    public static string PartName(Split split) => split switch { Split.Train => "train", Split.Test => "in range", _ => "out of range" };

    private static string[][] Write(
        RolloutEngine engine, Conversation conversation, ChatPrompt[] prompts, int count, double temperature, EvaluationPlan plan, CancellationToken cancellation, ref int tokens)
    {
        RolloutRequest[] requests =
        [
            .. prompts.SelectMany((prompt, n) => Enumerable.Range(0, count).Select(sample =>
                new RolloutRequest(prompt.Tokens, plan.MaxTokens, (float)temperature, Seeds.At(plan.Seed, n, SamplePurpose + sample).NextInt64()))),
        ];
        IReadOnlyList<Rollout> rollouts = engine.Run(requests, cancellation);
        tokens += rollouts.Sum(rollout => rollout.Tokens.Length);
        return [.. prompts.Select((prompt, n) => Enumerable.Range(n * count, count).Select(i => conversation.Reply(prompt, rollouts[i])).ToArray())];
    }

    /// <summary>Greedy rows with the sampled rows' pass@k.</summary>
    private static IReadOnlyList<EvaluationRow> Join(IReadOnlyList<EvaluationRow> greedy, IReadOnlyList<EvaluationRow> sampled) =>
        [.. greedy.Select(row => row with { AtK = sampled.FirstOrDefault(other => other.Name == row.Name && other.Split == row.Split)?.AtK })];
}

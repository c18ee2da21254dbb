using System.Diagnostics;
using System.Text;
using SeekSharp.Chat;
using SeekSharp.Training.Runs;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Tasks.Grading;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Stages;

/// <summary>Lets a model answer problems of the training part and keeps what is right, a batch of problems at a time; what is written stays when it is stopped.</summary>
/// <param name="context">The stage.</param>
/// <param name="plan">How.</param>
/// <param name="engine">The model.</param>
/// <param name="conversation">Its prompts.</param>
/// <param name="mixture">What is drawn.</param>
/// <param name="encode">
/// Turns a right reply into the tokens to learn, with where the reply begins; null: as the model wrote it. For models with another tokenizer.
/// </param>
internal sealed class RejectionSampler(
    StageContext context, SamplePlan plan, RolloutEngine engine, Conversation conversation, Mixture mixture, Func<Problem, string, (int[] Tokens, int ReplyStart)>? encode = null)
{
    private const int Purpose = 50, ReplyPurpose = 51, RowsAtOnce = 384;
    private const string Progress = "sampled.txt";

    /// <summary>Draws until the plan is fulfilled or its time is over.</summary>
    /// <returns>Replies that were kept, and problems that were drawn, over all resumes.</returns>
    /// <exception cref="OperationCanceledException">The stage was interrupted; what was kept is written.</exception>
    public (int Kept, long Problems) Run()
    {
        StageFolder folder = context.Folder;
        long next = File.Exists(folder.In(Progress)) && long.TryParse(File.ReadAllText(folder.In(Progress)), out long done) ? done : 0;
        // Lines of a batch that was not noted as done are written again.
        List<KeptReply> kept = next > 0 && File.Exists(folder.SamplesFile) ? [.. SampleFile.Read(folder.SamplesFile).Where(reply => reply.Number < next)] : [];
        StageFolder.WriteText(folder.SamplesFile, string.Concat(kept.Select(SampleFile.ToJson)));
        Stopwatch watch = Stopwatch.StartNew();
        int atOnce = Math.Max(1, RowsAtOnce / plan.Samples), count = kept.Count;
        while (next < plan.Problems && !(plan.Limit < watch.Elapsed))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            int size = (int)Math.Min(atOnce, plan.Problems - next);
            KeptReply[] right = [.. Draw(next, size)];
            count += right.Length;
            File.AppendAllText(folder.SamplesFile, string.Concat(right.Select(SampleFile.ToJson)), new UTF8Encoding(false));
            next += size;
            StageFolder.WriteText(folder.In(Progress), next.ToString(System.Globalization.CultureInfo.InvariantCulture));
            double fraction = Math.Max((double)next / plan.Problems, plan.Limit is { } limit ? watch.Elapsed / limit : 0);
            context.Reporter.Report(new StageProgress(Math.Min(1, fraction), StageBudget.Left(fraction, watch.Elapsed), $"{next} problems, {count} right replies kept"));
        }

        return (count, next);
    }

    private IEnumerable<KeptReply> Draw(long first, int count)
    {
        (ITask Task, Problem Problem, ChatPrompt Prompt)[] asked = [.. Enumerable.Range(0, count).Select(i => Ask(first + i))];
        List<RolloutRequest> requests = [];
        for (int i = 0; i < count; i++)
        {
            Random seeds = Seeds.At(context.Seed, first + i, ReplyPurpose);
            for (int sample = 0; sample < plan.Samples; sample++)
                requests.Add(new RolloutRequest(asked[i].Prompt.Tokens, plan.MaxTokens, (float)plan.Temperature, seeds.NextInt64()));
        }

        IReadOnlyList<Rollout> rollouts = engine.Run(requests, context.Cancellation);
        return asked.SelectMany((question, i) => Keep(first + i, question.Task, question.Problem, question.Prompt, rollouts.Skip(i * plan.Samples).Take(plan.Samples)));
    }

    private (ITask, Problem, ChatPrompt) Ask(long number)
    {
        Random random = Seeds.At(context.Seed, number, Purpose);
        ITask task = mixture.Draw(random);
        Problem problem = task.Generate(random, Split.Train);
        return (task, problem, conversation.Prompt(problem));
    }

    /// <summary>The shortest right replies of a problem, none twice.</summary>
    private IEnumerable<KeptReply> Keep(long number, ITask task, Problem problem, ChatPrompt prompt, IEnumerable<Rollout> rollouts)
    {
        int end = engine.Model.Tokenizer.EndOfSentence ?? engine.Model.Tokenizer.EndOfText.First();
        return rollouts
            .Where(rollout => rollout.IsFinished)
            .Select(rollout => (Rollout: rollout, Text: conversation.Reply(prompt, rollout)))
            .Where(reply => Evaluation.IsRight(task, problem, reply.Text))
            .DistinctBy(reply => reply.Text, StringComparer.Ordinal)
            .OrderBy(reply => reply.Rollout.Tokens.Length)
            .Take(plan.Keep)
            .Select(reply =>
            {
                AnswerExtractor.TrySplit(reply.Text, out string thought, out string answer);
                (int[] tokens, int start) = encode is null ? ([.. prompt.Tokens, .. reply.Rollout.Tokens, end], prompt.Tokens.Length) : encode(problem, reply.Text);
                return new KeptReply(number, task.Name, problem.Prompt, thought, answer, tokens, start);
            });
    }
}

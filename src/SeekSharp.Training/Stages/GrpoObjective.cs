using SeekSharp.Chat;
using SeekSharp.Training.Checkpoints;
using SeekSharp.Training.Models;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Tasks.Grading;
using SeekSharp.Training.Text;
using static TorchSharp.torch;
using TokenBatch = SeekSharp.Training.Models.TokenBatch;

namespace SeekSharp.Training.Stages;

/// <summary>
/// Group-relative policy optimisation: the engine writes a group of replies to each prompt with the weights of this step, verifiers reward them, and what
/// is better than its group becomes more probable (DeepSeek-R1 §2.2; clip-higher, token-level loss and dropped groups: arXiv 2503.14476).
/// </summary>
internal sealed class GrpoObjective : IObjective
{
    private const int ProblemPurpose = 40, ReplyPurpose = 41, OrderPurpose = 42, LengthStep = 16;

    private readonly StageContext _context;
    private readonly GrpoRecipe _recipe;
    private readonly StartingPoint _start;
    private readonly Conversation _conversation;
    private readonly TaskChoice _choice;
    private readonly PolicyLossOptions _loss;
    private readonly TrainingModel? _reference;
    private readonly int _end;

    public GrpoObjective(StageContext context, GrpoRecipe recipe, StartingPoint start)
    {
        (_context, _recipe, _start) = (context, recipe, start);
        _conversation = new Conversation(start.Tokenizer, start.Template);
        _choice = new TaskChoice(recipe.OpenTasks(Families), recipe.Adaptive, start.State.Values);
        _loss = new PolicyLossOptions(recipe.ClipLow, recipe.ClipHigh, recipe.KullbackLeiblerWeight, recipe.ImportanceCap);
        _reference = recipe.KullbackLeiblerWeight > 0 ? Checkpoint.LoadModel(context.RequireModel(recipe.From), recipe.ModelOptions) : null;
        _end = start.Tokenizer.EndOfText.Count > 0
            ? start.Tokenizer.EndOfSentence ?? start.Tokenizer.EndOfText.First()
            : throw new RecipeException("The model's tokenizer names no token that ends a reply.");
    }

    /// <summary>What is drawn where a recipe names no tasks: those with right and wrong answers, as often as in supervised training.</summary>
    public static IReadOnlyList<(ITask Task, double Weight)> Families { get; } =
        [.. Mixture.DefaultParts.Where(part => TaskCatalog.Families.Any(family => family.Name == part.Task.Name))];

    public IReadOnlyDictionary<string, string> State => _choice.State;

    public IReadOnlyList<GradedReply>? Replies { get; private set; }

    public StepResult Step(long step, double learningRate, CancellationToken cancellation)
    {
        Group[] groups = WriteGroups(step, cancellation);
        foreach (Group group in groups) _choice.Learn(group.Problem.Task, group.Replies.Average(reply => reply.IsRight ? 1.0 : 0));
        Replies = [.. groups.Select(group => new GradedReply(group.Problem, group.Replies[0].Text, group.Replies[0].IsRight))];
        Group[] useful = [.. groups.Where(group => !PolicyGradient.HasNoVariance(group.Rewards))];
        (double? norm, PolicySums sums, int tokens) = useful.Length > 0 ? Learn(useful, step, learningRate) : (null, new(0, 0, 0, 0), 0);

        Reply[] all = [.. groups.SelectMany(group => group.Replies)];
        List<(string, double)> values =
        [
            ("reward", all.Average(reply => reply.Reward)),
            ("rollout_accuracy", all.Average(reply => reply.IsRight ? 1.0 : 0)),
            ("response_length", all.Average(reply => (double)reply.Rollout.Tokens.Length)),
            ("unfinished", all.Average(reply => reply.Rollout.IsFinished ? 0.0 : 1)),
            ("dropped_groups", 1 - (double)useful.Length / groups.Length),
            ("clipped", sums.Clipped / Math.Max(1, tokens)),
            ("engine_gap", sums.EngineGap / Math.Max(1, sums.EngineTokens)),
        ];
        if (_reference is not null) values.Add(("divergence", sums.Divergence / Math.Max(1, tokens)));
        return new StepResult(all.Sum(reply => reply.Rollout.Tokens.Length), values, norm);
    }

    public void Dispose() => _reference?.Dispose();

    private sealed record Reply(Rollout Rollout, string Text, bool IsRight, double Reward);

    private sealed record Group(Problem Problem, int[] Prompt, Reply[] Replies)
    {
        public double[] Rewards { get; } = [.. Replies.Select(reply => reply.Reward)];
    }

    /// <summary>A reply to learn from, with what is known of its tokens.</summary>
    private sealed record Sample(TrainingSequence Sequence, Rollout Rollout, double Advantage)
    {
        /// <summary>Log-probabilities of the reply's tokens by the trainer as it was, empty where that is the trainer as it is.</summary>
        public double[] Old { get; set; } = [];

        public double[] Reference { get; set; } = [];
    }

    private Group[] WriteGroups(long step, CancellationToken cancellation)
    {
        using RolloutEngine engine = RolloutEngine.Of(_start.Model, _start.Tokenizer, _context.Threads);
        (ITask Task, Problem Problem, ChatPrompt Prompt)[] asked = new (ITask, Problem, ChatPrompt)[_recipe.Prompts];
        List<RolloutRequest> requests = [];
        for (int i = 0; i < asked.Length; i++)
        {
            long number = step * _recipe.Prompts + i;
            Random random = Seeds.At(_context.Seed, number, ProblemPurpose);
            ITask task = _choice.Draw(random);
            Problem problem = task.Generate(random, Split.Train);
            asked[i] = (task, problem, _conversation.Prompt(problem));
            Random seeds = Seeds.At(_context.Seed, number, ReplyPurpose);
            // At temperature 1 the replies come from the distribution whose gradient is taken.
            for (int sample = 0; sample < _recipe.Group; sample++)
                requests.Add(new RolloutRequest(asked[i].Prompt.Tokens, _recipe.MaxTokens, 1, seeds.NextInt64(), IsTraced: true));
        }

        IReadOnlyList<Rollout> rollouts = engine.Run(requests, cancellation);
        return
        [
            .. asked.Select((question, i) => new Group(
                question.Problem,
                question.Prompt.Tokens,
                [.. rollouts.Skip(i * _recipe.Group).Take(_recipe.Group).Select(rollout => Grade(question.Task, question.Problem, question.Prompt, rollout))])),
        ];
    }

    private Reply Grade(ITask task, Problem problem, ChatPrompt prompt, Rollout rollout)
    {
        string text = _conversation.Reply(prompt, rollout);
        bool isRight = rollout.IsFinished && Evaluation.IsRight(task, problem, text);
        bool keepsFormat = rollout.IsFinished && AnswerExtractor.TrySplit(text, out _, out string answer) && answer.Length > 0;
        return new Reply(rollout, text, isRight, isRight ? _recipe.OutcomeReward : keepsFormat ? _recipe.FormatReward : 0);
    }

    private (double? Norm, PolicySums Sums, int Tokens) Learn(Group[] groups, long step, double learningRate)
    {
        Sample[] samples = [.. groups.SelectMany(Samples)];
        Seeds.At(_context.Seed, step, OrderPurpose).Shuffle(samples);
        if (_recipe.Minibatches > 1) Measure(samples, _start.Model, (sample, values) => sample.Old = values);
        if (_reference is not null) Measure(samples, _reference, (sample, values) => sample.Reference = values);
        double? norm = null;
        PolicySums sums = new(0, 0, 0, 0);
        int tokens = 0, size = (samples.Length + _recipe.Minibatches - 1) / _recipe.Minibatches;
        foreach (Sample[] minibatch in samples.Chunk(size))
        {
            int own = minibatch.Sum(Length);
            tokens += own;
            foreach (Sample[] part in Cut(minibatch)) sums = Add(sums, Differentiate(part, own));
            norm = Math.Max(norm ?? 0, _start.Optimizer.Step(learningRate));
        }

        return (norm, sums, tokens);
    }

    private IEnumerable<Sample> Samples(Group group)
    {
        double[] advantages = PolicyGradient.Advantages(group.Rewards, _recipe.NormalizeByDeviation);
        for (int i = 0; i < advantages.Length; i++)
        {
            Rollout rollout = group.Replies[i].Rollout;
            int[] tokens = rollout.IsFinished ? [.. group.Prompt, .. rollout.Tokens, _end] : [.. group.Prompt, .. rollout.Tokens];
            float[] weights = new float[tokens.Length];
            weights.AsSpan(group.Prompt.Length).Fill(1);
            yield return new Sample(new TrainingSequence(tokens, weights), rollout, advantages[i]);
        }
    }

    /// <summary>Gradients of a few replies, added to those that are there.</summary>
    private PolicySums Differentiate(Sample[] samples, int tokensOfMinibatch)
    {
        using var scope = NewDisposeScope();
        TokenBatch batch = TokenBatch.Create([.. samples.Select(sample => sample.Sequence)], LengthStep);
        Tensor logProbabilities = _start.Model.LogProbabilities(batch, Replay(samples, batch));
        (Tensor loss, PolicySums sums) = PolicyLoss.Sum(logProbabilities, [.. samples.SelectMany(Tokens)], _loss);
        (loss / tokensOfMinibatch).backward();
        return sums;
    }

    /// <summary>The learned tokens of a reply; of the one that ended it the engine does not tell the probability.</summary>
    private static IEnumerable<PolicyToken> Tokens(Sample sample)
    {
        int count = Length(sample);
        for (int i = 0; i < count; i++)
        {
            yield return new PolicyToken(
                At(sample.Old, i),
                i < sample.Rollout.LogProbabilities.Length ? sample.Rollout.LogProbabilities[i] : double.NaN,
                At(sample.Reference, i),
                sample.Advantage);
        }

        static double At(double[] values, int i) => values.Length > 0 ? values[i] : double.NaN;
    }

    private static int Length(Sample sample) => sample.Rollout.Tokens.Length + (sample.Rollout.IsFinished ? 1 : 0);

    /// <summary>Log-probabilities by a model as it is, without gradient.</summary>
    private void Measure(Sample[] samples, TrainingModel model, Action<Sample, double[]> keep)
    {
        using var _ = no_grad();
        foreach (Sample[] part in Cut(samples))
        {
            using var scope = NewDisposeScope();
            TokenBatch batch = TokenBatch.Create([.. part.Select(sample => sample.Sequence)], LengthStep);
            double[] values = PolicyLoss.Values(model.LogProbabilities(batch, Replay(part, batch)));
            int at = 0;
            foreach (Sample sample in part)
            {
                keep(sample, values[at..(at + Length(sample))]);
                at += Length(sample);
            }
        }
    }

    private RouterReplay? Replay(Sample[] samples, TokenBatch batch) => _recipe.RoutingReplay && _start.Model.Config.MixtureOfExperts is { } mixture
        ? RouterReplay.FromTraces([.. samples.Select(sample => sample.Rollout.Trace)], batch, _start.Model.Config.LayerCount, mixture.ExpertsPerToken)
        : null;

    /// <summary>Replies of about the same length together, as many as a forward pass takes.</summary>
    private IEnumerable<Sample[]> Cut(Sample[] samples)
    {
        List<Sample> part = [];
        int longest = 0;
        foreach (Sample sample in samples.OrderByDescending(sample => sample.Sequence.Tokens.Length))
        {
            int length = (sample.Sequence.Tokens.Length + LengthStep - 1) / LengthStep * LengthStep;
            if (part.Count > 0 && Math.Max(longest, length) * (part.Count + 1) > _recipe.BatchTokens)
            {
                yield return [.. part];
                part.Clear();
                longest = 0;
            }

            part.Add(sample);
            longest = Math.Max(longest, length);
        }

        if (part.Count > 0) yield return [.. part];
    }

    private static PolicySums Add(PolicySums left, PolicySums right) => new(
        left.Clipped + right.Clipped, left.Divergence + right.Divergence, left.EngineGap + right.EngineGap, left.EngineTokens + right.EngineTokens);
}

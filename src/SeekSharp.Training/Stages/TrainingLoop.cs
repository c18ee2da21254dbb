using System.Diagnostics;
using System.Globalization;
using SeekSharp.Training.Checkpoints;
using SeekSharp.Training.Models;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Runs;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Stages;

/// <summary>Steps, until the stage's budget is spent: learning rate, load balancing, measurements, checkpoints, evaluations on the way.</summary>
/// <param name="context">The stage.</param>
/// <param name="recipe">How it trains.</param>
/// <param name="start">Model, optimizer, and where the stage stands.</param>
/// <param name="objective">What a step does.</param>
internal sealed class TrainingLoop(StageContext context, TrainRecipe recipe, StartingPoint start, IObjective objective)
{
    private const int LoadEvery = 20, MostUselessSteps = 20, ReplyTokens = 384;
    private const double BalancedShare = 0.9;

    private readonly StageBudget _budget = new(recipe);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Stopwatch _sinceCheckpoint = Stopwatch.StartNew();
    private readonly SpeedMeter _speed = new();
    private long _step = start.State.Step, _tokens = start.State.Tokens, _saved = -1;
    private int _useless;

    private TimeSpan Elapsed => start.ElapsedBefore + _watch.Elapsed;

    /// <summary>Trains to the end and writes the model.</summary>
    /// <exception cref="OperationCanceledException">The stage was interrupted; there is a checkpoint.</exception>
    /// <exception cref="InvalidOperationException">The gradients are not finite any more.</exception>
    public void Run()
    {
        using RunLog log = new(context.Folder, _step);
        if (_step > 0) context.Reporter.Tell($"{context.Stage.Name}: goes on from step {_step}.");
        for (double fraction; (fraction = _budget.Fraction(_step, Elapsed)) < 1;)
        {
            if (context.Cancellation.IsCancellationRequested) Interrupt(log);
            try
            {
                Step(log, fraction);
            }
            catch (OperationCanceledException)
            {
                start.Model.ClearGradients();
                Interrupt(log);
            }

            if (_sinceCheckpoint.Elapsed.TotalMinutes >= recipe.CheckpointMinutes) Save(log);
        }

        Save(log);
        Checkpoint.SaveModel(context.Folder.Model, start.Model, start.Texts);
        context.Folder.Finish(("steps", _step), ("tokens", _tokens), ("seconds", Math.Round(Elapsed.TotalSeconds, 1)));
        context.Reporter.Tell(string.Create(CultureInfo.InvariantCulture,
            $"{context.Stage.Name}: {_step} steps, {_tokens / 1e6:F2}M tokens in {Elapsed.TotalMinutes:F1} minutes; model in '{context.Folder.Model}'."));
    }

    private void Step(RunLog log, double fraction)
    {
        double rate = _budget.LearningRate(_step, fraction);
        StepResult result = objective.Step(_step, rate, context.Cancellation);
        _step++;
        _tokens += result.Tokens;
        _speed.Add(result.Tokens);
        RequireFinite(result.GradientNorm);
        IReadOnlyList<RouterStatistics> routers = start.Model.RouterStatistics;
        List<(string, double)> values = [.. result.Values];
        if (result.GradientNorm is { } norm) values.Add(("gradient_norm", norm));
        if (routers.Any(router => router.Tokens > 0)) values.Add(("max_violation", routers.Max(router => router.MaxViolation)));
        IReadOnlyList<IReadOnlyList<long>>? load = _step % LoadEvery == 0 && routers.Count > 0 ? [.. routers.Select(router => router.Load.ToArray())] : null;
        start.Model.UpdateSelectionBias(fraction < BalancedShare ? recipe.BiasSpeed : 0);
        if (recipe.EvalEvery > 0 && _step % recipe.EvalEvery == 0) values.AddRange(EvaluateUnlessInterrupted());
        values.AddRange([("learning_rate", rate), ("tokens", _tokens), ("tokens_per_second", _speed.PerSecond), ("seconds", Math.Round(Elapsed.TotalSeconds, 3))]);
        Metrics metrics = new(_step, values, load);
        log.Write(metrics);
        double after = _budget.Fraction(_step, Elapsed);
        context.Reporter.Report(new StageProgress(after, StageBudget.Left(after, Elapsed), Describe(metrics)));
    }

    /// <summary>One bad batch is passed over; a model that is broken does not come back.</summary>
    private void RequireFinite(double? norm)
    {
        if (norm is null) return;
        _useless = double.IsFinite(norm.Value) ? 0 : _useless + 1;
        if (_useless == MostUselessSteps)
            throw new InvalidOperationException($"The gradients of {MostUselessSteps} steps in a row are not finite; start again from an earlier checkpoint with a lower learning_rate.");
    }

    private void Interrupt(RunLog log)
    {
        Save(log);
        context.Reporter.Tell($"{context.Stage.Name}: stopped at step {_step}, which is saved; --resume goes on from there.");
        throw new OperationCanceledException(context.Cancellation);
    }

    private void Save(RunLog log)
    {
        _sinceCheckpoint.Restart();
        if (_saved == _step) return;
        Directory.CreateDirectory(context.Folder.Checkpoints);
        TrainingState state = start.State with { Step = _step, Tokens = _tokens, Values = StartingPoint.Values(objective.State, Elapsed) };
        Checkpoint.Save(Checkpoint.PathOf(context.Folder.Checkpoints, _step), start.Model, start.Optimizer, state, start.Texts);
        context.Folder.PruneCheckpoints();
        _saved = _step;
        if (objective.Replies is { Count: > 0 } replies) EvaluationFiles.WriteReplies(context.Folder, $"{context.Stage.Name}, step {_step}", replies);
        RunPlots.Write(context.Folder, log.All);
    }

    private List<(string, double)> EvaluateUnlessInterrupted()
    {
        try
        {
            return Evaluate();
        }
        catch (OperationCanceledException)
        {
            return []; // the step itself is made, and is logged and saved
        }
    }

    /// <summary>A few problems per task that are never trained on, answered greedily.</summary>
    private List<(string, double)> Evaluate()
    {
        using RolloutEngine engine = RolloutEngine.Of(start.Model, start.Tokenizer, context.Threads);
        ITask[] tasks = [.. recipe.OpenTasks(Mixture.DefaultParts).Select(part => part.Task)];
        EvaluationPlan plan = new(recipe.EvalProblems, 0, 1, 0, ReplyTokens, OutOfRange: false, Thinking: true, context.Seed);
        EvaluationReport report = Evaluator.Run(engine, new Conversation(start.Tokenizer, start.Template), tasks, plan, (_, _) => { }, context.Cancellation);
        EvaluationFiles.WriteReplies(context.Folder, $"{context.Stage.Name}, step {_step}", report.Replies);
        double accuracy = report.Mean(Split.Test) ?? double.NaN;
        context.Reporter.Tell(string.Create(CultureInfo.InvariantCulture, $"{context.Stage.Name}: step {_step}, {accuracy:P1} of the problems on the way are right."));
        return [("accuracy", accuracy), .. report.Rows.Where(row => row.Name != Tasks.Grading.Evaluation.Mean).Select(row => ("accuracy/" + row.Name, row.Strict))];
    }

    private static string Describe(Metrics metrics)
    {
        List<string> parts = [string.Create(CultureInfo.InvariantCulture, $"step {metrics.Step}")];
        foreach ((string name, string label, string format) in ((string, string, string)[])
        [
            ("loss", "loss", "F4"), ("reward", "reward", "F3"), ("response_length", "length", "F0"), ("dropped_groups", "dropped", "P0"),
            ("tokens_per_second", "tok/s", "N0"), ("max_violation", "max violation", "F2"),
        ])
            if (metrics.Find(name) is { } value) parts.Add($"{label} {value.ToString(format, CultureInfo.InvariantCulture)}");
        return string.Join(", ", parts);
    }
}

using System.Globalization;
using SeekSharp.Templates;
using SeekSharp.Tokenizers;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Runs;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Stages;

/// <summary>Measures a model: "report.json" and "report.md" with every task, and the replies.</summary>
internal static class EvaluationStage
{
    public static void Run(StageContext context, EvalRecipe recipe)
    {
        string model = context.RequireModel(recipe.From);
        (EvaluationPlan plan, EvaluationReport report) = Measure(recipe, model, context.Recipe.Seed, context.Threads, context.Reporter, context.Cancellation);
        StageFolder.WriteText(context.Folder.In("report.json"), EvaluationFiles.ToJson(model, plan, report));
        StageFolder.WriteText(context.Folder.In("report.md"), EvaluationFiles.ToTable(plan, report));
        EvaluationFiles.WriteReplies(context.Folder, context.Stage.Name, report.Replies);
        double inRange = report.Mean(Split.Test) ?? double.NaN;
        context.Folder.Finish(("in_range", inRange), ("out_of_range", report.Mean(Split.OutOfRange) ?? double.NaN));
        context.Reporter.Tell(string.Create(CultureInfo.InvariantCulture, $"{context.Stage.Name}: mean pass@1 in range {inRange:P1}; table in '{context.Folder.In("report.md")}'."));
    }

    /// <summary>Measures any model that the engine runs.</summary>
    public static (EvaluationPlan Plan, EvaluationReport Report) Measure(
        EvalRecipe recipe, string model, long seed, int threads, IStageReporter reporter, CancellationToken cancellation)
    {
        using RolloutEngine engine = RolloutEngine.Load(model, threads);
        (Tokenizer tokenizer, ChatTemplate template) = StageContext.OpenText(model);
        ITask[] tasks = [.. recipe.OpenTasks(Mixture.DefaultParts).Select(part => part.Task)];
        EvaluationPlan plan = new(recipe.Problems, recipe.Samples, recipe.K, recipe.Temperature, recipe.MaxTokens, recipe.OutOfRange, recipe.Thinking, seed);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        EvaluationReport report = Evaluator.Run(
            engine, new Conversation(tokenizer, template), tasks, plan,
            (fraction, text) => reporter.Report(new StageProgress(fraction, StageBudget.Left(fraction, watch.Elapsed), text)), cancellation);
        return (plan, report);
    }
}

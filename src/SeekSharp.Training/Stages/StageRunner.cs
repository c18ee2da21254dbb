using System.Globalization;
using SeekSharp.Templates;
using SeekSharp.Tokenizers;
using SeekSharp.Training.Native;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Runs;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Text;
using TorchSharp;

namespace SeekSharp.Training.Stages;

/// <summary>Runs the stages of a recipe, one after the other or one alone, in the folder of a run.</summary>
internal static class StageRunner
{
    private const string RecipeName = "recipe.json";

    /// <summary>Runs a recipe.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="run">The run's folder.</param>
    /// <param name="only">Name of the one stage to run, or what it does; null: all of them.</param>
    /// <param name="resumes">Whether a run that was begun goes on; stages that are done are not run again.</param>
    /// <param name="reporter">Shows what happens.</param>
    /// <param name="cancellation">Ends the run; what was trained is saved.</param>
    /// <exception cref="RecipeException">The folder has a run already, or a stage lacks what it starts from.</exception>
    /// <exception cref="OperationCanceledException">The run was interrupted.</exception>
    public static void Run(Recipe recipe, string run, string? only, bool resumes, IStageReporter reporter, CancellationToken cancellation)
    {
        int[] chosen = [.. Enumerable.Range(0, recipe.Stages.Count).Where(i => only is null || recipe.Stages[i].Name == only || recipe.Stages[i].StageKind == only)];
        if (chosen.Length == 0) throw new RecipeException($"The recipe has no stage '{only}'; it has {string.Join(", ", recipe.Stages.Select(stage => stage.Name))}.");
        StageContext[] stages = [.. chosen.Select(i => new StageContext(recipe, run, i, reporter, cancellation))];
        if (!resumes && stages.FirstOrDefault(stage => stage.Folder.IsStarted) is { } begun)
            throw new RecipeException($"'{begun.Folder.Path}' exists already; add --resume to go on with it, or take another --out.");
        // What is wrong with the settings of a later stage is told before the first one trains for an hour.
        foreach (StageContext stage in stages)
            if (stage.Folder.IsStarted) stage.Folder.Start(RecipeOf(stage));
        Directory.CreateDirectory(run);
        StageFolder.WriteText(Path.Combine(run, RecipeName), recipe.ToJson());
        foreach (StageContext stage in stages)
        {
            if (stage.Folder.IsDone)
            {
                reporter.Tell($"{stage.Stage.Name}: done already.");
                continue;
            }

            cancellation.ThrowIfCancellationRequested();
            Run(stage);
        }
    }

    private static void Run(StageContext context)
    {
        context.Folder.Start(RecipeOf(context));
        context.Reporter.Begin(context.Stage.Name);
        try
        {
            switch (context.Stage)
            {
                case TokenizerRecipe recipe: TrainTokenizer(context, recipe); break;
                case PretrainRecipe recipe: Pretrain(context, recipe); break;
                case SftRecipe recipe: FineTune(context, recipe); break;
                case GrpoRecipe recipe: Reinforce(context, recipe); break;
                case SampleRecipe recipe: Sample(context, recipe); break;
                case DistillRecipe recipe: Distill(context, recipe); break;
                case EvalRecipe recipe: EvaluationStage.Run(context, recipe); break;
                case ExportRecipe recipe: Export(context, recipe); break;
                default: throw new NotSupportedException($"There is no stage '{context.Stage.StageKind}'.");
            }
        }
        finally
        {
            context.Reporter.End();
        }
    }

    /// <summary>The recipe that makes this stage alone: seed and threads belong to it.</summary>
    private static string RecipeOf(StageContext context) => (context.Recipe with { Stages = [context.Stage] }).ToJson();

    private static void TrainTokenizer(StageContext context, TokenizerRecipe recipe)
    {
        Mixture mixture = new(recipe.OpenTasks(Mixture.DefaultParts));
        TokenizerText tokenizer = TokenizerText.Train(TokenizerCorpus.Texts(mixture, context.Seed, recipe.Examples), recipe.Vocabulary);
        tokenizer.Write(context.Folder.Path);
        context.Folder.Finish(("vocabulary", recipe.Vocabulary));
        context.Reporter.Tell($"{context.Stage.Name}: {recipe.Vocabulary} tokens, in '{context.Folder.Path}'.");
    }

    private static void Pretrain(StageContext context, PretrainRecipe recipe)
    {
        PrepareTorch(context);
        using StartingPoint start = StartingPoint.Open(context, recipe, recipe.From, recipe.Model, recipe.Tokenizer);
        PretrainingData data = new(start.Tokenizer, context.Seed, Math.Max(1, recipe.BatchTokens / recipe.Length), recipe.Length, recipe.GapRate);
        using SupervisedObjective objective = new(start, recipe.LossOptions, data.Read);
        new TrainingLoop(context, recipe, start, objective).Run();
    }

    private static void FineTune(StageContext context, SftRecipe recipe)
    {
        PrepareTorch(context);
        using StartingPoint start = StartingPoint.Open(context, recipe, recipe.From, recipe.Model);
        TrainingExample[] samples = [.. recipe.Samples.SelectMany(from => SampleFile.ReadExamples(context.FindSamples(from), start.Tokenizer, recipe.LongestExample))];
        DatasetBuilder data = Data(context, start, recipe, recipe.LongestExample, recipe.ShareWithoutThought, samples, recipe.SampleShare);
        using SupervisedObjective objective = new(start, recipe.LossOptions, data.Read);
        new TrainingLoop(context, recipe, start, objective).Run();
    }

    private static void Reinforce(StageContext context, GrpoRecipe recipe)
    {
        PrepareTorch(context);
        using StartingPoint start = StartingPoint.Open(context, recipe, recipe.From, fresh: null);
        using GrpoObjective objective = new(context, recipe, start);
        new TrainingLoop(context, recipe, start, objective).Run();
    }

    private static void Sample(StageContext context, SampleRecipe recipe)
    {
        string model = context.RequireModel(recipe.From);
        using RolloutEngine engine = RolloutEngine.Load(model, context.Threads);
        (Tokenizer tokenizer, ChatTemplate template) = StageContext.OpenText(model);
        TimeSpan? limit = recipe.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null;
        SamplePlan plan = new(recipe.Problems, recipe.Samples, recipe.Keep, recipe.Temperature, recipe.MaxTokens, limit);
        Mixture mixture = new(recipe.OpenTasks(GrpoObjective.Families));
        (int kept, long problems) = new RejectionSampler(context, plan, engine, new Conversation(tokenizer, template), mixture).Run();
        context.Folder.Finish(("problems", problems), ("kept", kept));
        context.Reporter.Tell($"{context.Stage.Name}: {kept} right replies to {problems} problems, in '{context.Folder.SamplesFile}'.");
    }

    private static void Distill(StageContext context, DistillRecipe recipe)
    {
        PrepareTorch(context);
        string model = context.RequireModel(recipe.Teacher);
        using RolloutEngine teacher = RolloutEngine.Load(model, context.Threads);
        (Tokenizer tokenizer, ChatTemplate template) = StageContext.OpenText(model);
        using StartingPoint start = StartingPoint.Open(context, recipe, recipe.From, recipe.Model);
        bool sharesTokens = SharesTokens(tokenizer, start.Tokenizer);
        if (recipe.LogitWeight > 0 && !sharesTokens)
            throw new RecipeException($"Stage '{context.Stage.Name}' compares distributions, but the teacher '{model}' has another vocabulary than the student; set logit_weight to 0.");
        ExampleEncoder encoder = new(start.Tokenizer, start.Template);
        TeacherSampling sampling = recipe.Sampling;
        SamplePlan plan = new(sampling.Problems, sampling.Samples, sampling.Keep, sampling.Temperature, sampling.MaxTokens, Limit: null);
        Mixture mixture = new(recipe.OpenTasks(GrpoObjective.Families));
        (int kept, long problems) = new RejectionSampler(
            context, plan, teacher, new Conversation(tokenizer, template), mixture, sharesTokens ? null : (problem, reply) => Encode(encoder, problem, reply)).Run();
        context.Reporter.Tell($"{context.Stage.Name}: the teacher's {kept} right replies to {problems} problems are learned from.");
        IReadOnlyList<TrainingExample> samples = SampleFile.ReadExamples(context.Folder.SamplesFile, start.Tokenizer, recipe.LongestExample);
        DatasetBuilder data = Data(context, start, recipe, recipe.LongestExample, shareWithoutThought: 0, samples, shareOfSamples: 1);
        using IObjective objective = recipe.LogitWeight > 0
            ? new DistillationObjective(start, teacher.Model, recipe.LogitWeight, context.Threads, recipe.LongestExample, data.Read)
            : new SupervisedObjective(start, recipe.LossOptions, data.Read);
        new TrainingLoop(context, recipe, start, objective).Run();
    }

    private static (int[] Tokens, int ReplyStart) Encode(ExampleEncoder encoder, Problem problem, string reply)
    {
        AnswerExtractor.TrySplit(reply, out string thought, out string answer);
        TrainingExample example = encoder.Encode(problem, new Demonstration(thought, answer));
        return (example.Tokens, example.ResponseStart);
    }

    private static void Export(StageContext context, ExportRecipe recipe)
    {
        string output = recipe.Output ?? context.Folder.In($"{context.Recipe.Name}-{recipe.Type}.gguf");
        ModelExport.Write(context.RequireModel(recipe.From), output, recipe.Type, context.Threads, overwrite: true, context.Cancellation);
        long bytes = new FileInfo(output).Length;
        context.Folder.Finish(("bytes", bytes));
        context.Reporter.Tell(string.Create(CultureInfo.InvariantCulture, $"{context.Stage.Name}: '{output}', {bytes / 1e6:F1} MB."));
    }

    private static DatasetBuilder Data(
        StageContext context, StartingPoint start, TrainRecipe recipe, int longest, double shareWithoutThought, IReadOnlyList<TrainingExample> samples, double shareOfSamples) =>
        new(start.Tokenizer, new ExampleEncoder(start.Tokenizer, start.Template), new Mixture(recipe.OpenTasks(Mixture.DefaultParts)), new DatasetOptions
        {
            Seed = context.Seed,
            TokensPerBatch = recipe.BatchTokens,
            LongestExample = longest,
            ShareWithoutThought = shareWithoutThought,
            Samples = samples,
            ShareOfSamples = shareOfSamples,
        });

    private static bool SharesTokens(Tokenizer left, Tokenizer right) => left.VocabularySize == right.VocabularySize
        && Enumerable.Range(0, left.VocabularySize).All(token => left.TokenBytes(token).SequenceEqual(right.TokenBytes(token)));

    private static void PrepareTorch(StageContext context)
    {
        LibTorch.Load();
        torch.set_num_threads(context.Threads);
    }
}

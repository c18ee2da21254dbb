using System.CommandLine;
using SeekSharp.Cli;
using SeekSharp.Quantization;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Runs;
using SeekSharp.Training.Stages;

namespace SeekSharp.Training.Cli;

/// <summary>A command per stage: one stage of a recipe alone. Evaluation and export need no recipe.</summary>
internal static class StageCommands
{
    private static readonly (string Kind, string Description)[] s_stages =
    [
        (TokenizerRecipe.Kind, "Train the tokenizer"),
        (PretrainRecipe.Kind, "Train on documents, one in ten with a gap (fill in the middle)"),
        (SftRecipe.Kind, "Train on demonstrations"),
        (GrpoRecipe.Kind, "Train on verified answers: reinforcement learning"),
        (SampleRecipe.Kind, "Let the model answer and keep what is right: rejection sampling"),
        (DistillRecipe.Kind, "Train on what another model answers"),
    ];

    public static IEnumerable<Command> Create() => [.. s_stages.Select(stage => CreateStage(stage.Kind, stage.Description)), CreateEvaluation(), CreateExport()];

    private static ExampleCommand CreateStage(string kind, string description)
    {
        Option<string> recipe = TrainOptions.Recipe(), output = TrainOptions.Output();
        Option<bool> resume = TrainOptions.Resume();
        Option<string?> name = new("--stage") { Description = $"Name of the stage where a recipe has several; default: each that is {kind}", HelpName = "NAME" };
        ExampleCommand command = new(kind, description, $"seek train {kind} --recipe recipes/smoke.json --out runs/smoke") { recipe, output, name, resume };
        command.SetAction(parsed => RecipeRun.Run(parsed.GetRequiredValue(recipe), parsed.GetRequiredValue(output), parsed.GetValue(name) ?? kind, parsed.GetValue(resume)));
        return command;
    }

    private static ExampleCommand CreateEvaluation()
    {
        Option<string> model = TrainOptions.Model();
        Option<string[]> tasks = new("--task")
        {
            Description = "Name of a task, or a JSONL file of problems; may be given several times; default: all tasks", HelpName = "TASK", AllowMultipleArgumentsPerToken = true,
        };
        Option<int> problems = TrainOptions.Integer("--problems", "Problems per task and part", 1, 1_000_000, 100);
        Option<int> samples = TrainOptions.Integer("--samples", "Replies per problem for pass@k, beside the greedy one", 0, 1024, 0);
        Option<int> k = TrainOptions.Integer("--k", "The k of pass@k", 1, 1024, 8);
        Option<int> maxTokens = TrainOptions.Integer("--max-tokens", "Most tokens of a reply", 1, 1 << 20, 384);
        Option<int> seed = TrainOptions.Integer("--seed", "Which problems are drawn", 0, int.MaxValue, 1);
        Option<int> threads = TrainOptions.Integer("--threads", "Threads; 0: one per core", 0, 1024, 0);
        Option<bool> inRange = new("--in-range") { Description = "Leave out the problems that are harder than those of training" };
        Option<string?> json = new("--json") { Description = "File to write the report to, as JSON", HelpName = "FILE" };
        ExampleCommand command = new(
            EvalRecipe.Kind,
            "Measure any model on problems that training never uses: pass@1, pass@k, per task, with intervals",
            "seek train eval -m runs/shipped/sft --problems 100",
            "seek train eval -m model.gguf --task addition countdown --samples 8 --json report.json")
        {
            model, tasks, problems, samples, k, maxTokens, inRange, seed, threads, json,
        };
        command.SetAction(parsed =>
        {
            EvalRecipe recipe = new()
            {
                Problems = parsed.GetValue(problems), Samples = parsed.GetValue(samples), K = parsed.GetValue(k), MaxTokens = parsed.GetValue(maxTokens),
                OutOfRange = !parsed.GetValue(inRange),
                Tasks = parsed.GetValue(tasks) is { Length: > 0 } names ? names.Distinct().ToDictionary(name => name, _ => 1.0) : null,
            };
            recipe.Validate(new RecipeCheck("command line", ""));
            return Evaluate(recipe, parsed.GetRequiredValue(model), parsed.GetValue(seed), parsed.GetValue(threads), parsed.GetValue(json));
        });
        return command;
    }

    private static int Evaluate(EvalRecipe recipe, string model, int seed, int threads, string? json)
    {
        if (Directory.Exists(new StageFolder(model).Model)) model = new StageFolder(model).Model;
        using Interrupt interrupt = new();
        using ProgressView view = ProgressView.Create();
        view.Begin(EvalRecipe.Kind);
        (EvaluationPlan plan, EvaluationReport report) = EvaluationStage.Measure(recipe, model, seed, threads > 0 ? threads : Environment.ProcessorCount, view, interrupt.Token);
        view.End();
        Console.Write(EvaluationFiles.ToTable(plan, report));
        if (json is not null) StageFolder.WriteText(json, EvaluationFiles.ToJson(model, plan, report));
        return ExitCodes.Success;
    }

    private static ExampleCommand CreateExport()
    {
        Option<string> model = TrainOptions.Model();
        Option<string> output = new("--out", "-o") { Description = "GGUF file to write", HelpName = "FILE", Required = true };
        Option<bool> force = new("--force") { Description = "Replace the file if it exists" };
        Option<FileType> type = new("--type")
        {
            Description = $"One of {string.Join(", ", Enum.GetNames<FileType>())}; default: BF16",
            HelpName = "TYPE",
            DefaultValueFactory = _ => FileType.BF16,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (!int.TryParse(text, out _) && Enum.TryParse(text, ignoreCase: true, out FileType value)) return value;
                result.AddError($"--type must be one of {string.Join(", ", Enum.GetNames<FileType>())}, not '{text}'.");
                return default;
            },
        };
        ExampleCommand command = new(ExportRecipe.Kind, "Write a trained model as a GGUF file", "seek train export -m runs/shipped/grpo --out model.gguf --type Q8_0") { model, output, type, force };
        command.SetAction(parsed =>
        {
            using Interrupt interrupt = new();
            ModelExport.Write(parsed.GetRequiredValue(model), parsed.GetRequiredValue(output), parsed.GetValue(type), 0, parsed.GetValue(force), interrupt.Token);
            Console.WriteLine(parsed.GetRequiredValue(output));
            return ExitCodes.Success;
        });
        return command;
    }
}

using System.Text.Json.Serialization;
using SeekSharp.Training.Models;
using SeekSharp.Training.Optimizers;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Recipes;

/// <summary>One stage of a recipe.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "stage")]
[JsonDerivedType(typeof(TokenizerRecipe), TokenizerRecipe.Kind)]
[JsonDerivedType(typeof(PretrainRecipe), PretrainRecipe.Kind)]
[JsonDerivedType(typeof(SftRecipe), SftRecipe.Kind)]
[JsonDerivedType(typeof(GrpoRecipe), GrpoRecipe.Kind)]
[JsonDerivedType(typeof(SampleRecipe), SampleRecipe.Kind)]
[JsonDerivedType(typeof(DistillRecipe), DistillRecipe.Kind)]
[JsonDerivedType(typeof(EvalRecipe), EvalRecipe.Kind)]
[JsonDerivedType(typeof(ExportRecipe), ExportRecipe.Kind)]
internal abstract record StageRecipe
{
    /// <summary>What "stage" may be.</summary>
    public const string Kinds = "tokenizer, pretrain, sft, grpo, sample, distill, eval and export";

    private string? _name;

    /// <summary>What the stage does.</summary>
    protected internal abstract string StageKind { get; }

    /// <summary>Its name, that of its folder; where it is left out, what it does.</summary>
    public string Name
    {
        get => _name ?? StageKind;
        set => _name = value;
    }

    /// <summary>Checks the settings.</summary>
    /// <exception cref="RecipeException">One is out of its range.</exception>
    public abstract void Validate(RecipeCheck check);
}

/// <summary>A stage that draws problems.</summary>
internal abstract record TaskRecipe : StageRecipe
{
    /// <summary>
    /// Tasks by name, with their weights: how often each is drawn. A name that ends in ".jsonl" is a user's file. Left out: all built-in tasks (where
    /// answers are verified, the families alone).
    /// </summary>
    public Dictionary<string, double>? Tasks { get; set; }

    /// <summary>The tasks; files are opened here.</summary>
    /// <param name="usual">What is drawn where the recipe names nothing.</param>
    /// <exception cref="TaskFileException">A user's file is not what it must be.</exception>
    public IReadOnlyList<(ITask Task, double Weight)> OpenTasks(IReadOnlyList<(ITask Task, double Weight)> usual) =>
        Tasks is null ? usual : [.. Tasks.Select(entry => (Open(entry.Key), entry.Value))];

    public override void Validate(RecipeCheck check)
    {
        foreach ((string name, double weight) in Tasks ?? [])
        {
            check.Require(weight > 0 && double.IsFinite(weight), $"tasks.{name}", $"is {weight}; a weight is a positive number");
            check.Require(IsFile(name) || Mixture.DefaultParts.Any(part => part.Task.Name == name), $"tasks.{name}",
                $"is no task; there are {string.Join(", ", Mixture.DefaultParts.Select(part => part.Task.Name))}, and files that end in .jsonl");
        }

        check.Require(Tasks is not { Count: 0 }, "tasks", "names no task");
    }

    private static ITask Open(string name) => IsFile(name) ? JsonlTask.Open(name) : TaskCatalog.Find(name);

    private static bool IsFile(string name) => name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);
}

/// <summary>A stage that changes weights.</summary>
internal abstract record TrainRecipe : TaskRecipe
{
    /// <summary>The stage or model folder to start from; left out, the last stage before this one that made a model.</summary>
    public string? From { get; set; }

    /// <summary>Steps to make; left out where <see cref="Minutes"/> are given.</summary>
    public long? Steps { get; set; }

    /// <summary>Minutes to train, over all resumes together; the schedule follows the time that has passed.</summary>
    public double? Minutes { get; set; }

    /// <summary>The highest learning rate.</summary>
    public double LearningRate { get; set; } = 4e-3;

    /// <summary>Steps of warm-up.</summary>
    public int WarmUpSteps { get; set; } = 100;

    /// <summary>Share of the stage after which the rate falls.</summary>
    public double ConstantShare { get; set; } = 0.6;

    /// <summary>How it falls.</summary>
    public LearningRateDecay Decay { get; set; } = LearningRateDecay.Linear;

    /// <summary>Share of the highest rate that is left at the end.</summary>
    public double FinalShare { get; set; }

    /// <summary>"muon" for matrices with AdamW for the rest, or "adamw" for everything.</summary>
    public string Optimizer { get; set; } = "muon";

    /// <summary>Share of a weight that is taken away per step, times the learning rate.</summary>
    public double WeightDecay { get; set; } = 0.1;

    /// <summary>Gradients are scaled down to this norm.</summary>
    public double MaxGradientNorm { get; set; } = 1;

    /// <summary>In which type the model computes: BFloat16 or Float32.</summary>
    public Precision Precision { get; set; } = Precision.BFloat16;

    /// <summary>"cpu"; "cuda" needs a LibTorch for it and is not tested.</summary>
    public string Device { get; set; } = "cpu";

    /// <summary>Most tokens of a forward pass, padding included.</summary>
    public int BatchTokens { get; set; } = 4096;

    /// <summary>Speed γ of the router's selection bias; it stands still in the last tenth of the stage.</summary>
    public double BiasSpeed { get; set; } = 0.001;

    /// <summary>Weight λ of multi-token prediction, where the model has such layers.</summary>
    public double PredictionWeight { get; set; } = 0.1;

    /// <summary>Weight α of the sequence-wise balance loss of DeepSeek-V3.</summary>
    public double SequenceBalanceWeight { get; set; }

    /// <summary>Weight α1 of the classic balance loss of DeepSeek-V2, for comparison.</summary>
    public double AuxiliaryBalanceWeight { get; set; }

    /// <summary>Minutes between checkpoints: what kill -9 loses at most.</summary>
    public double CheckpointMinutes { get; set; } = 5;

    /// <summary>Steps between evaluations of a few problems per task on the way; 0: none.</summary>
    public int EvalEvery { get; set; }

    /// <summary>Problems per task of such an evaluation.</summary>
    public int EvalProblems { get; set; } = 8;

    [JsonIgnore]
    public OptimizerOptions OptimizerOptions => new() { UsesMuon = Optimizer == "muon", WeightDecay = WeightDecay, MaxGradientNorm = MaxGradientNorm };

    [JsonIgnore]
    public TrainingModelOptions ModelOptions => new() { Precision = Precision, Device = Device };

    [JsonIgnore]
    public LossOptions LossOptions => new()
    {
        PredictionWeight = PredictionWeight, SequenceBalanceWeight = SequenceBalanceWeight, AuxiliaryBalanceWeight = AuxiliaryBalanceWeight,
    };

    public override void Validate(RecipeCheck check)
    {
        base.Validate(check);
        check.Require(Steps is null != Minutes is null, "steps", Steps is null ? "or 'minutes' must be given" : "and 'minutes' exclude each other");
        check.Range(Steps ?? 1, 1, 1_000_000_000, "steps");
        check.Range(Minutes ?? 1, 0.001, 1e6, "minutes");
        check.Range(LearningRate, 0, 1, "learning_rate");
        check.Range(WarmUpSteps, 0, 1_000_000, "warm_up_steps");
        check.Range(ConstantShare, 0, 1, "constant_share");
        check.Range(FinalShare, 0, 1, "final_share");
        check.Require(Optimizer is "muon" or "adamw", "optimizer", $"is '{Optimizer}'; it must be muon or adamw");
        check.Require(Device is "cpu" or "cuda", "device", $"is '{Device}'; it must be cpu or cuda");
        check.Range(WeightDecay, 0, 10, "weight_decay");
        check.Range(MaxGradientNorm, 1e-6, 1e9, "max_gradient_norm");
        check.Range(BatchTokens, 64, 1 << 20, "batch_tokens");
        check.Range(BiasSpeed, 0, 1, "bias_speed");
        check.Range(PredictionWeight, 0, 10, "prediction_weight");
        check.Range(SequenceBalanceWeight, 0, 10, "sequence_balance_weight");
        check.Range(AuxiliaryBalanceWeight, 0, 10, "auxiliary_balance_weight");
        check.Range(CheckpointMinutes, 0, 1e6, "checkpoint_minutes");
        check.Range(EvalEvery, 0, int.MaxValue, "eval_every");
        check.Range(EvalProblems, 1, 100_000, "eval_problems");
    }
}

using SeekSharp.Quantization;
using SeekSharp.Training.Models;

namespace SeekSharp.Training.Recipes;

/// <summary>Trains the tokenizer.</summary>
internal sealed record TokenizerRecipe : TaskRecipe
{
    public const string Kind = "tokenizer";

    protected internal override string StageKind => Kind;

    /// <summary>Number of tokens, a multiple of 32.</summary>
    public int Vocabulary { get; set; } = 1024;

    /// <summary>Examples that it is trained on.</summary>
    public int Examples { get; set; } = 20_000;

    public override void Validate(RecipeCheck check)
    {
        base.Validate(check);
        check.Range(Vocabulary, 288, 65_536, "vocabulary");
        check.Require(Vocabulary % 32 == 0, "vocabulary", $"is {Vocabulary}; it must be a multiple of 32");
        check.Range(Examples, 1, 10_000_000, "examples");
    }
}

/// <summary>A model that does not exist yet.</summary>
internal sealed record NewModel
{
    /// <summary>One of the sizes xs, s, m and l.</summary>
    public string Size { get; set; } = "m";

    /// <summary>Whether it is the dense model of the same active size instead of the mixture of experts.</summary>
    public bool Dense { get; set; }

    /// <summary>Longest context.</summary>
    public int Context { get; set; } = 2048;

    /// <summary>Multi-token-prediction layers.</summary>
    public int PredictionLayers { get; set; }

    public void Validate(RecipeCheck check)
    {
        check.Require(ModelSize.All.Any(size => size.Name == Size), "model.size", $"is '{Size}'; it must be one of {string.Join(", ", ModelSize.All.Select(size => size.Name))}");
        check.Range(Context, 64, 1 << 20, "model.context");
        check.Range(PredictionLayers, 0, 8, "model.prediction_layers");
        check.Require(!Dense || PredictionLayers == 0, "model.prediction_layers", "must be 0 for a dense model");
    }
}

/// <summary>Next-token prediction on generated documents, one in ten with a gap (fill in the middle, PSM).</summary>
internal sealed record PretrainRecipe : TrainRecipe
{
    public const string Kind = "pretrain";

    protected internal override string StageKind => Kind;

    /// <summary>The model to start with; left out where <c>from</c> names one.</summary>
    public NewModel? Model { get; set; }

    /// <summary>The stage or folder with the tokenizer; left out, the last stage before this one that has one.</summary>
    public string? Tokenizer { get; set; }

    /// <summary>Tokens of a row.</summary>
    public int Length { get; set; } = 256;

    /// <summary>Share of documents with a gap.</summary>
    public double GapRate { get; set; } = 0.1;

    public override void Validate(RecipeCheck check)
    {
        base.Validate(check);
        check.Require(Tasks is null, "tasks", "has no meaning here: documents are made of all tasks");
        check.Require(Model is null != From is null, "model", Model is null ? "or 'from' must be given" : "and 'from' exclude each other");
        Model?.Validate(check);
        check.Range(Length, 2, BatchTokens, "length");
        check.Range(GapRate, 0, 1, "gap_rate");
    }
}

/// <summary>Supervised fine-tuning on demonstrations, and on replies that a sample stage found right.</summary>
internal sealed record SftRecipe : TrainRecipe
{
    public const string Kind = "sft";

    protected internal override string StageKind => Kind;

    /// <summary>The model to start with where there is none before.</summary>
    public NewModel? Model { get; set; }

    /// <summary>Sample stages, or JSONL files that they wrote.</summary>
    public List<string> Samples { get; set; } = [];

    /// <summary>Share of examples that come from <see cref="Samples"/>.</summary>
    public double SampleShare { get; set; } = 0.5;

    /// <summary>Longest example in tokens.</summary>
    public int LongestExample { get; set; } = 384;

    /// <summary>Share of examples without thoughts.</summary>
    public double ShareWithoutThought { get; set; } = 0.03;

    public override void Validate(RecipeCheck check)
    {
        base.Validate(check);
        check.Require(Model is null || From is null, "model", "and 'from' exclude each other");
        Model?.Validate(check);
        check.Range(SampleShare, 0, 1, "sample_share");
        check.Range(LongestExample, 16, BatchTokens, "longest_example");
        check.Range(ShareWithoutThought, 0, 1, "share_without_thought");
    }
}

/// <summary>Reinforcement learning on verified answers.</summary>
internal sealed record GrpoRecipe : TrainRecipe
{
    public const string Kind = "grpo";

    protected internal override string StageKind => Kind;

    /// <summary>Prompts of a step.</summary>
    public int Prompts { get; set; } = 24;

    /// <summary>Replies to each prompt.</summary>
    public int Group { get; set; } = 16;

    /// <summary>Most tokens of a reply.</summary>
    public int MaxTokens { get; set; } = 256;

    /// <summary>Reward of a right answer in the right format.</summary>
    public double OutcomeReward { get; set; } = 1;

    /// <summary>Reward of the format alone: a finished thought, an answer, and an end.</summary>
    public double FormatReward { get; set; }

    /// <summary>Whether advantages are divided by the standard deviation of their group.</summary>
    public bool NormalizeByDeviation { get; set; }

    /// <summary>How far the ratio may fall below 1 before its gradient is cut.</summary>
    public double ClipLow { get; set; } = 0.2;

    /// <summary>How far it may rise above 1 (clip-higher).</summary>
    public double ClipHigh { get; set; } = 0.28;

    /// <summary>Weight β of the divergence from the model that the stage started with; 0 needs no such model.</summary>
    public double KullbackLeiblerWeight { get; set; }

    /// <summary>Steps of the optimizer per batch of replies.</summary>
    public int Minibatches { get; set; } = 1;

    /// <summary>Whether gradients go through the experts that wrote the reply.</summary>
    public bool RoutingReplay { get; set; } = true;

    /// <summary>Most that trainer's over engine's probability may weigh a token; 0 leaves the correction out.</summary>
    public double ImportanceCap { get; set; } = 2;

    /// <summary>Whether tasks are drawn more often where about half of the replies are right: groups that teach something.</summary>
    public bool Adaptive { get; set; } = true;

    public override void Validate(RecipeCheck check)
    {
        base.Validate(check);
        check.Range(Prompts, 1, 100_000, "prompts");
        check.Range(Group, 2, 1024, "group");
        check.Range(MaxTokens, 1, 1 << 20, "max_tokens");
        check.Range(OutcomeReward, 0, 100, "outcome_reward");
        check.Range(FormatReward, 0, OutcomeReward, "format_reward");
        check.Range(ClipLow, 0, 1, "clip_low");
        check.Range(ClipHigh, 0, 100, "clip_high");
        check.Range(KullbackLeiblerWeight, 0, 100, "kullback_leibler_weight");
        check.Range(Minibatches, 1, 1024, "minibatches");
        check.Range(ImportanceCap, 0, 1000, "importance_cap");
    }
}

/// <summary>Rejection sampling: several replies per problem, of which right ones are kept.</summary>
internal sealed record SampleRecipe : TaskRecipe
{
    public const string Kind = "sample";

    protected internal override string StageKind => Kind;

    /// <summary>The stage, model folder or model file that answers; left out, the last stage before this one that made a model.</summary>
    public string? From { get; set; }

    /// <summary>Problems to draw, all tasks together.</summary>
    public int Problems { get; set; } = 2000;

    /// <summary>Minutes after which no more problems are drawn; left out, there is no limit.</summary>
    public double? Minutes { get; set; }

    /// <summary>Replies to each problem.</summary>
    public int Samples { get; set; } = 4;

    /// <summary>Right replies that are kept of one problem, the shortest first.</summary>
    public int Keep { get; set; } = 1;

    /// <summary>What logits are divided by.</summary>
    public double Temperature { get; set; } = 1;

    /// <summary>Most tokens of a reply.</summary>
    public int MaxTokens { get; set; } = 256;

    public override void Validate(RecipeCheck check)
    {
        base.Validate(check);
        check.Range(Problems, 1, 10_000_000, "problems");
        check.Range(Minutes ?? 1, 0.001, 1e6, "minutes");
        check.Range(Samples, 1, 1024, "samples");
        check.Range(Keep, 1, Samples, "keep");
        check.Range(Temperature, 0, 100, "temperature");
        check.Range(MaxTokens, 1, 1 << 20, "max_tokens");
    }
}

/// <summary>Supervised fine-tuning on what another model answers.</summary>
internal sealed record DistillRecipe : TrainRecipe
{
    public const string Kind = "distill";

    protected internal override string StageKind => Kind;

    /// <summary>The model that answers: a stage, a folder or a GGUF file.</summary>
    public string Teacher { get; set; } = "";

    /// <summary>The model to start with where there is none before.</summary>
    public NewModel? Model { get; set; }

    /// <summary>How the teacher is asked.</summary>
    public TeacherSampling Sampling { get; set; } = new();

    /// <summary>Share of the loss that compares with the teacher's distribution (needs its vocabulary); the rest learns the sampled tokens.</summary>
    public double LogitWeight { get; set; }

    /// <summary>Longest example in tokens.</summary>
    public int LongestExample { get; set; } = 384;

    public override void Validate(RecipeCheck check)
    {
        base.Validate(check);
        check.Require(Teacher.Length > 0, "teacher", "must name a stage, a model folder or a model file");
        check.Require(Model is null || From is null, "model", "and 'from' exclude each other");
        Model?.Validate(check);
        check.Range(LogitWeight, 0, 1, "logit_weight");
        check.Range(LongestExample, 16, BatchTokens, "longest_example");
        check.Range(Sampling.Problems, 1, 10_000_000, "sampling.problems");
        check.Range(Sampling.Samples, 1, 1024, "sampling.samples");
        check.Range(Sampling.Keep, 1, Sampling.Samples, "sampling.keep");
        check.Range(Sampling.Temperature, 0, 100, "sampling.temperature");
        check.Range(Sampling.MaxTokens, 1, 1 << 20, "sampling.max_tokens");
    }
}

/// <summary>How a teacher is asked.</summary>
internal sealed record TeacherSampling
{
    /// <summary>Problems to draw, all tasks together.</summary>
    public int Problems { get; set; } = 2000;

    /// <summary>Replies to each problem.</summary>
    public int Samples { get; set; } = 1;

    /// <summary>Replies that are kept of one problem, the shortest first.</summary>
    public int Keep { get; set; } = 1;

    /// <summary>What logits are divided by.</summary>
    public double Temperature { get; set; } = 0.7;

    /// <summary>Most tokens of a reply.</summary>
    public int MaxTokens { get; set; } = 512;
}

/// <summary>Measures a model on problems that it has never seen.</summary>
internal sealed record EvalRecipe : TaskRecipe
{
    public const string Kind = "eval";

    protected internal override string StageKind => Kind;

    /// <summary>The stage, model folder or model file; left out, the last stage before this one that made a model.</summary>
    public string? From { get; set; }

    /// <summary>Problems per task and part.</summary>
    public int Problems { get; set; } = 100;

    /// <summary>Replies per problem for pass@k, beside the greedy one; 0: none.</summary>
    public int Samples { get; set; }

    /// <summary>The k of pass@k.</summary>
    public int K { get; set; } = 8;

    /// <summary>Temperature of these replies.</summary>
    public double Temperature { get; set; } = 0.8;

    /// <summary>Whether harder problems than those of training are tried, too.</summary>
    public bool OutOfRange { get; set; } = true;

    /// <summary>Whether the model thinks first.</summary>
    public bool Thinking { get; set; } = true;

    /// <summary>Most tokens of a reply.</summary>
    public int MaxTokens { get; set; } = 384;

    public override void Validate(RecipeCheck check)
    {
        base.Validate(check);
        check.Range(Problems, 1, 1_000_000, "problems");
        check.Range(Samples, 0, 1024, "samples");
        check.Range(K, 1, 1024, "k");
        check.Require(Samples == 0 || Samples >= K, "samples", $"is {Samples}; pass@{K} needs at least {K}");
        check.Range(Temperature, 0, 100, "temperature");
        check.Range(MaxTokens, 1, 1 << 20, "max_tokens");
    }
}

/// <summary>Writes a GGUF file.</summary>
internal sealed record ExportRecipe : StageRecipe
{
    public const string Kind = "export";

    protected internal override string StageKind => Kind;

    /// <summary>The stage or model folder; left out, the last stage before this one that made a model.</summary>
    public string? From { get; set; }

    /// <summary>Types of the file's weights.</summary>
    public FileType Type { get; set; } = FileType.BF16;

    /// <summary>The file; left out, the recipe's name in the stage's folder.</summary>
    public string? Output { get; set; }

    public override void Validate(RecipeCheck check) => check.Require(Output is not { Length: 0 }, "output", "is empty");
}

using SeekSharp.Formats;
using SeekSharp.Templates;
using SeekSharp.Tokenizers;
using SeekSharp.Training.Checkpoints;
using SeekSharp.Training.Models;
using SeekSharp.Training.Optimizers;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Stages;

/// <summary>A model that is trained, with all that belongs to it.</summary>
internal sealed class StartingPoint : IDisposable
{
    private const string Elapsed = "elapsed_seconds";

    public required TrainingModel Model { get; init; }
    public required Optimizer Optimizer { get; init; }
    public required TrainingState State { get; init; }
    public required Tokenizer Tokenizer { get; init; }
    public required ChatTemplate Template { get; init; }

    /// <summary>Files that are saved with the model.</summary>
    public required IReadOnlyDictionary<string, string> Texts { get; init; }

    /// <summary>Time trained before, over all resumes.</summary>
    public TimeSpan ElapsedBefore => TimeSpan.FromSeconds(
        State.Values.TryGetValue(Elapsed, out string? seconds) ? double.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture) : 0);

    /// <summary>What a stage that was interrupted left, else the model that it starts from, else a new one.</summary>
    /// <param name="context">The stage.</param>
    /// <param name="recipe">How it trains.</param>
    /// <param name="from">The model that it starts from, or null.</param>
    /// <param name="fresh">What a new model is, or null.</param>
    /// <param name="tokenizer">Where the tokenizer of a new model is; null: the last stage before.</param>
    /// <exception cref="RecipeException">There is nothing to start from.</exception>
    public static StartingPoint Open(StageContext context, TrainRecipe recipe, string? from, NewModel? fresh, string? tokenizer = null)
    {
        string? checkpoint = Checkpoint.Latest(context.Folder.Checkpoints);
        string? source = checkpoint ?? (fresh is null ? context.RequireModel(from) : null);
        TokenizerText texts = source is null ? context.FindTokenizer(tokenizer) : ReadTokenizer(source);
        (Tokenizer reader, ChatTemplate template) = source is null ? (texts.ToTokenizer(), TokenizerText.ChatTemplate) : StageContext.OpenText(source);
        (TrainingModel model, Optimizer optimizer, TrainingState state) = checkpoint is not null
            ? Checkpoint.Load(checkpoint, recipe.ModelOptions, recipe.OptimizerOptions)
            : Begin(source is null ? Create(context, recipe, fresh!, reader) : Checkpoint.LoadModel(source, recipe.ModelOptions), recipe, context);
        return new StartingPoint
        {
            Model = model,
            Optimizer = optimizer,
            State = state,
            Tokenizer = reader,
            Template = template,
            Texts = new Dictionary<string, string> { [TokenizerText.TokenizerName] = texts.TokenizerJson, [TokenizerText.ConfigName] = texts.ConfigJson },
        };
    }

    /// <summary>Values of a checkpoint: the objective's, and the time trained.</summary>
    public static Dictionary<string, string> Values(IReadOnlyDictionary<string, string> objective, TimeSpan elapsed) => new(objective)
    {
        [Elapsed] = elapsed.TotalSeconds.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimizer.Dispose();
        Model.Dispose();
    }

    private static (TrainingModel, Optimizer, TrainingState) Begin(TrainingModel model, TrainRecipe recipe, StageContext context)
    {
        TorchSharp.torch.manual_seed(context.Seed);
        return (model, new Optimizer(model, recipe.OptimizerOptions), new TrainingState { Seed = (ulong)context.Seed });
    }

    private static TrainingModel Create(StageContext context, TrainRecipe recipe, NewModel fresh, Tokenizer tokenizer)
    {
        ModelSize size = ModelSize.Parse(fresh.Size);
        ModelConfig config = fresh.Dense
            ? size.ToDenseConfig(tokenizer.VocabularySize, fresh.Context, context.Recipe.Name)
            : size.ToConfig(tokenizer.VocabularySize, fresh.Context, context.Recipe.Name, fresh.PredictionLayers);
        return TrainingModel.Create(config, (ulong)context.Seed, recipe.ModelOptions);
    }

    private static TokenizerText ReadTokenizer(string folder)
    {
        try
        {
            return TokenizerText.Read(folder);
        }
        catch (IOException exception)
        {
            throw new RecipeException($"'{folder}' cannot be trained: it is no model folder with the tokenizer's files ({exception.Message}).", exception);
        }
    }
}

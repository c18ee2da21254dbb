using SeekSharp.Formats;
using SeekSharp.Templates;
using SeekSharp.Tokenizers;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Runs;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Stages;

/// <summary>What a stage works with: its recipe, its folder in the run, and the stages before it.</summary>
/// <param name="recipe">The whole recipe.</param>
/// <param name="run">The run's folder.</param>
/// <param name="index">Which stage of the recipe this is.</param>
/// <param name="reporter">Shows what happens.</param>
/// <param name="cancellation">Ends the stage between two steps, with a checkpoint.</param>
internal sealed class StageContext(Recipe recipe, string run, int index, IStageReporter reporter, CancellationToken cancellation)
{
    public Recipe Recipe => recipe;
    public StageRecipe Stage => recipe.Stages[index];
    public StageFolder Folder { get; } = new(Path.Combine(run, recipe.Stages[index].Name));
    public IStageReporter Reporter => reporter;
    public CancellationToken Cancellation => cancellation;

    /// <summary>Threads of LibTorch and the engine.</summary>
    public int Threads => recipe.Threads > 0 ? recipe.Threads : Environment.ProcessorCount;

    /// <summary>Each stage draws numbers of its own, wherever in the recipe it stands.</summary>
    public long Seed => recipe.Seed ^ (long)(SplitRule.Hash("stage", Stage.Name) >> 1);

    /// <summary>The model that a stage starts from or works with.</summary>
    /// <param name="from">A stage, a folder or a file; null: the last stage before this one that made a model.</param>
    /// <returns>The path of a model folder or file, or null where none is named and none was made.</returns>
    /// <exception cref="RecipeException">What is named is not there.</exception>
    public string? FindModel(string? from)
    {
        if (from is null) return Before().Select(stage => FolderOf(stage).Model).FirstOrDefault(Directory.Exists);
        if (recipe.Stages.Any(stage => stage.Name == from))
        {
            string model = new StageFolder(Path.Combine(run, from)).Model;
            return Directory.Exists(model) ? model : throw new RecipeException($"Stage '{Stage.Name}' starts from '{from}', which has made no model in '{run}' yet; run it first.");
        }

        if (Directory.Exists(new StageFolder(from).Model)) return new StageFolder(from).Model;
        return File.Exists(from) || Directory.Exists(from) ? from : throw new RecipeException($"Stage '{Stage.Name}' names '{from}', which is neither a stage nor a file or folder.");
    }

    /// <summary>As <see cref="FindModel"/>, where there must be one.</summary>
    public string RequireModel(string? from) => FindModel(from)
        ?? throw new RecipeException($"Stage '{Stage.Name}' has no model to work with: no stage before it has made one, and \"from\" is not given.");

    /// <summary>The tokenizer of a stage or folder; null: of the last stage before this one that has one.</summary>
    /// <exception cref="RecipeException">There is none.</exception>
    public TokenizerText FindTokenizer(string? from)
    {
        IEnumerable<string> folders = from is null
            ? Before().SelectMany(stage => (string[])[FolderOf(stage).Model, FolderOf(stage).Path])
            : [new StageFolder(Path.Combine(run, from)).Model, Path.Combine(run, from), from];
        string folder = folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, TokenizerText.TokenizerName)))
            ?? throw new RecipeException($"Stage '{Stage.Name}' has no tokenizer: {(from is null ? "no stage before it has made one" : $"'{from}' has none")}.");
        return TokenizerText.Read(folder);
    }

    /// <summary>The replies that a sample stage kept, or those of a file of such a stage.</summary>
    public string FindSamples(string from)
    {
        string file = recipe.Stages.Any(stage => stage.Name == from) ? new StageFolder(Path.Combine(run, from)).SamplesFile : from;
        return File.Exists(file) ? file : throw new RecipeException($"Stage '{Stage.Name}' wants samples of '{from}', but there is no '{file}'.");
    }

    /// <summary>The tokenizer and chat template of a model.</summary>
    /// <exception cref="ModelFormatException">The model has none, or one that cannot be used.</exception>
    public static (Tokenizer Tokenizer, ChatTemplate Template) OpenText(string model)
    {
        using ModelFile file = ModelFile.Open(model);
        string template = file.ChatTemplate ?? throw new ModelFormatException($"{model}: the model has no chat template, which training and evaluation need.");
        return (Tokenizer.FromModel(file), ChatTemplate.Parse(template));
    }

    private IEnumerable<StageRecipe> Before() => recipe.Stages.Take(index).Reverse();

    private StageFolder FolderOf(StageRecipe stage) => new(Path.Combine(run, stage.Name));
}

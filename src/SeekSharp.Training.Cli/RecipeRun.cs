using SeekSharp.Cli;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Stages;

namespace SeekSharp.Training.Cli;

/// <summary>Runs stages for a person: Ctrl-C ends them with a checkpoint.</summary>
internal static class RecipeRun
{
    /// <param name="recipeFile">The recipe.</param>
    /// <param name="output">The run's folder.</param>
    /// <param name="only">The one stage to run, or null.</param>
    /// <param name="resumes">Whether a run that was begun goes on.</param>
    public static int Run(string recipeFile, string output, string? only, bool resumes)
    {
        Recipe recipe = Recipe.Read(recipeFile);
        using Interrupt interrupt = new();
        using ProgressView view = ProgressView.Create();
        StageRunner.Run(recipe, output, only, resumes, view, interrupt.Token);
        return ExitCodes.Success;
    }
}

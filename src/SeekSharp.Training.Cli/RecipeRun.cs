using System.Runtime.InteropServices;
using SeekSharp.Cli;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Stages;

namespace SeekSharp.Training.Cli;

/// <summary>Runs stages for a person: Ctrl-C, and a system that shuts down, end them with a checkpoint.</summary>
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
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(interrupt.Token);
        using PosixSignalRegistration termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        using ProgressView view = ProgressView.Create();
        StageRunner.Run(recipe, output, only, resumes, view, stop.Token);
        return ExitCodes.Success;
    }
}

using System.CommandLine;
using SeekSharp.Cli;

namespace SeekSharp.Training.Cli;

/// <summary>seek train run: all stages of a recipe.</summary>
internal static class RunCommand
{
    private static readonly Argument<string> RecipeFile = new("RECIPE") { Description = "Recipe: JSON with comments" };

    public static Command Create()
    {
        Option<string> output = TrainOptions.Output();
        Option<bool> resume = TrainOptions.Resume();
        ExampleCommand command = new(
            "run",
            "Run all stages of a recipe; what was interrupted goes on with --resume",
            "seek train run recipes/smoke.json --out runs/smoke",
            "seek train run recipes/shipped.json --out runs/shipped",
            "seek train run recipes/shipped.json --out runs/shipped --resume")
        {
            RecipeFile, output, resume,
        };
        command.SetAction(parsed => RecipeRun.Run(parsed.GetRequiredValue(RecipeFile), parsed.GetRequiredValue(output), null, parsed.GetValue(resume)));
        return command;
    }
}

using System.CommandLine;
using System.Globalization;

namespace SeekSharp.Training.Cli;

/// <summary>Options that several commands share.</summary>
internal static class TrainOptions
{
    public static Option<string> Recipe() => new("--recipe") { Description = "Recipe that has the stage: JSON with comments", HelpName = "FILE", Required = true };

    public static Option<string> Output() => new("--out", "-o") { Description = "Folder of the run", HelpName = "DIR", Required = true };

    public static Option<bool> Resume() => new("--resume") { Description = "Go on with a run that was begun: from its last checkpoint, exactly" };

    public static Option<string> Model() => new("--model", "-m") { Description = "GGUF file, model folder, or folder of a stage", HelpName = "MODEL", Required = true };

    /// <summary>A whole number in a range.</summary>
    public static Option<int> Integer(string name, string description, int least, int most, int usual) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most) return value;
            result.AddError($"{name} must be a whole number from {least} to {most}, not '{text}'.");
            return usual;
        },
    };
}

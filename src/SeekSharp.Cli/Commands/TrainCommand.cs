using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SeekSharp.Cli.Commands;

/// <summary>
/// seek train: finds the program seek-train and starts it. Training needs LibTorch, half a gigabyte of native code; whoever only runs models never loads it.
/// </summary>
internal static class TrainCommand
{
    public const string Name = "train";

    private const string Program = "seek-train";

    public static Command Create()
    {
        Argument<string[]> arguments = new("ARGUMENTS") { Description = "What 'seek train --help' lists", Arity = ArgumentArity.ZeroOrMore };
        ExampleCommand command = new(Name, "Train a model: seek train --help", "seek train run recipes/smoke.json --out runs/smoke") { arguments };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(parsed => Start([.. parsed.GetValue(arguments) ?? [], .. parsed.UnmatchedTokens]));
        return command;
    }

    /// <summary>Hands everything behind "train" on, options included, and waits.</summary>
    /// <param name="arguments">Arguments of seek-train.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="CommandException">There is no such program.</exception>
    public static int Start(IEnumerable<string> arguments)
    {
        string program = Candidates().FirstOrDefault(File.Exists) ?? throw new CommandException(
            $"The program '{Program}', which trains, is not installed beside 'seek' or on the PATH; in the repository './seek train' builds it, all else works without it.");
        string[] start = program.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", program] : [program];
        // Ctrl-C reaches both; seek-train saves what it has trained, and this one waits for it.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using Process process = Process.Start(new ProcessStartInfo(start[0], [.. start[1..], .. arguments])) ?? throw new CommandException($"'{program}' does not start.");
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Beside this program, where the repository builds it, on the PATH.</summary>
    private static IEnumerable<string> Candidates()
    {
        string own = AppContext.BaseDirectory, file = OperatingSystem.IsWindows() ? Program + ".exe" : Program;
        yield return Path.Combine(own, Program + ".dll");
        yield return Path.GetFullPath(Path.Combine(own, "../../../../SeekSharp.Training.Cli/bin/Release/net10.0", Program + ".dll"));
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            yield return Path.Combine(folder, file);
    }
}

using System.CommandLine;
using System.CommandLine.Parsing;

namespace SeekSharp.Cli;

/// <summary>Errors as one sentence, for every command line of this project.</summary>
internal static class ErrorText
{
    /// <summary>Says on standard error what is wrong; returns the exit code.</summary>
    /// <param name="program">What the user typed, such as "seek".</param>
    /// <param name="message">What is wrong.</param>
    public static int Fail(string program, string message)
    {
        Console.Error.WriteLine($"{program}: {Sentence(message)}");
        return ExitCodes.Error;
    }

    /// <summary>The same for a command line that cannot be understood, with where to read on.</summary>
    public static int FailUsage(string program, ParseResult parsed)
    {
        string path = string.Join(' ', Names(parsed.CommandResult).Prepend(program));
        // A misspelt command is reported as a missing one first.
        bool isGroup = parsed.CommandResult.Command.Subcommands.Count > 0;
        string message = parsed.UnmatchedTokens.Count > 0 && isGroup ? $"There is no command '{parsed.UnmatchedTokens[0]}'." : parsed.Errors[0].Message;
        return Fail(program, $"{Sentence(message)} See '{path} --help'.");
    }

    /// <summary>The commands as typed, without the program: "plan", "chip".</summary>
    private static IEnumerable<string> Names(CommandResult result) =>
        result.Parent is CommandResult parent ? Names(parent).Append(result.Command.Name) : [];

    /// <summary>One line, closed by a full stop.</summary>
    public static string Sentence(string message)
    {
        string line = string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.EndsWith('.') || line.EndsWith('?') ? line : line + ".";
    }
}

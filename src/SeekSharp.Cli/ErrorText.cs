using System.CommandLine;

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
        Command command = parsed.CommandResult.Command;
        bool isRoot = command is RootCommand;
        // A misspelt command is reported as a missing one first.
        string message = parsed.UnmatchedTokens.Count > 0 && isRoot ? $"There is no command '{parsed.UnmatchedTokens[0]}'." : parsed.Errors[0].Message;
        return Fail(program, $"{Sentence(message)} See '{(isRoot ? program : $"{program} {command.Name}")} --help'.");
    }

    /// <summary>One line, closed by a full stop.</summary>
    public static string Sentence(string message)
    {
        string line = string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.EndsWith('.') || line.EndsWith('?') ? line : line + ".";
    }
}

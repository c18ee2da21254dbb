using System.CommandLine;
using System.Text;
using SeekSharp.Cli.Commands;
using SeekSharp.Formats;
using SeekSharp.Hub;
using SeekSharp.Inference;
using SeekSharp.Templates;

namespace SeekSharp.Cli;

internal static class Program
{
    public static int Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        if (args is [TrainCommand.Name, .. var training]) return Train(training);
        // Prompts may begin with "@": no response files.
        var parsed = CreateRoot().Parse(args is [] ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0) return FailUsage(parsed);
        Models.UseStore(parsed.GetValue(CommonOptions.Store));
        Models.UsePackedCache(!parsed.GetValue(CommonOptions.NoCache));
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
#pragma warning disable CA1031 // The last line of defence: a user gets one sentence, never a stack trace.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Fail(Explain(exception));
        }
    }

    private static int Train(string[] arguments)
    {
        try
        {
            return TrainCommand.Start(arguments);
        }
        catch (Exception exception) when (exception is CommandException or System.ComponentModel.Win32Exception)
        {
            return Fail(exception.Message);
        }
    }

    private static RootCommand CreateRoot()
    {
        var root = new RootCommand("SeekSharp: DeepSeek models in pure C#.")
        {
            ChatCommand.Create(),
            RunCommand.Create(),
            LogitsCommand.Create(),
            TokenizeCommand.Create(),
            InspectCommand.Create(),
            BenchCommand.Create(),
            PerplexityCommand.Create(),
            DiffCommand.Create(),
            ConvertCommand.Create(),
            QuantizeCommand.Create(),
            TrainCommand.Create(),
            PullCommand.Create(),
            ListCommand.Create(),
            RemoveCommand.Create(),
            CacheCommand.Create(),
            CommonOptions.Store,
        };
        ExampleHelp.Install(root);
        return root;
    }

    private static int FailUsage(ParseResult parsed)
    {
        // A misspelt command is reported as a missing one first.
        string message = parsed.UnmatchedTokens.Count > 0 && parsed.CommandResult.Command is RootCommand
            ? $"There is no command '{parsed.UnmatchedTokens[0]}'."
            : parsed.Errors[0].Message;
        return Fail($"{Sentence(message)} See '{PathOf(parsed.CommandResult.Command)} --help'.");
    }

    private static string PathOf(Command command) => command is RootCommand ? "seek" : $"seek {command.Name}";

    private static string Explain(Exception exception) => exception switch
    {
        CommandException or ModelFormatException or HubException or IOException or UnauthorizedAccessException or PlatformNotSupportedException
            or ContextOverflowException or ChatTemplateException or NotSupportedException => exception.Message,
        ArgumentException argument => argument.Message.Split(" (Parameter", 2)[0],
        NotFiniteNumberException => $"{Sentence(exception.Message)} The model file holds numbers that make no sense.",
        OutOfMemoryException => "There is not enough memory for the model; 'seek inspect FILE' says how much it needs.",
        _ => $"Unexpected {exception.GetType().Name}: {exception.Message}",
    };

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"seek: {Sentence(message)}");
        return ExitCodes.Error;
    }

    // One line, closed by a full stop.
    private static string Sentence(string message)
    {
        string line = string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.EndsWith('.') || line.EndsWith('?') ? line : line + ".";
    }
}

using System.CommandLine;
using System.Text;
using SeekSharp.Cli.Commands;
using SeekSharp.Cli.Commands.Plan;
using SeekSharp.Formats;
using SeekSharp.Hub;
using SeekSharp.Inference;
using SeekSharp.Planning;
using SeekSharp.Templates;

namespace SeekSharp.Cli;

internal static class Program
{
    private const string Name = "seek";

    public static int Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        if (args is [TrainCommand.Name, .. var training]) return Train(training);
        // Prompts may begin with "@": no response files.
        var parsed = CreateRoot().Parse(args is [] ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0) return ErrorText.FailUsage(Name, parsed);
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
            return ErrorText.Fail(Name, Explain(exception));
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
            return ErrorText.Fail(Name, exception.Message);
        }
    }

    private static RootCommand CreateRoot()
    {
        var root = new RootCommand("SeekSharp: DeepSeek models in pure C#.")
        {
            ChatCommand.Create(),
            RunCommand.Create(),
            ServeCommand.Create(),
            LogitsCommand.Create(),
            TokenizeCommand.Create(),
            InspectCommand.Create(),
            BenchCommand.Create(),
            PerplexityCommand.Create(),
            DiffCommand.Create(),
            ConvertCommand.Create(),
            QuantizeCommand.Create(),
            TrainCommand.Create(),
            PlanCommand.Create(),
            PullCommand.Create(),
            ListCommand.Create(),
            RemoveCommand.Create(),
            CacheCommand.Create(),
            KeysCommand.Create(),
            DataCommand.Create(),
            CommonOptions.Store,
        };
        ExampleHelp.Install(root);
        return root;
    }

    private static string Explain(Exception exception) => exception switch
    {
        CommandException or ModelFormatException or HubException or IOException or UnauthorizedAccessException or PlatformNotSupportedException
            or ContextOverflowException or ChatTemplateException or NotSupportedException or PlanningException => exception.Message,
        ArgumentException argument => argument.Message.Split(" (Parameter", 2)[0],
        NotFiniteNumberException => $"{ErrorText.Sentence(exception.Message)} The model file holds numbers that make no sense.",
        OutOfMemoryException => "There is not enough memory for the model; 'seek inspect FILE' says how much it needs.",
        _ => $"Unexpected {exception.GetType().Name}: {exception.Message}",
    };
}

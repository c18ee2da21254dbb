using System.CommandLine;
using System.Globalization;
using System.Text;
using SeekSharp.Cli;
using SeekSharp.Formats;
using SeekSharp.Templates;
using SeekSharp.Training.Native;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Cli;

internal static class Program
{
    private const string Name = "seek train";

    public static int Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        ParseResult parsed = CreateRoot().Parse(args is [] ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0) return ErrorText.FailUsage(Name, parsed);
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

    private static RootCommand CreateRoot()
    {
        RootCommand root = new("Trains models: from random weights to a model file, one command per stage.") { RunCommand.Create() };
        foreach (Command command in StageCommands.Create()) root.Add(command);
        ExampleHelp.Install(root);
        return root;
    }

    private static string Explain(Exception exception) => exception switch
    {
        CommandException or RecipeException or TaskFileException or LibTorchException or ModelFormatException or ChatTemplateException or IOException
            or UnauthorizedAccessException or PlatformNotSupportedException or NotSupportedException or InvalidOperationException => exception.Message,
        ArgumentException argument => argument.Message.Split(" (Parameter", 2)[0],
        NotFiniteNumberException => $"{ErrorText.Sentence(exception.Message)} The model's weights are not finite any more.",
        OutOfMemoryException => "There is not enough memory; a smaller batch_tokens needs less.",
        _ => $"Unexpected {exception.GetType().Name}: {exception.Message}",
    };
}

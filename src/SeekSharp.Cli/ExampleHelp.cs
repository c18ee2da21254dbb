using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace SeekSharp.Cli;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;
}

/// <summary>The usual help, and the examples of the command below it.</summary>
internal sealed class ExampleHelp(SynchronousCommandLineAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public static void Install(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new ExampleHelp((SynchronousCommandLineAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        var examples = parseResult.CommandResult.Command switch
        {
            ExampleCommand command => command.Examples,
            RootCommand root => root.Subcommands.OfType<ExampleCommand>().Select(command => command.Examples[0]),
            _ => [],
        };
        Console.WriteLine("Examples:");
        foreach (string example in examples) Console.WriteLine($"  {example}");
        Console.WriteLine();
        return code;
    }
}

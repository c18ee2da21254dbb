using System.CommandLine;

namespace SeekSharp.Cli.Commands;

internal static class InspectCommand
{
    public static Command Create() => new ExampleCommand("inspect", "x", "y");
}

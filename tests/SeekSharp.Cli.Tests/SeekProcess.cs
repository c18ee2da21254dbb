using System.Diagnostics;
using System.Text;

namespace SeekSharp.Cli.Tests;

/// <summary>Runs the built command as its users do: as a process.</summary>
internal static class SeekProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static Result Run(params string[] arguments) => RunWithInput("", arguments);

    public static Result RunWithInput(string input, params string[] arguments) => Finish(Start(arguments), input, $"seek {string.Join(' ', arguments)}");

    /// <summary>Runs any program in a folder.</summary>
    public static Result RunProgram(string folder, string program, params string[] arguments) =>
        Finish(Start(program, arguments, folder), "", $"{program} {string.Join(' ', arguments)}");

    private static Result Finish(Process started, string input, string name)
    {
        using var process = started;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            Assert.Fail($"{name} did not end.");
        }

        return new Result(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Sends what Ctrl-C sends. The shell's own kill: a slim system has no program of that name.</summary>
    public static void SendInterrupt(Process process) => RunProgram(AppContext.BaseDirectory, "sh", "-c", $"kill -INT {process.Id}");

    public static Process Start(params string[] arguments) => Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "seek.dll"), .. arguments], "");

    /// <summary>Starts with other variables of the environment.</summary>
    public static Process StartWith(Dictionary<string, string> environment, params string[] arguments) =>
        Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "seek.dll"), .. arguments], "", environment);

    private static Process Start(string program, string[] arguments, string folder, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = new UTF8Encoding(false, throwOnInvalidBytes: true),
        };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    internal sealed record Result(int Code, string Output, string Error)
    {
        public string RequireSuccess()
        {
            Assert.True(Code == 0, $"exit code {Code}: {Error}");
            Assert.Equal("", Error);
            return Output;
        }

        /// <summary>One sentence, exit code 1, nothing on standard output.</summary>
        public void RequireFailure(params string[] parts)
        {
            Assert.Equal(1, Code);
            Assert.Equal("", Output);
            Assert.StartsWith("seek: ", Error, StringComparison.Ordinal);
            Assert.Single(Error.TrimEnd('\r', '\n').Split('\n'));
            Assert.DoesNotContain("Unexpected", Error, StringComparison.Ordinal);
            foreach (string part in parts) Assert.Contains(part, Error, StringComparison.Ordinal);
        }
    }
}

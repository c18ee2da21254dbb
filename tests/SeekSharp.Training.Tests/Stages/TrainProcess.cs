using System.Diagnostics;

namespace SeekSharp.Training.Tests.Stages;

/// <summary>Runs seek-train as its users do: as a process.</summary>
internal static class TrainProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            Assert.Fail($"seek-train {string.Join(' ', arguments)} did not end.");
        }

        return (process.ExitCode, output.Result, error.Result);
    }

    public static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "seek-train.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}

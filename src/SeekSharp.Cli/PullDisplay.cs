using System.Diagnostics;
using SeekSharp.Hub;
using Spectre.Console;

namespace SeekSharp.Cli;

/// <summary>Shows a pull on standard error: a bar on a terminal, a line now and then elsewhere.</summary>
internal static class PullDisplay
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(0.1), LineInterval = TimeSpan.FromSeconds(10);

    /// <summary>Returns when the pull has ended, however it ended.</summary>
    public static Task ShowAsync(Task pull, PullProgress progress) => Console.IsErrorRedirected ? ShowLinesAsync(pull, progress) : ShowBarAsync(pull, progress);

    private static async Task ShowLinesAsync(Task pull, PullProgress progress)
    {
        var rate = new TransferRate();
        var sinceLine = Stopwatch.StartNew();
        string? shownTrouble = null;
        while (!await EndsWithinAsync(pull, Refresh))
        {
            rate.Add(progress.ReceivedBytes);
            string? trouble = progress.Trouble;
            bool isDue = sinceLine.Elapsed >= LineInterval && progress.Phase is PullPhase.Downloading or PullPhase.Checking;
            if (trouble is not null && trouble != shownTrouble) await Console.Error.WriteLineAsync(trouble);
            else if (isDue) await Console.Error.WriteLineAsync($"{What(progress)}: {HowFar(progress, rate)}");
            if (isDue) sinceLine.Restart();
            shownTrouble = trouble;
        }

        if (pull.IsCompletedSuccessfully) await Console.Error.WriteLineAsync(Summary(progress, rate));
    }

    private static async Task ShowBarAsync(Task pull, PullProgress progress)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var rate = new TransferRate();
        await console.Progress().AutoClear(true).Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(What(progress));
                while (!await EndsWithinAsync(pull, Refresh))
                {
                    rate.Add(progress.ReceivedBytes);
                    var (value, most) = progress.Phase == PullPhase.Checking ? (progress.CheckedBytes, progress.FileBytes) : (progress.DoneBytes, progress.TotalBytes);
                    bar.MaxValue = Math.Max(1, most);
                    bar.Value = value;
                    bar.Description = Markup.Escape(progress.Trouble ?? $"{What(progress)}  {HowFar(progress, rate)}");
                }
            });
        if (pull.IsCompletedSuccessfully) await Console.Error.WriteLineAsync(Summary(progress, rate));
    }

    private static async Task<bool> EndsWithinAsync(Task pull, TimeSpan time) => await Task.WhenAny(pull, Task.Delay(time)) == pull;

    private static string What(PullProgress progress) => progress.Phase switch
    {
        PullPhase.Downloading => progress.File ?? "",
        PullPhase.Checking => $"checking {progress.File}",
        _ => "asking the hub",
    };

    private static string HowFar(PullProgress progress, TransferRate rate)
    {
        if (progress.Phase == PullPhase.Checking) return Bytes.Describe(progress.CheckedBytes);
        if (progress.TotalBytes == 0) return "";
        string far = $"{Bytes.Describe(progress.DoneBytes)} of {Bytes.Describe(progress.TotalBytes)}";
        double speed = rate.BytesPerSecond;
        return speed < 1 ? far : $"{far}, {Bytes.Describe((long)speed)}/s, {Describe(TimeSpan.FromSeconds((progress.TotalBytes - progress.DoneBytes) / speed))} left";
    }

    private static string Summary(PullProgress progress, TransferRate rate) => progress.ReceivedBytes == 0
        ? "Everything is here already."
        : FormattableString.Invariant($"{Bytes.Describe(progress.ReceivedBytes)} received in {Describe(rate.Elapsed)}, all files checked.");

    private static string Describe(TimeSpan time) => time.TotalSeconds < 60
        ? FormattableString.Invariant($"{time.TotalSeconds:F0} s")
        : time.TotalHours < 1 ? FormattableString.Invariant($"{time.Minutes} min {time.Seconds} s") : FormattableString.Invariant($"{(int)time.TotalHours} h {time.Minutes} min");
}

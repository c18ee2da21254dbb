using System.Diagnostics;
using SeekSharp.Conversion;
using Spectre.Console;

namespace SeekSharp.Cli;

/// <summary>Shows how far the writing of a model is: a bar with bytes, speed and time left on a terminal, a line every ten percent elsewhere.</summary>
internal static class WriteProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Does the work, showing its progress on standard error, and tells at the end what was written.</summary>
    public static void Run(string output, Action<IProgress<ConversionProgress>> work)
    {
        var watch = Stopwatch.StartNew();
        var last = new Latest();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected) work(new Plain(last));
        else
        {
            console.Progress().AutoClear(true).Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
                .Start(context => work(new Bar(context.AddTask("writing"), last)));
        }

        double seconds = Math.Max(watch.Elapsed.TotalSeconds, 1e-3);
        Console.WriteLine(FormattableString.Invariant(
            $"{output}: {Bytes.Describe(last.Value.TotalBytes)} of weights in {seconds:F1} s ({Bytes.Describe((long)(last.Value.TotalBytes / seconds))}/s)"));
    }

    private sealed class Latest
    {
        public ConversionProgress Value { get; set; }
    }

    private sealed class Bar(ProgressTask task, Latest latest) : IProgress<ConversionProgress>
    {
        private readonly Stopwatch _sinceUpdate = Stopwatch.StartNew();

        public void Report(ConversionProgress value)
        {
            latest.Value = value;
            if (_sinceUpdate.Elapsed < Interval && value.Bytes < value.TotalBytes) return;
            _sinceUpdate.Restart();
            task.MaxValue = value.TotalBytes;
            task.Value = value.Bytes;
            task.Description = Markup.Escape(value.Tensor.Length <= 40 ? value.Tensor : value.Tensor[..40]);
        }
    }

    private sealed class Plain(Latest latest) : IProgress<ConversionProgress>
    {
        private long _tenths;

        public void Report(ConversionProgress value)
        {
            latest.Value = value;
            long tenths = value.TotalBytes == 0 ? 10 : (long)((Int128)value.Bytes * 10 / value.TotalBytes);
            if (tenths == _tenths || tenths == 10) return;
            _tenths = tenths;
            Console.Error.WriteLine($"{tenths}0% ({Bytes.Describe(value.Bytes)} of {Bytes.Describe(value.TotalBytes)})");
        }
    }
}

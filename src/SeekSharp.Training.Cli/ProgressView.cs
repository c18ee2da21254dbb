using System.Diagnostics;
using SeekSharp.Training.Runs;
using Spectre.Console;

namespace SeekSharp.Training.Cli;

/// <summary>Shows how far a stage is on standard error; what stays goes there, too.</summary>
internal abstract class ProgressView : IStageReporter, IDisposable
{
    /// <summary>A bar on a terminal, lines elsewhere.</summary>
    public static ProgressView Create() => Console.IsErrorRedirected ? new Lines() : new Bar();

    public abstract void Begin(string stage);
    public abstract void Report(StageProgress progress);
    public abstract void Tell(string line);
    public abstract void End();
    public virtual void Dispose() => End();

    private static string TimeLeft(StageProgress progress) => progress.Left is not { } left ? "" : left.TotalHours >= 1
        ? $", {(int)left.TotalHours} h {left.Minutes} min left"
        : left.TotalMinutes >= 1 ? $", {left.Minutes} min {left.Seconds} s left" : $", {left.Seconds} s left";

    private sealed class Bar : ProgressView
    {
        private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

        private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        private readonly Stopwatch _sinceUpdate = Stopwatch.StartNew();
        private readonly Lock _lock = new();
        private string _stage = "";
        private StageProgress? _last;
        private TaskCompletionSource? _end;
        private Task? _display;
        private ProgressTask? _task;

        public override void Begin(string stage)
        {
            (_stage, _last) = (stage, null);
            Start();
        }

        public override void Report(StageProgress progress)
        {
            lock (_lock)
            {
                _last = progress;
                if (_task is null || (_sinceUpdate.Elapsed < Interval && progress.Fraction < 1)) return;
                _sinceUpdate.Restart();
                Show(_task, progress);
            }
        }

        /// <summary>The bar is taken away for a line that stays.</summary>
        public override void Tell(string line)
        {
            bool wasRunning = _display is not null;
            Stop();
            _console.WriteLine(line);
            if (wasRunning) Start();
        }

        public override void End() => Stop();

        private void Start()
        {
            TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _end = end;
            _display = _console.Progress().AutoClear(true)
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new PercentageColumn())
                .StartAsync(async progress =>
                {
                    lock (_lock)
                    {
                        _task = progress.AddTask(Markup.Escape(_stage));
                        if (_last is { } last) Show(_task, last);
                    }

                    await end.Task.ConfigureAwait(false);
                });
        }

        private void Stop()
        {
            if (_display is null) return;
            _end!.SetResult();
            _display.GetAwaiter().GetResult();
            lock (_lock) (_display, _task) = (null, null);
        }

        private void Show(ProgressTask task, StageProgress progress)
        {
            task.Value = progress.Fraction * 100;
            task.Description = Markup.Escape($"{_stage}: {progress.Text}{TimeLeft(progress)}");
        }
    }

    private sealed class Lines : ProgressView
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

        private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
        private string _stage = "";
        private bool _isFirst;

        public override void Begin(string stage) => (_stage, _isFirst) = (stage, true);

        public override void Report(StageProgress progress)
        {
            if (!_isFirst && _sinceLine.Elapsed < Interval) return;
            _isFirst = false;
            _sinceLine.Restart();
            Console.Error.WriteLine($"{_stage}: {progress.Fraction:P0}, {progress.Text}{TimeLeft(progress)}");
        }

        public override void Tell(string line) => Console.Error.WriteLine(line);

        public override void End() { }
    }
}

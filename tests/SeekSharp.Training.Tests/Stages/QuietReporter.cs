using SeekSharp.Training.Runs;

namespace SeekSharp.Training.Tests.Stages;

/// <summary>Shows nothing, remembers what was told, and may stop a stage after some reports.</summary>
internal sealed class QuietReporter(int reportsUntilStop = int.MaxValue) : IStageReporter, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private int _reports;

    public CancellationToken Token => _stop.Token;

    public List<string> Told { get; } = [];

    public void Begin(string stage) { }

    public void Report(StageProgress progress)
    {
        Assert.InRange(progress.Fraction, 0, 1);
        if (++_reports == reportsUntilStop) _stop.Cancel();
    }

    public void Tell(string line) => Told.Add(line);

    public void End() { }

    public void Dispose() => _stop.Dispose();
}

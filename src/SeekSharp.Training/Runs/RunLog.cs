using System.Text;
using TorchSharp;
using TorchSharp.Modules;

namespace SeekSharp.Training.Runs;

/// <summary>Writes what is measured as it comes: a line of metrics.jsonl and TensorBoard's events. Each step is on its way to the disk when it is logged.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly List<Metrics> _all;
    private readonly SummaryWriter _events;
    private readonly StreamWriter _lines;

    /// <summary>Starts a log, or goes on with one.</summary>
    /// <param name="folder">The stage's folder.</param>
    /// <param name="steps">Steps of the checkpoint that the run goes on from; what was logged behind it is taken back. 0: a new log.</param>
    public RunLog(StageFolder folder, long steps)
    {
        _all = [.. MetricsFile.Read(folder.MetricsFile).Where(metrics => metrics.Step <= steps)];
        MetricsFile.Write(folder.MetricsFile, _all);
        // Events cannot be taken back: they are written anew.
        if (Directory.Exists(folder.TensorBoard)) Directory.Delete(folder.TensorBoard, recursive: true);
        Directory.CreateDirectory(folder.TensorBoard);
        _events = torch.utils.tensorboard.SummaryWriter(folder.TensorBoard, createRunName: false);
        foreach (Metrics metrics in _all) WriteEvents(metrics);
        _lines = new StreamWriter(folder.MetricsFile, append: true, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>All steps so far.</summary>
    public IReadOnlyList<Metrics> All => _all;

    /// <summary>Logs a step.</summary>
    public void Write(Metrics metrics)
    {
        _all.Add(metrics);
        _lines.WriteLine(MetricsFile.ToJson(metrics));
        WriteEvents(metrics);
    }

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    private void WriteEvents(Metrics metrics)
    {
        foreach ((string name, double value) in metrics.Values)
            if (double.IsFinite(value)) _events.add_scalar(name, (float)value, (int)Math.Min(metrics.Step, int.MaxValue));
    }
}

using System.Diagnostics;
using SeekSharp.Inference;

namespace SeekSharp.Cli;

/// <summary>Shows on a terminal how far a measurement is, what it says so far and how long it will take; silent where standard error is no terminal.</summary>
internal sealed class MeasurementDisplay(string what) : IProgress<MeasurementProgress>, IDisposable
{
    private readonly bool _isShown = !Console.IsErrorRedirected;
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private int _width;

    public void Report(MeasurementProgress value)
    {
        TimeSpan left = TimeSpan.FromSeconds(Math.Ceiling(_time.Elapsed.TotalSeconds / value.ChunksDone * (value.Chunks - value.ChunksDone)));
        Show(FormattableString.Invariant($"chunk {value.ChunksDone} of {value.Chunks}, {what} {value.Value:G6}, {left:c} left"));
    }

    /// <summary>Clears the line.</summary>
    public void Dispose()
    {
        Show("");
        if (_width > 0) Console.Error.Write('\r');
    }

    private void Show(string text)
    {
        if (!_isShown) return;
        Console.Error.Write('\r' + text.PadRight(_width));
        _width = Math.Max(_width, text.Length);
    }
}

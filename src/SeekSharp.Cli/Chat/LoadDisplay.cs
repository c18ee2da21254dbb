using System.Diagnostics;
using SeekSharp.Inference;

namespace SeekSharp.Cli.Chat;

/// <summary>Shows on standard error how far loading has come, in one line that disappears again. Quick loads show nothing.</summary>
internal sealed class LoadDisplay : IProgress<LoadProgress>, IDisposable
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(300), Pause = TimeSpan.FromMilliseconds(100);

    private readonly bool _isShown = !Console.IsErrorRedirected && !Terminal.IsDumb;
    private readonly string _name;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private TimeSpan _next = First;
    private bool _hasDrawn;

    public LoadDisplay(string path) => _name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    public void Report(LoadProgress value)
    {
        if (!_isShown) return;
        lock (_lock)
        {
            if (_clock.Elapsed < _next) return;
            _next = _clock.Elapsed + Pause;
            _hasDrawn = true;
            int percent = (int)(100 * value.BytesDone / Math.Max(value.BytesTotal, 1));
            string bar = new string('#', percent / 5).PadRight(20, '.');
            Console.Error.Write($"\r\e[2KLoading {ChatOutput.Printable(_name)} [{bar}] {percent} % of {Bytes.Describe(value.BytesTotal)}");
        }
    }

    public void Dispose()
    {
        if (_hasDrawn) Console.Error.Write("\r\e[2K");
    }
}

namespace SeekSharp.Server.Models;

/// <summary>Keeps a model in memory while a request uses it.</summary>
/// <param name="model">The model.</param>
/// <param name="release">Called once, when the request is done.</param>
internal sealed class ModelLease(LoadedModel model, Action release) : IDisposable
{
    private Action? _release = release;

    public LoadedModel Model => model;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SeekSharp.Server.Observability;

/// <summary>
/// The server's logs without prompts, replies and keys, at any level. ASP.NET and others log headers, paths and texts of exceptions, which quote what clients
/// sent: of them nothing passes but the name of the event. Of SeekSharp's own exceptions their types and places pass, not their texts.
/// </summary>
internal sealed class PrivateLoggerFactory(ILoggerFactory? target) : ILoggerFactory
{
    private const string Own = "SeekSharp.";
    private readonly ILoggerFactory _target = target ?? NullLoggerFactory.Instance;

    public ILogger CreateLogger(string categoryName) => new PrivateLogger(_target.CreateLogger(categoryName), categoryName.StartsWith(Own, StringComparison.Ordinal));

    /// <summary>Does nothing: who could add a provider could read what it is given.</summary>
    public void AddProvider(ILoggerProvider provider) { }

    /// <summary>The target belongs to who gave it.</summary>
    public void Dispose() { }
}

using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace SeekSharp.Server.Observability;

/// <summary>Lets pass what may be logged: see <see cref="PrivateLoggerFactory"/>.</summary>
/// <param name="target">Takes what passes.</param>
/// <param name="isOwn">Whether SeekSharp itself logs, whose messages hold names, counts and times.</param>
internal sealed class PrivateLogger(ILogger target, bool isOwn) : ILogger
{
    /// <summary>Nothing: the web server's scopes hold paths.</summary>
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => target.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        if (isOwn && exception is null)
        {
            target.Log(logLevel, eventId, state, null, formatter);
            return;
        }

        string text = isOwn ? formatter(state, null) : $"Event {eventId.Name ?? "without a name"}.";
        if (exception is not null) text += Describe(exception);
        target.Log(logLevel, eventId.Id, text, null, static (text, _) => text);
    }

    /// <summary>Types and places. The text of an exception may quote what it was thrown over.</summary>
    private static string Describe(Exception exception)
    {
        string types = string.Join(" < ", Causes(exception).Select(cause => cause.GetType().FullName));
        return $" [{types}]{Environment.NewLine}{new StackTrace(exception, fNeedFileInfo: true)}".TrimEnd();
    }

    private static IEnumerable<Exception> Causes(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException) yield return exception;
    }
}

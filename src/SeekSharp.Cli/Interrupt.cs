using System.Runtime.InteropServices;

namespace SeekSharp.Cli;

/// <summary>Turns the first Ctrl-C into a cancellation; the second ends the program, where it is final.</summary>
internal sealed class Interrupt : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _registration;

    public Interrupt(bool isSecondFinal = true)
    {
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = !(isSecondFinal && _source.IsCancellationRequested);
            _source.Cancel();
        });
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _registration.Dispose();
        _source.Dispose();
    }
}

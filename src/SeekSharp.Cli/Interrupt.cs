using System.Runtime.InteropServices;

namespace SeekSharp.Cli;

/// <summary>Turns the first Ctrl-C into a cancellation; the second ends the program.</summary>
internal sealed class Interrupt : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration registration;

    public Interrupt()
    {
        registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = !source.IsCancellationRequested;
            source.Cancel();
        });
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        registration.Dispose();
        source.Dispose();
    }
}

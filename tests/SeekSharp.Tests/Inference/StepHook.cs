using SeekSharp.Inference;

namespace SeekSharp.Tests.Inference;

/// <summary>Lets a test act on the scheduler's thread, between two steps of a reply; drafts nothing.</summary>
/// <param name="beforeStep">Called with the number of the reply's decoding step, from 0.</param>
internal sealed class StepHook(Action<int> beforeStep) : IDraftSource
{
    private int _step;

    public int Propose(ReadOnlySpan<int> tokens, Span<int> drafts)
    {
        beforeStep(_step++);
        return 0;
    }
}

using System.Threading.Channels;

namespace SeekSharp.Inference;

/// <summary>The reply to one request, token by token. Read it once; dispose it to give up what is not read yet.</summary>
public sealed class TokenReply : IAsyncEnumerable<SampledToken>, IDisposable
{
    private readonly Channel<SampledToken> _channel =
        Channel.CreateUnbounded<SampledToken>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly CancellationToken _cancellation;
    private volatile bool _disposed;

    internal TokenReply(int promptTokens, CancellationToken cancellation)
    {
        PromptTokens = promptTokens;
        _cancellation = cancellation;
    }

    /// <summary>Number of tokens of the prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>How many tokens of the prompt came from the cache; set before the first token of the reply arrives.</summary>
    public int CachedPromptTokens { get; internal set; }

    /// <summary>How long the request waited before it was started; null while it waits.</summary>
    public TimeSpan? QueueTime { get; private set; }

    /// <summary>Time from submission to the first token; null before that.</summary>
    public TimeSpan? TimeToFirstToken { get; internal set; }

    /// <summary>What speculative decoding has done so far; it may be ahead of what was read.</summary>
    public DraftCounts Drafts { get; internal set; }

    /// <summary>Why the reply ended; null while it has not, and when it was cancelled or failed.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>Whether nobody waits for this reply any more.</summary>
    internal bool IsCancelled => _disposed || _cancellation.IsCancellationRequested;

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    /// <exception cref="TimeoutException">The request took longer than its <see cref="TokenRequest.TimeLimit"/>.</exception>
    public async IAsyncEnumerator<SampledToken> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        try
        {
            await foreach (SampledToken token in _channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                // The channel hands out what is there already without looking.
                cancellationToken.ThrowIfCancellationRequested();
                yield return token;
            }
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Tells the scheduler that nobody waits any more: its pages are free before the next step.</summary>
    public void Dispose() => _disposed = true;

    internal void MarkStarted(TimeSpan queueTime) => QueueTime ??= queueTime;

    internal void Write(in SampledToken token) => _channel.Writer.TryWrite(token);

    internal void Finish(FinishReason reason)
    {
        FinishReason = reason;
        _channel.Writer.TryComplete();
    }

    internal void Cancel() => _channel.Writer.TryComplete(new OperationCanceledException(_cancellation));

    internal void Fail(Exception exception) => _channel.Writer.TryComplete(exception);
}

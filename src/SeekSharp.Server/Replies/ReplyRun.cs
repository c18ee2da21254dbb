using System.Runtime.CompilerServices;
using System.Threading.Channels;
using SeekSharp.Chat;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Models;
using SeekSharp.Server.Observability;

namespace SeekSharp.Server.Replies;

/// <summary>The replies to one request while they are computed. Read them once; dispose this to give up what is not read yet.</summary>
internal sealed class ReplyRun : IDisposable
{
    private readonly ModelLease _lease;
    private readonly GenerationOperation _operation;
    private readonly CancellationTokenSource _cancellation;
    private readonly RunningReply[] _replies;
    private bool _isRead;

    private ReplyRun(ModelLease lease, GenerationOperation operation, CancellationTokenSource cancellation, RunningReply[] replies, string modelName)
    {
        (_lease, _operation, _cancellation, _replies) = (lease, operation, cancellation, replies);
        ModelName = modelName;
    }

    /// <summary>The model that answers.</summary>
    public LoadedModel Model => _lease.Model;

    /// <summary>What the request calls it.</summary>
    public string ModelName { get; }

    /// <summary>Number of replies.</summary>
    public int Count => _replies.Length;

    /// <summary>What all replies together took so far. The prompt counts once.</summary>
    public GenerationUsage Usage => new(
        _replies[0].InputTokens, _replies[0].CachedInputTokens, _replies.Sum(reply => reply.OutputTokens), _replies.Sum(reply => reply.ReasoningTokens));

    /// <summary>Starts the replies: from here on they are computed, whether they are read or not.</summary>
    /// <param name="lease">The model; disposed with this, or when starting fails.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="operation">Measures the replies; disposed with this, or when starting fails.</param>
    /// <param name="cancellation">Ends them.</param>
    public static ReplyRun Start(ModelLease lease, ReplyRequest request, GenerationOperation operation, CancellationToken cancellation)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            if (request.Options.Sampling.LogitBias?.Keys.Any(token => token >= lease.Model.Tokenizer.VocabularySize) == true)
                throw ApiException.Invalid("logit_bias", $"'logit_bias' names a token that the model has not: its vocabulary has {lease.Model.Tokenizer.VocabularySize} tokens.");
            return new ReplyRun(lease, operation, source, [.. request.Start(lease.Model, source.Token)], request.Model.Name);
        }
        catch (Exception exception)
        {
            operation.Fail(exception.GetType().Name);
            source.Dispose();
            operation.Dispose();
            lease.Dispose();
            throw;
        }
    }

    /// <summary>What comes of the replies, in the order in which it comes.</summary>
    public async IAsyncEnumerable<ReplyEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        int tokens = 0;
        await foreach (ReplyEvent next in (_replies.Length == 1 ? ReadOneAsync(0) : MergeAsync()).WithCancellation(cancellation))
        {
            int now = Usage.OutputTokens;
            if (now > tokens) _operation.Generated(now - tokens);
            tokens = now;
            yield return next;
        }

        _isRead = true;
    }

    /// <summary>Gives up what is not read yet; its pages are free before the next step.</summary>
    public void Dispose()
    {
        if (!_isRead) _cancellation.Cancel();
        foreach (RunningReply reply in _replies) reply.Dispose();
        _operation.Finish(Usage, _isRead ? _replies[0].FinishReason : null);
        _operation.Dispose();
        _cancellation.Dispose();
        _lease.Dispose();
    }

    private async IAsyncEnumerable<ReplyEvent> ReadOneAsync(int index)
    {
        RunningReply reply = _replies[index];
        await foreach (ReplyPiece piece in reply.ReadAsync()) yield return new ReplyEvent(index, reply, piece);
        yield return new ReplyEvent(index, reply, null);
    }

    private async IAsyncEnumerable<ReplyEvent> MergeAsync()
    {
        var channel = Channel.CreateBounded<ReplyEvent>(_replies.Length);
        Task all = Task.WhenAll(Enumerable.Range(0, _replies.Length).Select(async index =>
        {
            await foreach (ReplyEvent next in ReadOneAsync(index)) await channel.Writer.WriteAsync(next, _cancellation.Token);
        }));
        _ = all.ContinueWith(
            done => channel.Writer.TryComplete(done.IsFaulted ? done.Exception.InnerException : done.IsCanceled ? new OperationCanceledException() : null),
            TaskScheduler.Default);
        await foreach (ReplyEvent next in channel.Reader.ReadAllAsync()) yield return next;
    }
}

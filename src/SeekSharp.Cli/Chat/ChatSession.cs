using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.AI;
using SeekSharp.Chat;
using SeekSharp.Inference;
using SeekSharp.Models;

namespace SeekSharp.Cli.Chat;

/// <summary>What one answer took.</summary>
/// <param name="PromptTokens">Tokens of the whole conversation up to the answer, or null where the answer was stopped.</param>
/// <param name="CachedTokens">How many of them were in the cache still.</param>
/// <param name="Tokens">Tokens of thoughts and answer.</param>
/// <param name="ThoughtTokens">Tokens of thoughts.</param>
/// <param name="ToFirst">From the question to the first token.</param>
/// <param name="Total">From the question to the last token.</param>
/// <param name="IsStopped">Whether the user stopped it.</param>
/// <param name="IsCutOff">Whether the context, or the most tokens that were allowed, ended it.</param>
/// <param name="Drafts">What speculative decoding did; null where the answer was stopped.</param>
internal sealed record Turn(
    long? PromptTokens, long CachedTokens, long Tokens, long ThoughtTokens, TimeSpan ToFirst, TimeSpan Total, bool IsStopped, bool IsCutOff, DraftCounts? Drafts)
{
    /// <summary>Of all tokens behind the first; null where there are too few.</summary>
    public double? TokensPerSecond => Tokens > 1 && Total > ToFirst ? (Tokens - 1) / (Total - ToFirst).TotalSeconds : null;
}

/// <summary>A conversation with a model: what was said, and what it took. Knows no terminal.</summary>
/// <param name="client">The model; the session does not dispose it.</param>
/// <param name="generation">How answers are generated.</param>
/// <param name="mayThink">False: the model answers without thinking first.</param>
internal sealed class ChatSession(SeekChatClient client, GenerationOptions generation, bool mayThink)
{
    /// <summary>The model. Another one may take over between two turns.</summary>
    public SeekChatClient Client { get; set; } = client;

    /// <summary>The system message, or null.</summary>
    public string? System { get; set; }

    /// <summary>Questions and answers by turns, without the system message.</summary>
    public List<ChatMessage> Messages { get; private set; } = [];

    /// <summary>What the model thought before its last answer; empty where it did not.</summary>
    public string LastThoughts { get; private set; } = "";

    /// <summary>Counts the choices of experts while it is set.</summary>
    public ExpertUse? Experts { get; set; }

    /// <summary>All answers since the start.</summary>
    public List<Turn> Turns { get; } = [];

    /// <summary>Forgets what was said.</summary>
    public void Clear() => Replace([]);

    /// <summary>Goes on from another conversation.</summary>
    public void Replace(IEnumerable<ChatMessage> messages)
    {
        Messages = [.. messages];
        LastThoughts = "";
    }

    /// <summary>Asks, and keeps question and answer. An answer that was stopped is kept as far as it came; a question without an answer is not.</summary>
    /// <param name="text">The question.</param>
    /// <param name="show">Shown each update as it arrives.</param>
    /// <param name="cancellation">Stops the answer.</param>
    /// <returns>What it took.</returns>
    public async Task<Turn> AskAsync(string text, Action<ChatResponseUpdate> show, CancellationToken cancellation)
    {
        RouterTrace? trace = Experts is null ? null : new RouterTrace();
        var question = new ChatMessage(ChatRole.User, text);
        var answer = new StringBuilder();
        var thoughts = new StringBuilder();
        var clock = Stopwatch.StartNew();
        TimeSpan? toFirst = null;
        UsageDetails? usage = null;
        bool isStopped = false, isCutOff = false;
        int pieces = 0, thoughtPieces = 0;
        try
        {
            await foreach (ChatResponseUpdate update in Client.GetStreamingResponseAsync([.. Messages, question], Options(trace), cancellation))
            {
                toFirst ??= clock.Elapsed;
                foreach (AIContent content in update.Contents)
                {
                    if (content is TextReasoningContent thought) thoughts.Append(thought.Text);
                    if (content is TextContent part) answer.Append(part.Text);
                    usage = (content as UsageContent)?.Details ?? usage;
                    pieces += content is TextContent or TextReasoningContent ? 1 : 0;
                    thoughtPieces += content is TextReasoningContent ? 1 : 0;
                }

                isCutOff = update.FinishReason == ChatFinishReason.Length;
                show(update);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            isStopped = true;
        }

        LastThoughts = thoughts.ToString();
        if (answer.Length > 0) Keep(question, answer.ToString());
        if (trace is not null) Experts?.Add(trace);
        // A stopped answer comes without usage; a piece is about a token.
        var turn = new Turn(
            usage?.InputTokenCount,
            usage?.CachedInputTokenCount ?? 0,
            usage?.OutputTokenCount ?? pieces,
            usage?.ReasoningTokenCount ?? thoughtPieces,
            toFirst ?? clock.Elapsed,
            clock.Elapsed,
            isStopped,
            isCutOff,
            DraftUsage.Read(usage));
        Turns.Add(turn);
        return turn;
    }

    private void Keep(ChatMessage question, string answer)
    {
        Messages.Add(question);
        Messages.Add(CreateAnswer(answer, LastThoughts));
    }

    /// <summary>An answer with its thoughts, as the templates of some models want them back.</summary>
    public static ChatMessage CreateAnswer(string answer, string thoughts) =>
        new(ChatRole.Assistant, thoughts.Length > 0 ? [new TextReasoningContent(thoughts), new TextContent(answer)] : [new TextContent(answer)]);

    private ChatOptions Options(RouterTrace? trace) => new()
    {
        Instructions = System,
        Reasoning = mayThink ? null : new ReasoningOptions { Effort = ReasoningEffort.None },
        RawRepresentationFactory = _ => generation with { Trace = trace },
    };
}

using Microsoft.AspNetCore.Http;
using SeekSharp.Chat;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Json;
using SeekSharp.Server.Observability;
using SeekSharp.Server.OpenAI;
using SeekSharp.Server.Replies;

namespace SeekSharp.Server.Anthropic;

/// <summary>POST /anthropic/v1/messages.</summary>
internal sealed class MessagesEndpoint(ReplyService replies, UsageFactory usages, ServerOptions options)
{
    public async Task RunAsync(HttpContext context)
    {
        MessagesRequest body = await RequestBody.ReadAsync(context, ServerJson.Default.MessagesRequest);
        using ReplyRun run = await replies.StartAsync(context, MessagesReader.Read(body, replies.Models));
        var message = new AnthropicMessage($"msg_{Guid.NewGuid():N}", "message", "assistant", run.ModelName, [], null, null, UsageOf(run, isDone: false));
        if (body.Stream != true) await AnswerAsync(context, run, message);
        else await StreamAsync(context, run, message);
    }

    private async Task AnswerAsync(HttpContext context, ReplyRun run, AnthropicMessage message)
    {
        ReplyText text = (await ReplyText.ReadAsync(run))[0];
        List<ReplyBlock> blocks = [];
        if (text.Reasoning.Length > 0) blocks.Add(new ReplyBlock("thinking") { Thinking = text.Reasoning, Signature = "" });
        if (text.Answer.Length > 0 || blocks.Count == 0) blocks.Add(new ReplyBlock("text") { Text = text.Answer });
        (string reason, string? sequence) = StopOf(text.Reply!);
        AnthropicMessage answer = message with { Content = [.. blocks], StopReason = reason, StopSequence = sequence, Usage = UsageOf(run, isDone: true) };
        await ResponseBody.WriteAsync(context, answer, ServerJson.Relaxed.AnthropicMessage);
    }

    private async Task StreamAsync(HttpContext context, ReplyRun run, AnthropicMessage message)
    {
        var stream = new EventStream(context, options.KeepAlive);
        await stream.BeginAsync();
        await StreamErrors.GuardAsync(
            context,
            async () =>
            {
                await SendAsync(stream, new MessageEvent("message_start") { Message = message });
                await SendPiecesAsync(stream, run);
                await SendAsync(stream, new MessageEvent("message_stop"));
            },
            error => stream.WriteAsync(ApiErrors.ToAnthropic(error), ServerJson.Relaxed.AnthropicError, "error"));
    }

    private async Task SendPiecesAsync(EventStream stream, ReplyRun run)
    {
        int index = -1;
        ReplyPart? open = null;
        await foreach (ReplyEvent next in stream.WaitFor(run.ReadAsync()))
        {
            ReplyPart? part = next.Piece?.Part;
            if (part is null && index < 0) part = ReplyPart.Answer; // a message has at least one block
            if (part is { } other && other != open)
            {
                await CloseAsync(stream, index, open);
                open = other;
                await SendAsync(stream, new MessageEvent("content_block_start") { Index = ++index, ContentBlock = EmptyBlock(other) });
            }

            if (next.Piece is { } piece)
            {
                await SendAsync(stream, new MessageEvent("content_block_delta") { Index = index, Delta = DeltaOf(piece) });
                continue;
            }

            await CloseAsync(stream, index, open);
            (string reason, string? sequence) = StopOf(next.Reply);
            await SendAsync(stream, new MessageEvent("message_delta") { Delta = new MessageDelta { StopReason = reason, StopSequence = sequence }, Usage = UsageOf(run, isDone: true) });
        }
    }

    private static async Task CloseAsync(EventStream stream, int index, ReplyPart? open)
    {
        if (open is null) return;
        if (open == ReplyPart.Reasoning)
            await SendAsync(stream, new MessageEvent("content_block_delta") { Index = index, Delta = new MessageDelta { Type = "signature_delta", Signature = "" } });
        await SendAsync(stream, new MessageEvent("content_block_stop") { Index = index });
    }

    private static ReplyBlock EmptyBlock(ReplyPart part) =>
        part == ReplyPart.Reasoning ? new ReplyBlock("thinking") { Thinking = "", Signature = "" } : new ReplyBlock("text") { Text = "" };

    private static MessageDelta DeltaOf(ReplyPiece piece) => piece.Part == ReplyPart.Reasoning
        ? new MessageDelta { Type = "thinking_delta", Thinking = piece.Text }
        : new MessageDelta { Type = "text_delta", Text = piece.Text };

    private static (string Reason, string? Sequence) StopOf(RunningReply reply) =>
        reply.StopString is { } stop ? ("stop_sequence", stop) : (reply.IsCutOff ? "max_tokens" : "end_turn", null);

    private static ValueTask SendAsync(EventStream stream, MessageEvent message) => stream.WriteAsync(message, ServerJson.Relaxed.MessageEvent, message.Type);

    private AnthropicUsage UsageOf(ReplyRun run, bool isDone)
    {
        GenerationUsage usage = run.Usage;
        return new AnthropicUsage(usage.PromptTokens - usage.CachedTokens, 0, usage.CachedTokens, usage.OutputTokens)
        {
            Cost = isDone ? usages.CostOf(usage, run.Model.Name) : null,
        };
    }
}

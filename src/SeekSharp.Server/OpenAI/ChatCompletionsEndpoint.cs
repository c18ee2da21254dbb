using Microsoft.AspNetCore.Http;
using SeekSharp.Chat;
using SeekSharp.Server.Json;
using SeekSharp.Server.Replies;

namespace SeekSharp.Server.OpenAI;

/// <summary>POST /chat/completions.</summary>
internal sealed class ChatCompletionsEndpoint(ReplyService replies, UsageFactory usages, ServerOptions options, TimeProvider time)
{
    private const string Assistant = "assistant";

    public async Task RunAsync(HttpContext context)
    {
        ChatCompletionRequest body = await RequestBody.ReadAsync(context, ServerJson.Default.ChatCompletionRequest);
        using ReplyRun run = await replies.StartAsync(context, ChatCompletionReader.Read(body, replies.Models));
        var identity = new Identity($"chatcmpl-{Guid.NewGuid():N}", time.GetUtcNow().ToUnixTimeSeconds(), run.ModelName);
        if (body.Stream != true) await AnswerAsync(context, run, identity);
        else await StreamAsync(context, run, identity, body.StreamOptions?.IncludeUsage == true);
    }

    private async Task AnswerAsync(HttpContext context, ReplyRun run, Identity identity)
    {
        ReplyText[] texts = await ReplyText.ReadAsync(run);
        ChatChoice[] choices = [.. texts.Select((text, index) => new ChatChoice(
            index,
            new ChatReplyMessage(Assistant, text.Answer, text.Reasoning.Length > 0 ? text.Reasoning : null),
            LogprobsFactory.Create(text.Tokens, run.Model.Tokenizer),
            text.Reply!.FinishReason))];
        var completion = new ChatCompletion(identity.Id, "chat.completion", identity.Created, identity.Model, choices, usages.Create(run.Usage, run.Model.Name));
        await ResponseBody.WriteAsync(context, completion, ServerJson.Relaxed.ChatCompletion);
    }

    private async Task StreamAsync(HttpContext context, ReplyRun run, Identity identity, bool includeUsage)
    {
        var stream = new EventStream(context, options.KeepAlive);
        await stream.BeginAsync();
        await StreamErrors.GuardAsync(context, stream, async () =>
        {
            for (int i = 0; i < run.Count; i++) await SendAsync(stream, identity, new ChunkChoice(i, new ChunkDelta { Role = Assistant, Content = "" }, null, null));
            await foreach (ReplyEvent next in stream.WaitFor(run.ReadAsync()))
                await SendAsync(stream, identity, ChoiceOf(next, run));
            if (includeUsage) await SendAsync(stream, identity, null, usages.Create(run.Usage, run.Model.Name));
            await stream.WriteDoneAsync();
        });
    }

    private static ChunkChoice ChoiceOf(in ReplyEvent next, ReplyRun run)
    {
        Logprobs? logprobs = LogprobsFactory.Create(next.Piece, run.Model.Tokenizer);
        return next.Piece switch
        {
            null => new ChunkChoice(next.Index, new ChunkDelta(), logprobs, next.Reply.FinishReason),
            { Part: ReplyPart.Reasoning } piece => new ChunkChoice(next.Index, new ChunkDelta { ReasoningContent = piece.Text }, logprobs, null),
            { } piece => new ChunkChoice(next.Index, new ChunkDelta { Content = piece.Text }, logprobs, null),
        };
    }

    private static ValueTask SendAsync(EventStream stream, Identity identity, ChunkChoice? choice, Usage? usage = null) => stream.WriteAsync(
        new ChatCompletionChunk(identity.Id, "chat.completion.chunk", identity.Created, identity.Model, choice is null ? [] : [choice]) { Usage = usage },
        ServerJson.Relaxed.ChatCompletionChunk);

    /// <summary>What all parts of an answer say about it.</summary>
    private readonly record struct Identity(string Id, long Created, string Model);
}

using Microsoft.AspNetCore.Http;
using SeekSharp.Chat;
using SeekSharp.Server.Json;
using SeekSharp.Server.Observability;
using SeekSharp.Server.Replies;

namespace SeekSharp.Server.OpenAI.Responses;

/// <summary>POST /v1/responses.</summary>
internal sealed class ResponsesEndpoint(ReplyService replies, UsageFactory usages, ServerOptions options, TimeProvider time)
{
    public async Task RunAsync(HttpContext context)
    {
        ResponsesRequest body = await RequestBody.ReadAsync(context, ServerJson.Default.ResponsesRequest);
        using ReplyRun run = await replies.StartAsync(context, ResponsesReader.Read(body, replies.Models));
        ResponseObject response = Begin(body, run);
        if (body.Stream == true)
        {
            await StreamAsync(context, run, response);
            return;
        }

        ReplyText text = (await ReplyText.ReadAsync(run))[0];
        var output = new ResponseOutput();
        if (text.Reasoning.Length > 0) output.Add(ReplyPart.Reasoning, text.Reasoning);
        if (text.Answer.Length > 0 || text.Reasoning.Length == 0) output.Add(ReplyPart.Answer, text.Answer);
        await ResponseBody.WriteAsync(context, End(response, output, run, text.Reply!), ServerJson.Relaxed.ResponseObject);
    }

    private async Task StreamAsync(HttpContext context, ReplyRun run, ResponseObject response)
    {
        var stream = new EventStream(context, options.KeepAlive);
        var events = new ResponseEvents(stream);
        await stream.BeginAsync();
        await StreamErrors.GuardAsync(
            context,
            async () =>
            {
                await events.SendAsync("response.created", response);
                await events.SendAsync("response.in_progress", response);
                await foreach (ReplyEvent next in stream.WaitFor(run.ReadAsync()))
                {
                    if (next.Piece is { } piece)
                    {
                        await events.SendAsync(piece);
                        continue;
                    }

                    await events.CloseAsync();
                    ResponseObject whole = End(response, events.Output, run, next.Reply);
                    await events.SendAsync($"response.{whole.Status}", whole);
                }
            },
            error => events.SendErrorAsync(error));
    }

    private ResponseObject Begin(ResponsesRequest body, ReplyRun run) => new(
        $"resp_{Guid.NewGuid():N}", "response", time.GetUtcNow().ToUnixTimeSeconds(), "in_progress", run.ModelName, [], Store: false, ParallelToolCalls: true,
        body.ToolChoice is { ValueKind: System.Text.Json.JsonValueKind.String } choice ? choice.GetString()! : "auto", [.. (body.Tools ?? []).OfType<ResponseTool>()],
        body.Instructions, body.MaxOutputTokens, null, body.Temperature, body.TopP, null, null, null);

    private ResponseObject End(ResponseObject response, ResponseOutput output, ReplyRun run, RunningReply reply)
    {
        GenerationUsage usage = run.Usage;
        return response with
        {
            Status = reply.IsCutOff ? "incomplete" : "completed",
            IncompleteDetails = reply.IsCutOff ? new IncompleteDetails("max_output_tokens") : null,
            Output = output.Items,
            Usage = new ResponseUsage(
                usage.PromptTokens, new PromptTokensDetails(usage.CachedTokens), usage.OutputTokens, new CompletionTokensDetails(usage.ReasoningTokens),
                usage.PromptTokens + usage.OutputTokens, usages.CostOf(usage, run.Model.Name)),
        };
    }
}

using System.Text;
using Microsoft.AspNetCore.Http;
using SeekSharp.Inference;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Json;
using SeekSharp.Server.Models;
using SeekSharp.Server.Replies;
using SeekSharp.Tokenizers;

namespace SeekSharp.Server.OpenAI;

/// <summary>POST /completions: texts that go on, and holes that are filled.</summary>
internal sealed class CompletionsEndpoint(ReplyService replies, UsageFactory usages, ServerOptions options, TimeProvider time)
{
    // OpenAI's default, and DeepSeek's for the older API.
    private const int UsualTokens = 16, MostLogprobs = 20;

    public async Task RunAsync(HttpContext context)
    {
        CompletionRequest body = await RequestBody.ReadAsync(context, ServerJson.Default.CompletionRequest);
        using ReplyRun run = await replies.StartAsync(context, Read(body, replies.Models));
        var completion = new Completion($"cmpl-{Guid.NewGuid():N}", "text_completion", time.GetUtcNow().ToUnixTimeSeconds(), run.ModelName, []);
        string start = body.Echo == true ? body.Prompt![0] : "";
        if (body.Stream != true) await AnswerAsync(context, run, completion, start);
        else await StreamAsync(context, run, completion, start, body.StreamOptions?.IncludeUsage == true);
    }

    private static TextRequest Read(CompletionRequest body, ModelRegistry models)
    {
        ModelChoice model = models.Find(body.Model);
        if (body.Prompt is not [var prompt]) throw ApiException.Invalid("prompt", "'prompt' must be one text.");
        int? logprobs = body.Logprobs is { } top ? SamplingFields.Whole("logprobs", top, 0, MostLogprobs) : null;
        GenerationOptions generation = new SamplingFields
        {
            Temperature = body.Temperature,
            TopP = body.TopP,
            TopK = body.TopK,
            MinP = body.MinP,
            FrequencyPenalty = body.FrequencyPenalty,
            PresencePenalty = body.PresencePenalty,
            LogitBias = body.LogitBias,
            Seed = body.Seed,
            MaxTokens = ("max_tokens", body.MaxTokens ?? UsualTokens),
            Stop = ("stop", body.Stop),
            LogProbabilities = logprobs is not null,
            TopLogProbabilities = logprobs,
        }.Read();
        return new TextRequest(model, generation, prompt, string.IsNullOrEmpty(body.Suffix) ? null : body.Suffix) { Count = ChatCompletionReader.ReadCount(body.N) };
    }

    private async Task AnswerAsync(HttpContext context, ReplyRun run, Completion completion, string start)
    {
        ReplyText[] texts = await ReplyText.ReadAsync(run);
        CompletionChoice[] choices = [.. texts.Select((text, index) => new CompletionChoice(
            index, start + text.Answer, ProbabilitiesOf([.. text.Tokens.Select(token => token.Token)], run.Model.Tokenizer, start.Length), text.Reply!.FinishReason))];
        await ResponseBody.WriteAsync(context, completion with { Choices = choices, Usage = usages.Create(run.Usage, run.Model.Name) }, ServerJson.Relaxed.Completion);
    }

    private async Task StreamAsync(HttpContext context, ReplyRun run, Completion completion, string start, bool includeUsage)
    {
        var stream = new EventStream(context, options.KeepAlive);
        await stream.BeginAsync();
        int[] offsets = [.. Enumerable.Repeat(start.Length, run.Count)];
        await StreamErrors.GuardAsync(context, stream, async () =>
        {
            for (int i = 0; start.Length > 0 && i < run.Count; i++) await SendAsync(new CompletionChoice(i, start, null, null));
            await foreach (ReplyEvent next in stream.WaitFor(run.ReadAsync()))
            {
                string text = next.Piece?.Text ?? "";
                CompletionLogprobs? probabilities = ProbabilitiesOf(next.Piece?.Tokens ?? [], run.Model.Tokenizer, offsets[next.Index]);
                offsets[next.Index] += text.Length;
                await SendAsync(new CompletionChoice(next.Index, text, probabilities, next.Piece is null ? next.Reply.FinishReason : null));
            }

            if (includeUsage) await stream.WriteAsync(completion with { Usage = usages.Create(run.Usage, run.Model.Name) }, ServerJson.Relaxed.Completion);
            await stream.WriteDoneAsync();
        });

        ValueTask SendAsync(CompletionChoice choice) => stream.WriteAsync(completion with { Choices = [choice] }, ServerJson.Relaxed.Completion);
    }

    private static CompletionLogprobs? ProbabilitiesOf(IReadOnlyList<SampledToken> tokens, Tokenizer tokenizer, int offset)
    {
        if (tokens.Count == 0) return null;
        var offsets = new int[tokens.Count];
        for (int i = 0; i < tokens.Count; i++)
        {
            offsets[i] = offset;
            offset += Encoding.UTF8.GetCharCount(tokenizer.TokenBytes(tokens[i].Token));
        }

        return new CompletionLogprobs(
            [.. tokens.Select(token => LogprobsFactory.TextOf(token.Token, tokenizer))],
            [.. tokens.Select(token => LogprobsFactory.Finite(token.LogProbability))],
            [.. tokens.Select(token => TopOf(token, tokenizer))],
            offsets);
    }

    // Parts of characters may look alike: the more probable one is listed.
    private static Dictionary<string, double> TopOf(SampledToken token, Tokenizer tokenizer)
    {
        Dictionary<string, double> top = [];
        foreach (TokenLogProbability other in token.Top ?? []) top.TryAdd(LogprobsFactory.TextOf(other.Token, tokenizer), LogprobsFactory.Finite(other.LogProbability));
        return top;
    }
}

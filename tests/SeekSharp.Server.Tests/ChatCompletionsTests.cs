using System.Text.Json;

namespace SeekSharp.Server.Tests;

/// <summary>POST /chat/completions, on a model that thinks "two and two" and answers "It is four.".</summary>
public class ChatCompletionsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Chat = "/chat/completions", Ask = """[{"role":"user","content":"2 + 2?"}]""";

    [Theory]
    [InlineData("/chat/completions")]
    [InlineData("/v1/chat/completions")]
    [InlineData("/beta/chat/completions")]
    public async Task A_reply_has_reasoning_answer_and_usage(string path)
    {
        var (status, body) = await fixture.Server.PostAsync(path, $$"""{"messages":{{Ask}},"temperature":0}""");
        Assert.Equal(200, status);
        Assert.Equal("chat.completion", body.GetProperty("object").GetString());
        Assert.Equal("scripted", body.GetProperty("model").GetString());
        Assert.StartsWith("chatcmpl-", body.GetProperty("id").GetString());
        JsonElement choice = body.GetProperty("choices")[0], message = choice.GetProperty("message");
        Assert.Equal("two and two", message.GetProperty("reasoning_content").GetString());
        Assert.Equal("It is four.", message.GetProperty("content").GetString());
        Assert.Equal("assistant", message.GetProperty("role").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        JsonElement usage = body.GetProperty("usage");
        int prompt = usage.GetProperty("prompt_tokens").GetInt32(), completion = usage.GetProperty("completion_tokens").GetInt32();
        Assert.Equal(9, completion);
        Assert.Equal(prompt + completion, usage.GetProperty("total_tokens").GetInt32());
        Assert.Equal(prompt, usage.GetProperty("prompt_cache_hit_tokens").GetInt32() + usage.GetProperty("prompt_cache_miss_tokens").GetInt32());
        Assert.Equal(5, usage.GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt32());
        JsonElement cost = usage.GetProperty("cost").GetProperty("deepseek");
        Assert.Equal("deepseek-reasoner", cost.GetProperty("model").GetString());
        Assert.True(cost.GetProperty("amount").GetDecimal() > 0);
        Assert.False(usage.GetProperty("cost").TryGetProperty("amount", out _));
    }

    [Fact]
    public async Task A_stream_has_the_same_text_in_pieces()
    {
        var events = await fixture.Server.StreamAsync(Chat, $$$"""{"messages":{{{Ask}}},"temperature":0,"stream":true,"stream_options":{"include_usage":true}}""");
        Assert.Equal("[DONE]", events[^1].Data);
        JsonElement[] chunks = [.. events[..^1].Select(next => JsonElement.Parse(next.Data))];
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
        Assert.All(chunks, chunk => Assert.Equal("chat.completion.chunk", chunk.GetProperty("object").GetString()));
        Assert.Equal("assistant", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal("two and two", TextOf(chunks, "reasoning_content"));
        Assert.Equal("It is four.", TextOf(chunks, "content"));
        JsonElement last = chunks[^2].GetProperty("choices")[0];
        Assert.Equal("stop", last.GetProperty("finish_reason").GetString());
        Assert.All(chunks[..^2], chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("choices")[0].GetProperty("finish_reason").ValueKind));
        Assert.Equal(0, chunks[^1].GetProperty("choices").GetArrayLength());
        Assert.Equal(9, chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Without_asking_a_stream_has_no_usage()
    {
        var events = await fixture.Server.StreamAsync(Chat, $$"""{"messages":{{Ask}},"stream":true}""");
        Assert.DoesNotContain(events, next => next.Data.Contains("usage", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"model":"deepseek-chat","messages":[{"role":"user","content":"x"}]}""", false)]
    [InlineData("""{"model":"deepseek-reasoner","messages":[{"role":"user","content":"x"}]}""", true)]
    [InlineData("""{"model":"default","messages":[{"role":"user","content":"x"}]}""", true)]
    [InlineData("""{"thinking":{"type":"disabled"},"messages":[{"role":"user","content":"x"}]}""", false)]
    [InlineData("""{"thinking":{"type":"enabled"},"messages":[{"role":"user","content":"x"}]}""", true)]
    [InlineData("""{"model":"deepseek-chat","thinking":{"type":"enabled"},"messages":[{"role":"user","content":"x"}]}""", true)]
    [InlineData("""{"reasoning_effort":"none","messages":[{"role":"user","content":"x"}]}""", false)]
    [InlineData("""{"reasoning_effort":"high","messages":[{"role":"user","content":"x"}]}""", true)]
    [InlineData("""{"model":"deepseek-reasoner","reasoning_effort":"none","messages":[{"role":"user","content":"x"}]}""", false)]
    public async Task Thinking_is_chosen_per_request(string request, bool thinks)
    {
        var (status, body) = await fixture.Server.PostAsync(Chat, request);
        Assert.Equal(200, status);
        JsonElement message = body.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(thinks, message.TryGetProperty("reasoning_content", out _));
        Assert.Equal("It is four.", message.GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_budget_closes_the_reasoning()
    {
        JsonElement usage = (await fixture.Server.PostAsync(
            Chat, $$$"""{"messages":{{{Ask}}},"temperature":0,"thinking":{"type":"enabled","budget_tokens":2}}""")).Body.GetProperty("usage");
        Assert.InRange(usage.GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt32(), 1, 5);
    }

    [Fact]
    public async Task A_prefix_is_continued()
    {
        var (status, body) = await fixture.Server.PostAsync(
            "/beta/chat/completions", """{"messages":[{"role":"user","content":"2 + 2?"},{"role":"assistant","content":"It is","prefix":true}]}""");
        Assert.Equal(200, status);
        Assert.Equal(" four.", body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("\" four\"")]
    [InlineData("[\"nothing\",\" four\"]")]
    public async Task Stop_ends_the_answer(string stop)
    {
        var (_, body) = await fixture.Server.PostAsync(Chat, $$"""{"messages":{{Ask}},"stop":{{stop}}}""");
        JsonElement choice = body.GetProperty("choices")[0];
        Assert.Equal("It is", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData("max_tokens")]
    [InlineData("max_completion_tokens")]
    public async Task Tokens_are_limited(string field)
    {
        var (_, body) = await fixture.Server.PostAsync(Chat, $$"""{"messages":{{Ask}},"{{field}}":8}""");
        JsonElement choice = body.GetProperty("choices")[0];
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(8, body.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Log_probabilities_come_with_each_token()
    {
        var (_, body) = await fixture.Server.PostAsync(Chat, $$"""{"messages":{{Ask}},"temperature":0,"logprobs":true,"top_logprobs":2}""");
        JsonElement logprobs = body.GetProperty("choices")[0].GetProperty("logprobs");
        JsonElement[] content = [.. logprobs.GetProperty("content").EnumerateArray()];
        Assert.Equal("It is four.", string.Concat(content.Select(token => token.GetProperty("token").GetString())).Trim());
        Assert.Equal("two and two", string.Concat(logprobs.GetProperty("reasoning_content").EnumerateArray().Select(token => token.GetProperty("token").GetString())));
        Assert.All(content, token =>
        {
            Assert.InRange(token.GetProperty("logprob").GetDouble(), -9999, 0);
            Assert.Equal(2, token.GetProperty("top_logprobs").GetArrayLength());
            Assert.Equal(token.GetProperty("token").GetString(), token.GetProperty("top_logprobs")[0].GetProperty("token").GetString());
            Assert.Equal(token.GetProperty("token").GetString()!.Length, token.GetProperty("bytes").GetArrayLength());
        });
    }

    [Fact]
    public async Task A_stream_has_the_same_log_probabilities()
    {
        string request = """{"model":"random","messages":[{"role":"user","content":"abc"}],"temperature":0,"max_tokens":12,"logprobs":true,"top_logprobs":3""";
        var (_, body) = await fixture.Server.PostAsync(Chat, request + "}");
        var events = await fixture.Server.StreamAsync(Chat, request + ",\"stream\":true}");
        string whole = string.Join(',', body.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content").EnumerateArray().Select(token => token.GetRawText()));
        string pieces = string.Join(',', events[..^1].Select(next => JsonElement.Parse(next.Data).GetProperty("choices")[0].GetProperty("logprobs"))
            .Where(logprobs => logprobs.ValueKind == JsonValueKind.Object).SelectMany(logprobs => logprobs.GetProperty("content").EnumerateArray()).Select(token => token.GetRawText()));
        Assert.Equal(whole, pieces);
    }

    [Fact]
    public async Task Several_replies_are_told_apart()
    {
        string request = """{"model":"random","messages":[{"role":"user","content":"abc"}],"temperature":1,"seed":5,"max_tokens":12,"n":3""";
        var (_, body) = await fixture.Server.PostAsync(Chat, request + "}");
        string[] texts = [.. body.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("message").GetProperty("content").GetString()!)];
        Assert.Equal(3, texts.Distinct().Count());
        Assert.Equal([0, 1, 2], body.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal(36, body.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        var events = await fixture.Server.StreamAsync(Chat, request + ",\"stream\":true}");
        JsonElement[] choices = [.. events[..^1].Select(next => JsonElement.Parse(next.Data).GetProperty("choices")[0])];
        for (int i = 0; i < 3; i++)
        {
            JsonElement[] own = [.. choices.Where(choice => choice.GetProperty("index").GetInt32() == i)];
            Assert.Equal(texts[i], string.Concat(own.Select(choice => choice.GetProperty("delta").TryGetProperty("content", out JsonElement text) ? text.GetString() : "")));
            Assert.Equal("length", own[^1].GetProperty("finish_reason").GetString());
        }
    }

    [Fact]
    public async Task A_seed_gives_the_same_reply_and_bias_changes_it()
    {
        string request = """{"model":"random","messages":[{"role":"user","content":"abc"}],"temperature":1,"seed":5,"max_tokens":12""";
        string once = await AnswerAsync(request + "}"), again = await AnswerAsync(request + "}");
        Assert.Equal(once, again);
        // Token 259 is "a".
        Assert.Equal("aaaaaaaaaaaa", await AnswerAsync(request + ""","logit_bias":{"259":100}}"""));
        Assert.NotEqual("aaaaaaaaaaaa", await AnswerAsync(request + ""","logit_bias":{"259":20},"frequency_penalty":2,"presence_penalty":2}"""));
    }

    [Fact]
    public async Task A_second_request_finds_the_prompt_in_the_cache()
    {
        string request = $$"""{"model":"random","messages":[{"role":"system","content":"{{new string('k', 500)}}"},{"role":"user","content":"x"}],"max_tokens":1}""";
        await fixture.Server.PostAsync(Chat, request);
        JsonElement usage = (await fixture.Server.PostAsync(Chat, request)).Body.GetProperty("usage");
        Assert.InRange(usage.GetProperty("prompt_cache_hit_tokens").GetInt32(), 256, 503);
        Assert.Equal(usage.GetProperty("prompt_cache_hit_tokens").GetInt32(), usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
    }

    [Fact]
    public async Task Parts_tools_and_old_turns_are_read()
    {
        var (status, body) = await fixture.Server.PostAsync(Chat, """
            {"model":"random","max_tokens":4,"tools":[{"type":"function","function":{"name":"add","parameters":{"type":"object"}}}],"tool_choice":"auto","unknown_field":{"a":[1]},
             "messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"1"},{"type":"text","text":"2"}]},
             {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c","type":"function","function":{"name":"add","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"c","content":"3"}]}
            """);
        Assert.Equal(200, status);
        Assert.Equal(4, body.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    private async Task<string> AnswerAsync(string request) =>
        (await fixture.Server.PostAsync(Chat, request)).Body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    private static string TextOf(IEnumerable<JsonElement> chunks, string field) => string.Concat(chunks
        .Where(chunk => chunk.GetProperty("choices").GetArrayLength() > 0)
        .Select(chunk => chunk.GetProperty("choices")[0].GetProperty("delta"))
        .Select(delta => delta.TryGetProperty(field, out JsonElement text) ? text.GetString() : ""));
}

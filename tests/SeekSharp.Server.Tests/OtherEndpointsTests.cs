using System.Text.Json;

namespace SeekSharp.Server.Tests;

/// <summary>Completions, Anthropic's messages, responses, models and the description of it all.</summary>
public class OtherEndpointsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private RunningServer Server => fixture.Server;

    [Theory]
    [InlineData("/completions")]
    [InlineData("/v1/completions")]
    [InlineData("/beta/completions")]
    public async Task A_text_goes_on(string path)
    {
        string request = """{"model":"random","prompt":"abc","temperature":0,"max_tokens":9,"logprobs":2""";
        var (status, body) = await Server.PostAsync(path, request + "}");
        Assert.Equal(200, status);
        Assert.Equal("text_completion", body.GetProperty("object").GetString());
        JsonElement choice = body.GetProperty("choices")[0], logprobs = choice.GetProperty("logprobs");
        string text = choice.GetProperty("text").GetString()!;
        Assert.Equal(9, text.Length);
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(text, string.Concat(logprobs.GetProperty("tokens").EnumerateArray().Select(token => token.GetString())));
        Assert.Equal(Enumerable.Range(0, 9), logprobs.GetProperty("text_offset").EnumerateArray().Select(offset => offset.GetInt32()));
        Assert.Equal(2, logprobs.GetProperty("top_logprobs")[0].EnumerateObject().Count());
        Assert.Equal(9, body.GetProperty("usage").GetProperty("completion_tokens").GetInt32());

        var events = await Server.StreamAsync(path, request + ",\"stream\":true}");
        Assert.Equal("[DONE]", events[^1].Data);
        Assert.Equal(text, string.Concat(events[..^1].Select(next => JsonElement.Parse(next.Data).GetProperty("choices")[0].GetProperty("text").GetString())));
        var (_, echo) = await Server.PostAsync(path, request + ",\"echo\":true}");
        Assert.Equal("abc" + text, echo.GetProperty("choices")[0].GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("""{"model":"random"}""", "prompt")]
    [InlineData("""{"model":"random","prompt":["a","b"]}""", "prompt")]
    [InlineData("""{"model":"random","prompt":[1,2]}""", "prompt")]
    [InlineData("""{"model":"random","prompt":"a","suffix":"b"}""", "suffix")]
    [InlineData("""{"model":"random","prompt":"a","logprobs":50}""", "logprobs")]
    public async Task What_completions_cannot_do_is_said(string request, string parameter)
    {
        var (status, body) = await Server.PostAsync("/v1/completions", request);
        Assert.Equal(400, status);
        Assert.Equal(parameter, body.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task Anthropics_messages_have_blocks()
    {
        var (status, body) = await Server.PostAsync("/anthropic/v1/messages", """{"max_tokens":100,"messages":[{"role":"user","content":"2 + 2?"}]}""");
        Assert.Equal(200, status);
        Assert.Equal("message", body.GetProperty("type").GetString());
        Assert.Equal("end_turn", body.GetProperty("stop_reason").GetString());
        JsonElement[] blocks = [.. body.GetProperty("content").EnumerateArray()];
        Assert.Equal(["thinking", "text"], blocks.Select(block => block.GetProperty("type").GetString()));
        Assert.Equal("two and two", blocks[0].GetProperty("thinking").GetString());
        Assert.Equal("It is four.", blocks[1].GetProperty("text").GetString());
        Assert.Equal(9, body.GetProperty("usage").GetProperty("output_tokens").GetInt32());
    }

    [Fact]
    public async Task Anthropics_stream_opens_and_closes_its_blocks()
    {
        var events = await Server.StreamAsync(
            "/anthropic/v1/messages", """{"max_tokens":100,"stream":true,"stop_sequences":["four"],"messages":[{"role":"user","content":[{"type":"text","text":"2 + 2?"}]}]}""");
        Assert.All(events, next => Assert.Equal(next.Name, JsonElement.Parse(next.Data).GetProperty("type").GetString()));
        string[] names = [.. events.Select(next => next.Name!)];
        Assert.Equal(
            ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"],
            names.Where((name, i) => i == 0 || name != names[i - 1]));
        JsonElement[] deltas = [.. events.Where(next => next.Name == "content_block_delta").Select(next => JsonElement.Parse(next.Data).GetProperty("delta"))];
        string TextOf(string type, string field) => string.Concat(deltas.Where(delta => delta.GetProperty("type").GetString() == type).Select(delta => delta.GetProperty(field).GetString()));
        Assert.Equal("two and two", TextOf("thinking_delta", "thinking"));
        Assert.Equal("It is ", TextOf("text_delta", "text"));
        JsonElement end = JsonElement.Parse(events[^2].Data).GetProperty("delta");
        Assert.Equal("stop_sequence", end.GetProperty("stop_reason").GetString());
        Assert.Equal("four", end.GetProperty("stop_sequence").GetString());
    }

    [Fact]
    public async Task Anthropics_conversations_and_errors_are_read_and_written_its_way()
    {
        var (status, body) = await Server.PostAsync("/anthropic/v1/messages", """
            {"model":"random","max_tokens":3,"system":[{"type":"text","text":"Be brief."}],"tools":[{"name":"add","description":"Adds.","input_schema":{"type":"object"}}],
             "messages":[{"role":"user","content":"1 + 2"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"x"},{"type":"tool_use","id":"c","name":"add","input":{"a":1}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"3"},{"type":"text","text":"Thanks."}]}]}
            """);
        Assert.Equal(200, status);
        Assert.Equal("max_tokens", body.GetProperty("stop_reason").GetString());
        foreach (var (request, expected) in new[]
        {
            ("""{"messages":[{"role":"user","content":"x"}]}""", 400),
            ("""{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{}}]}]}""", 400),
            ("""{"max_tokens":1,"messages":[{"role":"user","content":"x"}],"tool_choice":{"type":"any"}}""", 400),
            ("""{"model":"claude","max_tokens":1,"messages":[{"role":"user","content":"x"}]}""", 404),
        })
        {
            (status, body) = await Server.PostAsync("/anthropic/v1/messages", request);
            Assert.Equal(expected, status);
            Assert.Equal("error", body.GetProperty("type").GetString());
            Assert.Equal(expected == 404 ? "not_found_error" : "invalid_request_error", body.GetProperty("error").GetProperty("type").GetString());
        }
    }

    [Fact]
    public async Task Responses_have_reasoning_and_a_message()
    {
        var (status, body) = await Server.PostAsync("/v1/responses", """{"input":"2 + 2?"}""");
        Assert.Equal(200, status);
        Assert.Equal("completed", body.GetProperty("status").GetString());
        Assert.False(body.GetProperty("store").GetBoolean());
        JsonElement[] output = [.. body.GetProperty("output").EnumerateArray()];
        Assert.Equal(["reasoning", "message"], output.Select(item => item.GetProperty("type").GetString()));
        Assert.Equal("two and two", output[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal("It is four.", output[1].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(5, body.GetProperty("usage").GetProperty("output_tokens_details").GetProperty("reasoning_tokens").GetInt32());
        var (missing, error) = await Server.PostAsync("/v1/responses", """{"input":"x","previous_response_id":"resp_1"}""");
        Assert.Equal(400, missing);
        Assert.Equal("previous_response_id", error.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_response_streams_as_numbered_events()
    {
        var events = await Server.StreamAsync("/v1/responses", """
            {"model":"scripted","stream":true,"reasoning":{"effort":"high"},"input":[{"role":"developer","content":"x"},{"role":"user","content":[{"type":"input_text","text":"2 + 2?"}]}]}
            """);
        JsonElement[] bodies = [.. events.Select(next => JsonElement.Parse(next.Data))];
        Assert.Equal(Enumerable.Range(0, bodies.Length), bodies.Select(body => body.GetProperty("sequence_number").GetInt32()));
        Assert.Equal(events.Select(next => next.Name), bodies.Select(body => body.GetProperty("type").GetString()));
        Assert.Equal("response.created", events[0].Name);
        Assert.Equal("response.completed", events[^1].Name);
        string text = string.Concat(bodies.Where(body => body.GetProperty("type").GetString() == "response.output_text.delta").Select(body => body.GetProperty("delta").GetString()));
        Assert.NotEqual("", text);
        Assert.Equal(text, bodies[^1].GetProperty("response").GetProperty("output").EnumerateArray().Last().GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(
            events.Count(next => next.Name == "response.output_item.added"), events.Count(next => next.Name == "response.output_item.done"));
    }

    [Theory]
    [InlineData("/models")]
    [InlineData("/v1/models")]
    public async Task Models_are_listed(string path)
    {
        JsonElement list = JsonElement.Parse(await Server.Client.GetStringAsync(path));
        Assert.Equal(["scripted", "random", "deepseek-chat", "deepseek-reasoner"], list.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        Assert.Equal("random", JsonElement.Parse(await Server.Client.GetStringAsync($"{path}/random")).GetProperty("id").GetString());
        using HttpResponseMessage missing = await Server.Client.GetAsync($"{path}/nobody/nothing");
        Assert.Equal(404, (int)missing.StatusCode);
        Assert.Equal("model_not_found", JsonElement.Parse(await missing.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task The_document_describes_every_path()
    {
        JsonElement document = JsonElement.Parse(await Server.Client.GetStringAsync("/openapi/v1.json"));
        string[] paths = [.. document.GetProperty("paths").EnumerateObject().Select(path => path.Name)];
        foreach (string path in new[]
        {
            "/chat/completions", "/v1/chat/completions", "/beta/chat/completions", "/v1/completions", "/beta/completions", "/v1/responses", "/anthropic/v1/messages", "/models",
            "/v1/models", "/health",
        })
        {
            Assert.Contains(path, paths);
        }

        Assert.True(document.GetProperty("components").GetProperty("schemas").GetProperty("ChatCompletionRequest").GetProperty("properties").TryGetProperty("max_tokens", out _));
    }
}

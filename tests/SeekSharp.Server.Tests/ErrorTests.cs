using System.Net;
using System.Text;
using System.Text.Json;
using SeekSharp.Server.Models;

namespace SeekSharp.Server.Tests;

/// <summary>What is wrong with a request, and who learns of it how.</summary>
public class ErrorTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Chat = "/v1/chat/completions";

    [Theory]
    [InlineData("", 400, null)]
    [InlineData("{", 400, null)]
    [InlineData("null", 400, null)]
    [InlineData("[]", 400, null)]
    [InlineData("{}", 400, "messages")]
    [InlineData("""{"messages":[]}""", 400, "messages")]
    [InlineData("""{"messages":"x"}""", 400, "messages")]
    [InlineData("""{"messages":[null]}""", 400, "messages[0]")]
    [InlineData("""{"messages":[7]}""", 400, "messages[0]")]
    [InlineData("""{"messages":[{"content":"x"}]}""", 400, "messages[0].role")]
    [InlineData("""{"messages":[{"role":"wizard","content":"x"}]}""", 400, "messages[0].role")]
    [InlineData("""{"messages":[{"role":7,"content":"x"}]}""", 400, "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user"}]}""", 400, "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":7}]}""", 400, "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", 400, "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":"\ud800"}]}""", 400, null)]
    [InlineData("""{"model":"gpt-4","messages":[{"role":"user","content":"x"}]}""", 404, "model")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":"hot"}""", 400, "temperature")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":3}""", 400, "temperature")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":1e999}""", 400, "temperature")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"top_p":-1}""", 400, "top_p")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_tokens":0}""", 400, "max_tokens")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_tokens":1.5}""", 400, "max_tokens")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_completion_tokens":99999999999}""", 400, "max_completion_tokens")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"n":0}""", 400, "n")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"n":1000}""", 400, "n")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stop":[1]}""", 400, "stop")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stop":""}""", 400, "stop")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stream":"yes"}""", 400, "stream")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stream_options":7}""", 400, "stream_options")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"logprobs":true,"top_logprobs":21}""", 400, "top_logprobs")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"top_logprobs":2}""", 400, "top_logprobs")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"logit_bias":{"x":1}}""", 400, "logit_bias")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"logit_bias":{"1":1000}}""", 400, "logit_bias")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"logit_bias":{"999999":1}}""", 400, "logit_bias")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}""", 400, "response_format")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tool_choice":"required"}""", 400, "tool_choice")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"retrieval"}]}""", 400, "tools[0].type")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]}""", 400, "tools[0].function.name")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"thinking":{"type":"maybe"}}""", 400, "thinking.type")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"reasoning_effort":"huge"}""", 400, "reasoning_effort")]
    [InlineData("""{"messages":[{"role":"user","content":"x","prefix":true}]}""", 400, "messages[0].prefix")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"seed":1,"seed":2}""", 400, "seed")]
    public async Task A_wrong_field_is_named(string request, int expected, string? parameter)
    {
        var (status, body) = await fixture.Server.PostAsync(Chat, request);
        Assert.Equal(expected, status);
        JsonElement error = body.GetProperty("error");
        if (parameter is not null) Assert.Equal(parameter, error.GetProperty("param").GetString());
        Assert.EndsWith(".", error.GetProperty("message").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.True(error.TryGetProperty("code", out _));
    }

    [Fact]
    public async Task Broken_UTF8_deep_nesting_and_other_types_are_refused()
    {
        Assert.Equal(400, await StatusAsync([.. "{\"model\":\""u8, 0xFF, 0xFE, .. "\"}"u8], "application/json"));
        Assert.Equal(400, await StatusAsync(Encoding.UTF8.GetBytes(new string('[', 100_000)), "application/json"));
        Assert.Equal(400, await StatusAsync(Encoding.UTF8.GetBytes("{\"messages\":" + new string('[', 65) + new string(']', 65) + "}"), "application/json"));
        Assert.Equal(415, await StatusAsync("{}"u8.ToArray(), "text/plain"));
        Assert.Equal(415, await StatusAsync("{}"u8.ToArray(), null));
        Assert.Equal(413, await StatusAsync(new byte[9 << 20], "application/json"));
    }

    [Fact]
    public async Task Paths_and_methods_that_there_are_not_are_explained()
    {
        using HttpResponseMessage missing = await fixture.Server.Client.GetAsync("/v1/nothing"), wrong = await fixture.Server.Client.GetAsync(Chat);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, wrong.StatusCode);
        foreach (HttpResponseMessage response in new[] { missing, wrong })
            Assert.Equal("invalid_request_error", JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_prompt_that_does_not_fit_is_refused()
    {
        var (status, body) = await fixture.Server.PostAsync(Chat, $$"""{"model":"random","messages":[{"role":"user","content":"{{new string('x', 40_000)}}"}]}""");
        Assert.Equal(400, status);
        Assert.Equal("context_length_exceeded", body.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_is_the_servers_fault()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { Models = [new ServedModel("lost", "/nowhere/model.gguf")] });
        var (status, body) = await server.PostAsync(Chat, """{"messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal(503, status);
        Assert.Equal("model_not_loaded", body.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_server_without_models_says_so()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        var (status, body) = await server.PostAsync(Chat, """{"messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal(503, status);
        Assert.Contains("-m FILE", body.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_full_queue_says_when_to_come_back()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions
        {
            Models = [new ServedModel("random", fixture.RandomPath)],
            Threads = 1,
            Scheduling = new() { MaxRunning = 1, MaxWaiting = 0 },
        });
        using HttpResponseMessage running = await server.SendAsync(Chat, """{"messages":[{"role":"user","content":"x"}],"stream":true}""");
        await (await running.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[100]);
        using HttpResponseMessage refused = await server.SendAsync(Chat, """{"messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal("rate_limit_error", JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_stream_that_takes_too_long_ends_with_an_error()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions
        {
            Models = [new ServedModel("random", fixture.RandomPath)],
            TimeLimit = TimeSpan.FromMilliseconds(200),
        });
        var events = await server.StreamAsync(Chat, """{"messages":[{"role":"user","content":"x"}],"stream":true,"temperature":0}""");
        Assert.Equal("deadline_exceeded", JsonElement.Parse(events[^1].Data).GetProperty("error").GetProperty("code").GetString());
        await server.RequireIdleAsync();
    }

    private async Task<int> StatusAsync(byte[] body, string? contentType)
    {
        using var content = new ByteArrayContent(body);
        if (contentType is not null) content.Headers.ContentType = new(contentType);
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat) { Content = content };
        request.Headers.ExpectContinue = true; // what is refused is not sent
        using HttpResponseMessage response = await fixture.Server.Client.SendAsync(request);
        JsonElement error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.NotEqual("", error.GetProperty("message").GetString());
        return (int)response.StatusCode;
    }
}

using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Models;
using SeekSharp.Server.Prices;
using SeekSharp.Server.Replies;

namespace SeekSharp.Server.Tests;

/// <summary>Streams beside each other, streams that are given up, and servers that stop.</summary>
public class StreamTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Chat = "/chat/completions";
    private const string Endless = """{"model":"random","messages":[{"role":"user","content":"endless"}],"temperature":0,"stream":true}""";

    [Fact]
    public async Task Streams_beside_each_other_say_what_they_say_alone()
    {
        string[] requests = [.. Enumerable.Range(0, 8).Select(i => $$"""{"model":"random","messages":[{"role":"user","content":"question {{i}}"}],"temperature":0,"max_tokens":40,"stream":true}""")];
        List<string> alone = [];
        foreach (string request in requests) alone.Add(await TextAsync(request));
        Assert.Equal(requests.Length, alone.Distinct().Count());
        string[] together = await Task.WhenAll(requests.Select(TextAsync));
        Assert.Equal(alone, together);
    }

    [Fact]
    public async Task A_client_that_goes_away_frees_its_pages()
    {
        using (HttpResponseMessage response = await fixture.Server.SendAsync(Chat, Endless))
        {
            await (await response.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[2000]);
            Assert.True(fixture.Server.TokensInUse > 0);
        }

        await fixture.Server.RequireIdleAsync();
    }

    [Fact]
    public async Task A_client_that_goes_away_without_a_stream_frees_its_pages()
    {
        using var source = new CancellationTokenSource();
        Task<HttpResponseMessage> answer = fixture.Server.SendAsync(Chat, Endless.Replace("true", "false", StringComparison.Ordinal), source.Token);
        for (int i = 0; i < 400 && fixture.Server.TokensInUse == 0; i++) await Task.Delay(5);
        Assert.True(fixture.Server.TokensInUse > 0);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await fixture.Server.RequireIdleAsync();
    }

    [Fact]
    public async Task A_server_stops_within_seconds()
    {
        RunningServer server = await RunningServer.StartAsync(new ServerOptions
        {
            Models = [new ServedModel("random", fixture.RandomPath)],
            ShutdownTimeout = TimeSpan.FromSeconds(1),
        });
        using HttpResponseMessage response = await server.SendAsync(Chat, Endless);
        await (await response.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[1000]);
        long start = Stopwatch.GetTimestamp();
        await server.App.StopAsync();
        await server.App.DisposeAsync();
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task A_stream_that_waits_says_that_it_is_alive()
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { Response = { Body = body } };
        var stream = new EventStream(context, TimeSpan.FromMilliseconds(20));
        await foreach (int _ in stream.WaitFor(Slow())) await context.Response.WriteAsync("next\n");
        string text = Encoding.UTF8.GetString(body.ToArray());
        Assert.Contains(": keep-alive\n\n", text);
        Assert.EndsWith("next\n", text);
    }

    [Fact]
    public async Task Models_make_room_for_each_other()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions
        {
            Models = [new ServedModel("one", fixture.RandomPath), new ServedModel("two", fixture.RandomPath), new ServedModel("three", fixture.ScriptedPath)],
            ContextLength = 512,
            // Enough for one of them with its keys, values and buffers, not for two.
            MemoryLimit = 3 << 20,
        });
        foreach (string name in new[] { "one", "two", "one", "three" })
        {
            var (status, body) = await server.PostAsync(Chat, $$"""{"model":"{{name}}","messages":[{"role":"user","content":"x"}],"max_tokens":4}""");
            Assert.True(status == 200, body.GetRawText());
            Assert.Equal([name], server.Models.Loaded.Select(model => model.Name));
        }

        using HttpResponseMessage endless = await server.SendAsync(Chat, Endless.Replace("\"random\"", "\"one\"", StringComparison.Ordinal));
        await (await endless.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[1000]);
        using HttpResponseMessage refused = await server.SendAsync(Chat, """{"model":"two","messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task The_operators_prices_are_charged()
    {
        string path = fixture.Folder.Write("prices.json", """{"currency":"EUR","models":{"default":{"input_cache_hit":1,"input_cache_miss":10,"output":100}}}""");
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { Models = [new ServedModel("model", fixture.ScriptedPath)], Prices = PriceTable.Load(path) });
        JsonElement usage = (await server.PostAsync(Chat, """{"messages":[{"role":"user","content":"x"}]}""")).Body.GetProperty("usage");
        decimal expected = (usage.GetProperty("prompt_tokens").GetInt32() * 10 + usage.GetProperty("completion_tokens").GetInt32() * 100) / 1_000_000m;
        Assert.Equal(expected, usage.GetProperty("cost").GetProperty("amount").GetDecimal());
        Assert.Equal("EUR", usage.GetProperty("cost").GetProperty("currency").GetString());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"currency":"EUR","models":{}}""")]
    [InlineData("""{"currency":"EUR","models":{"x":null}}""")]
    [InlineData("""{"currency":"EUR","models":{"x":{"input_cache_hit":-1,"input_cache_miss":1,"output":1}}}""")]
    [InlineData("""{"currency":"EUR","models":{"x":{"input_cache_hit":"a","input_cache_miss":1,"output":1}}}""")]
    public void A_wrong_price_table_is_refused(string text)
    {
        string path = fixture.Folder.Write("wrong-prices.json", text);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => PriceTable.Load(path)).Message);
    }

    private static async IAsyncEnumerable<int> Slow()
    {
        await Task.Delay(150);
        yield return 1;
    }

    private async Task<string> TextAsync(string request)
    {
        var events = await fixture.Server.StreamAsync(Chat, request);
        Assert.Equal("[DONE]", events[^1].Data);
        return string.Concat(events[..^1].Select(next => JsonElement.Parse(next.Data).GetProperty("choices")[0].GetProperty("delta"))
            .Select(delta => delta.TryGetProperty("content", out JsonElement text) ? text.GetString() : ""));
    }
}

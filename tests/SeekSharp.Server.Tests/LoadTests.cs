using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SeekSharp.Server.Models;

namespace SeekSharp.Server.Tests;

/// <summary>200 streams at a time; a fifth of the clients go away, some send nonsense. Whoever stays gets what they would get alone.</summary>
[Collection(TestsThatRunAlone.Name)]
public class LoadTests(ServerFixture fixture, ITestOutputHelper output) : IClassFixture<ServerFixture>
{
    private const string Chat = "/chat/completions";
    private const int Streams = 200, Prompts = 64, Leaving = 20, Malformed = 5;

    [Fact]
    public Task Streams_are_neither_lost_nor_mixed() => RunAsync(TimeSpan.FromSeconds(5));

    [Fact(Explicit = true)]
    public Task Streams_are_neither_lost_nor_mixed_for_a_minute() => RunAsync(TimeSpan.FromSeconds(60));

    private async Task RunAsync(TimeSpan duration)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { Models = [new ServedModel("model", fixture.RandomPath)] });
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2 * Streams }) { BaseAddress = server.Address, Timeout = TimeSpan.FromMinutes(2) };
        string[] alone = new string[Prompts];
        for (int i = 0; i < Prompts; i++) alone[i] = (await ReadAsync(client, BodyOf(i), stopAfter: int.MaxValue, []))!;
        Assert.Equal(Prompts, alone.Distinct().Count());

        ConcurrentBag<double> gaps = [];
        int completed = 0, left = 0, refused = 0;
        long memory = 0, start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(async stream =>
        {
            var random = new Random(stream);
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                if (Stopwatch.GetElapsedTime(start) > duration / 3 && Interlocked.CompareExchange(ref memory, 1, 0) == 0) memory = GC.GetTotalMemory(forceFullCollection: true);
                int prompt = random.Next(Prompts), choice = random.Next(100);
                if (choice < Malformed)
                {
                    using HttpResponseMessage response = await PostAsync(client, BodyOf(prompt)[..^random.Next(1, 40)]);
                    Assert.Equal(400, (int)response.StatusCode);
                    Interlocked.Increment(ref refused);
                    continue;
                }

                bool leaves = choice < Malformed + Leaving;
                string? text = await ReadAsync(client, BodyOf(prompt), leaves ? random.Next(20) : int.MaxValue, gaps);
                if (leaves) Interlocked.Increment(ref left);
                else Assert.Equal(alone[prompt], text);
                if (!leaves) Interlocked.Increment(ref completed);
            }
        }));
        await server.RequireIdleAsync();
        double[] sorted = [.. gaps.Order()];
        long growth = GC.GetTotalMemory(forceFullCollection: true) - memory - (sorted.Length * 3L * sizeof(double));
        output.WriteLine(FormattableString.Invariant(
            $"{completed} streams completed, {left} left, {refused} refused in {duration.TotalSeconds} s; {sorted.Length / duration.TotalSeconds:F0} tokens/s; between tokens p50 {At(0.5):F1} ms, p99 {At(0.99):F1} ms; memory grew by {growth >> 10} KiB"));
        Assert.True(completed >= Streams);
        Assert.InRange(growth, long.MinValue, 32 << 20);

        double At(double share) => sorted[(int)(share * (sorted.Length - 1))];
    }

    private static string BodyOf(int prompt) =>
        $$$"""{"messages":[{"role":"user","content":"This is question number {{{prompt}}}."}],"temperature":0,"max_tokens":{{{16 + (prompt % 32)}}},"stream":true,"thinking":{"type":"disabled"}}""";

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string body) => client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, Chat) { Content = new StringContent(body, Encoding.UTF8, "application/json") }, HttpCompletionOption.ResponseHeadersRead);

    /// <summary>Reads a stream.</summary>
    /// <returns>Its text, or null where the client goes away in the middle.</returns>
    private static async Task<string?> ReadAsync(HttpClient client, string body, int stopAfter, ConcurrentBag<double> gaps)
    {
        using HttpResponseMessage response = await PostAsync(client, body);
        Assert.Equal(200, (int)response.StatusCode);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var text = new StringBuilder();
        long last = 0;
        for (int count = 0; await reader.ReadLineAsync() is { } line;)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            if (line == "data: [DONE]") return text.ToString();
            if (++count > stopAfter) return null;
            JsonElement delta = JsonElement.Parse(line.AsSpan("data: ".Length).ToString()).GetProperty("choices")[0].GetProperty("delta");
            if (delta.TryGetProperty("content", out JsonElement piece)) text.Append(piece.GetString());
            long now = Stopwatch.GetTimestamp();
            if (last != 0) gaps.Add(Stopwatch.GetElapsedTime(last, now).TotalMilliseconds);
            last = now;
        }

        Assert.Fail("The stream ended without [DONE].");
        return null;
    }
}

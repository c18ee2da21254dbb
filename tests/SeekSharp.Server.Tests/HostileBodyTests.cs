using System.Net.Http.Headers;
using System.Text;
using SeekSharp.Server.Models;
using SeekSharp.Tests.Robustness;

namespace SeekSharp.Server.Tests;

/// <summary>Damaged bodies: each is answered with 200 or 4xx, soon, and nothing stays behind.</summary>
[Collection(TestsThatRunAlone.Name)]
public class HostileBodyTests(ServerFixture fixture, ITestOutputHelper output) : IClassFixture<ServerFixture>
{
    private const int Callers = 4, ContextLength = 1024;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    private static readonly (string Path, byte[] Body)[] s_seeds =
    [
        .. new (string, string)[]
        {
            ("/chat/completions", """
                {"model":"model","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Hello"}]},
                {"role":"assistant","content":"Hi","reasoning_content":"hm","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
                {"role":"tool","content":"3","tool_call_id":"c"},{"role":"user","content":"x","name":"u"}],"temperature":0.5,"top_p":0.9,"max_tokens":4,"stop":["a","b"],"n":2,"seed":7,
                "frequency_penalty":0.1,"presence_penalty":-0.1,"logit_bias":{"259":1.5},"logprobs":true,"top_logprobs":2,"thinking":{"type":"enabled","budget_tokens":3},
                "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$ref":"#/$defs/a"}}}}}],
                "tool_choice":"auto","response_format":{"type":"text"},"stream_options":{"include_usage":true}}
                """),
            ("/v1/chat/completions", """{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","prefix":true}],"stream":true,"max_completion_tokens":3,"reasoning_effort":"low"}"""),
            ("/v1/completions", """{"prompt":"abc","suffix":null,"echo":true,"max_tokens":3,"logprobs":2,"stop":"z","stream":false,"temperature":0}"""),
            ("/v1/responses", """
                {"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
                {"type":"function_call_output","call_id":"c","output":"3"}],"instructions":"i","max_output_tokens":3,"reasoning":{"effort":"low"},"text":{"format":{"type":"text"}},
                "tools":[{"type":"function","name":"f","parameters":{"type":"object"}}],"store":false,"stream":true}
                """),
            ("/anthropic/v1/messages", """
                {"max_tokens":3,"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":""},
                {"type":"tool_use","id":"c","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"3"}]}]}],
                "stop_sequences":["q"],"temperature":0.5,"top_k":4,"thinking":{"type":"enabled","budget_tokens":2},"tools":[{"name":"f","input_schema":{"type":"object"}}],"stream":true}
                """),
        }.Select(seed => (seed.Item1, Encoding.UTF8.GetBytes(seed.Item2))),
    ];

    [Fact]
    public Task Damaged_bodies_are_answered() => RunAsync(count: 1_000, seed: 1);

    [Fact(Explicit = true)]
    public Task Many_damaged_bodies_are_answered() => RunAsync(count: 50_000, seed: 2);

    [Fact]
    public async Task Giant_and_recursive_schemas_are_answered()
    {
        await using RunningServer server = await StartAsync();
        string recursive = """{"$ref":"#"}""", wide = "{" + string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"p{i}\":{{\"type\":\"string\"}}")) + "}";
        string deep = string.Concat(Enumerable.Repeat("{\"items\":", 50)) + "{}" + new string('}', 50);
        foreach (string schema in new[] { recursive, wide, deep })
        {
            string body = """{"messages":[{"role":"user","content":"x"}],"max_tokens":1,"tools":[{"type":"function","function":{"name":"f","parameters":""" + schema + "}}]}";
            Assert.InRange(await StatusAsync(server, "/chat/completions", Encoding.UTF8.GetBytes(body)), 200, 499);
        }
    }

    [Fact]
    public async Task Giant_prompts_are_refused_soon()
    {
        await using RunningServer server = await StartAsync();
        foreach (string text in new[] { new string('a', 7 << 20), string.Concat(Enumerable.Repeat("ab, ", 7 << 18)), new string(' ', 7 << 20) })
        {
            byte[] body = Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","content":"{{text}}"}]}""");
            Assert.Equal(400, await StatusAsync(server, "/chat/completions", body));
        }
    }

    private Task<RunningServer> StartAsync() => RunningServer.StartAsync(new ServerOptions { Models = [new ServedModel("model", fixture.RandomPath)], ContextLength = ContextLength });

    private async Task RunAsync(int count, int seed)
    {
        await using RunningServer server = await StartAsync();
        foreach (var (path, body) in s_seeds) Assert.Equal(200, await StatusAsync(server, path, body));
        Dictionary<int, int> statuses = [];
        long before = 0;
        int done = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (index, _) =>
        {
            (string path, byte[] body) = s_seeds[index % s_seeds.Length];
            byte[] damaged = new JsonMutator(new Random((seed * 1_000_003) + index)).Mutate(body);
            int status = await StatusAsync(server, path, damaged);
            Assert.True(status is 200 or (>= 400 and < 500), $"{status} for body {index} of seed {seed} at {path}: {Encoding.UTF8.GetString(damaged)}");
            lock (statuses) statuses[status] = statuses.GetValueOrDefault(status) + 1;
            if (Interlocked.Increment(ref done) == count / 4) Interlocked.Exchange(ref before, GC.GetTotalMemory(forceFullCollection: true));
        });
        await server.RequireIdleAsync();
        long growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{string.Join(", ", statuses.OrderBy(status => status.Key).Select(status => $"{status.Key}: {status.Value}"))}; memory grew by {growth >> 10} KiB");
        Assert.True(statuses.ContainsKey(200) && statuses.ContainsKey(400));
        Assert.InRange(growth, long.MinValue, 16 << 20);
    }

    private static async Task<int> StatusAsync(RunningServer server, string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var limit = new CancellationTokenSource(s_longest);
        using HttpResponseMessage response = await server.Client.PostAsync(path, content, limit.Token);
        string text = await response.Content.ReadAsStringAsync(limit.Token);
        // A stream that has begun says in an event what went wrong.
        Assert.DoesNotContain("server_error", text, StringComparison.Ordinal);
        return (int)response.StatusCode;
    }
}

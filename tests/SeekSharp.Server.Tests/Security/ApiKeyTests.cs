using System.Net;
using System.Text;
using System.Text.Json;
using SeekSharp.Server.Security;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Server.Tests.Security;

public class ApiKeyTests
{
    [Fact]
    public void A_key_is_recognised_and_only_its_hash_is_kept()
    {
        using TemporaryFolder folder = new();
        ApiKeyStore store = new(Path.Combine(folder.Path, "keys"));
        ApiKeyText key = store.Create("laptop", 5);
        Assert.True(store.TryRecognise(key.ToString(), out ApiKey? entry));
        Assert.Equal((key.Id, "laptop", 5, null), (entry.Id, entry.Name, entry.RequestsPerMinute, entry.TokensPerMinute));
        string file = File.ReadAllText(Assert.Single(Directory.GetFiles(store.Folder)));
        Assert.DoesNotContain(key.Secret, file, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(key.Secret)), file, StringComparison.Ordinal);
        Assert.NotEqual(key, store.Create());
    }

    [Fact]
    public void Nothing_but_the_whole_key_is_recognised()
    {
        using TemporaryFolder folder = new();
        ApiKeyStore store = new(folder.Path + "/keys");
        string key = store.Create().ToString(), other = store.Create().ToString();
        for (int i = 0; i < key.Length; i++)
        {
            char changed = key[i] == 'a' ? 'b' : 'a';
            Assert.False(store.TryRecognise(key[..i] + changed + key[(i + 1)..], out _));
            Assert.False(store.TryRecognise(key[..i], out _));
        }

        Assert.False(store.TryRecognise(key + "a", out _));
        Assert.False(store.TryRecognise(key[..21] + other[21..], out _));
        Assert.False(store.TryRecognise("", out _));
        Assert.False(store.TryRecognise("sk-seek-../../../etc-" + new string('A', 43), out _));
    }

    [Fact]
    public void Keys_are_their_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("On Windows the user's profile is closed to others.");
            return;
        }

        using TemporaryFolder folder = new();
        ApiKeyStore store = new(Path.Combine(folder.Path, "keys"));
        string key = store.Create().ToString();
        string file = Assert.Single(Directory.GetFiles(store.Folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(store.Folder));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Contains("chmod", Assert.Throws<IOException>(() => store.TryRecognise(key, out _)).Message, StringComparison.Ordinal);
        File.SetUnixFileMode(store.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        Assert.Throws<IOException>(() => store.Create());
    }

    [Fact]
    public void Damaged_files_are_no_keys()
    {
        using TemporaryFolder folder = new();
        ApiKeyStore store = new(Path.Combine(folder.Path, "keys"));
        ApiKeyText key = store.Create();
        string path = Assert.Single(Directory.GetFiles(store.Folder)), text = File.ReadAllText(path);
        foreach (string damaged in new[] { "", "{", "[]", "null", "{}", text.Replace(key.Id, "000000000000", StringComparison.Ordinal), text.Replace("\"sha256\": \"", "\"sha256\": \"AAAA", StringComparison.Ordinal), new string('x', 9999) })
        {
            File.WriteAllText(path, damaged);
            IOException refusal = Assert.Throws<IOException>(() => store.TryRecognise(key.ToString(), out _));
            Assert.Contains("damaged", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_day_of_the_last_use_is_kept_and_no_more()
    {
        using TemporaryFolder folder = new();
        ApiKeyStore store = new(Path.Combine(folder.Path, "keys"));
        ApiKeyText key = store.Create();
        Assert.Null(store.LastUsed(key.Id));
        Assert.True(store.TryRecognise(key.ToString(), out _));
        Assert.Equal(DateOnly.FromDateTime(DateTime.UtcNow), store.LastUsed(key.Id));
        Assert.Equal(TimeSpan.Zero, File.GetLastWriteTimeUtc(Assert.Single(Directory.GetFiles(store.Folder))).TimeOfDay);
    }

    [Fact]
    public void Use_never_brings_a_revoked_key_back()
    {
        using TemporaryFolder folder = new();
        ApiKeyStore store = new(Path.Combine(folder.Path, "keys"));
        for (int round = 0; round < 20; round++)
        {
            ApiKeyText key = store.Create();
            using Barrier barrier = new(2);
            Thread user = new(() =>
            {
                barrier.SignalAndWait();
                for (int i = 0; i < 20; i++) store.TryRecognise(key.ToString(), out _);
            });
            user.Start();
            barrier.SignalAndWait();
            Assert.True(store.Revoke(key.Id));
            user.Join();
            Assert.False(store.TryRecognise(key.ToString(), out _));
            Assert.Empty(store.List());
        }
    }

    [Fact]
    public async Task Keys_are_accepted_in_both_headers_and_revoked_while_the_server_runs()
    {
        await using GuardedServer server = await Guarded();
        ApiKeyText key = server.Keys.Create();
        Assert.Equal($"2 {key.Id}", await Body(server, ("Authorization", $"Bearer {key}")));
        Assert.Equal($"2 {key.Id}", await Body(server, ("authorization", $"bearer  {key}")));
        Assert.Equal($"2 {key.Id}", await Body(server, ("x-api-key", $"{key}")));
        Assert.True(server.Keys.Revoke(key.Id));
        using HttpResponseMessage revoked = await server.SendAsync(HttpMethod.Post, "/test/read", "{}", ("Authorization", $"Bearer {key}"));
        Assert.Equal(HttpStatusCode.Unauthorized, revoked.StatusCode);
        Assert.Equal("Bearer", revoked.Headers.WwwAuthenticate.ToString());
        JsonElement error = JsonDocument.Parse(await revoked.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.Equal("invalid_api_key", error.GetProperty("code").GetString());
        Assert.Equal(JsonValueKind.Null, error.GetProperty("param").ValueKind);
    }

    [Theory]
    [InlineData("/test/read")]
    [InlineData("/test/read?api_key=KEY")]
    [InlineData("/none")]
    [InlineData("/metrics")]
    [InlineData("/anthropic/v1/messages")]
    public async Task Without_a_key_nothing_is_told(string path)
    {
        await using GuardedServer server = await Guarded();
        string key = server.Keys.Create().ToString();
        using HttpResponseMessage reply = await server.SendAsync(HttpMethod.Post, path.Replace("KEY", key, StringComparison.Ordinal), "{}");
        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
        JsonElement root = JsonDocument.Parse(await reply.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("authentication_error", root.GetProperty("error").GetProperty("type").GetString());
        Assert.Equal(path.StartsWith("/anthropic", StringComparison.Ordinal), root.TryGetProperty("type", out _));
    }

    [Fact]
    public async Task On_loopback_keys_of_other_services_are_ignored_and_own_ones_must_be_valid()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        Assert.Equal("2 ", await Body(server));
        Assert.Equal("2 ", await Body(server, ("Authorization", "Bearer sk-of-another-service")));
        ApiKeyText key = server.Keys.Create();
        Assert.Equal($"2 {key.Id}", await Body(server, ("Authorization", $"Bearer {key}")));
        server.Keys.Revoke(key.Id);
        using HttpResponseMessage reply = await server.SendAsync(HttpMethod.Post, "/test/read", "{}", ("Authorization", $"Bearer {key}"));
        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
    }

    [Fact]
    public async Task A_key_has_so_many_requests_and_tokens_a_minute()
    {
        await using GuardedServer server = await Guarded();
        string two = server.Keys.Create("", requestsPerMinute: 2).ToString(), tokens = server.Keys.Create("", 0, tokensPerMinute: 6).ToString();
        for (int i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.OK, (await Generate(server, two)).StatusCode);
        using HttpResponseMessage refused = await Generate(server, two);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 20, 30); // half a minute for one of two
        Assert.Contains("\"rate_limit_exceeded\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        // Each reply takes 4 computed tokens of prompt and 3 of reply: the first goes into debt, the second is refused.
        Assert.Equal(HttpStatusCode.OK, (await Generate(server, tokens)).StatusCode);
        using HttpResponseMessage broke = await Generate(server, tokens);
        Assert.Equal(HttpStatusCode.TooManyRequests, broke.StatusCode);
        Assert.InRange(broke.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 10, 20);
    }

    [Fact]
    public void A_budget_fills_evenly_and_pays_its_debts()
    {
        FakeTime time = new();
        MinuteBudget budget = new(60, time);
        Assert.True(budget.TryTake(60, out _));
        Assert.False(budget.TryTake(1, out TimeSpan wait));
        Assert.Equal(1, wait.TotalSeconds, 6);
        time.Now += TimeSpan.FromSeconds(1);
        Assert.True(budget.TryTake(1, out _));
        budget.Charge(120);
        Assert.False(budget.TryTake(1, out wait));
        Assert.Equal(121, wait.TotalSeconds, 6);
        time.Now += TimeSpan.FromHours(1);
        Assert.True(budget.TryTake(60, out _)); // never more than a minute's worth
        Assert.False(budget.TryTake(1, out _));
    }

    private static Task<GuardedServer> Guarded() => GuardedServer.StartAsync((options, _) => options with { Security = options.Security with { RequireKeys = true } });

    private static async Task<string> Body(GuardedServer server, params (string, string)[] headers)
    {
        using HttpResponseMessage reply = await server.SendAsync(HttpMethod.Post, "/test/read", "{}", headers);
        return await reply.Content.ReadAsStringAsync();
    }

    private static Task<HttpResponseMessage> Generate(GuardedServer server, string key) => server.SendAsync(HttpMethod.Post, "/test/generate", "{}", ("Authorization", $"Bearer {key}"));

    private sealed class FakeTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}

using System.Diagnostics;
using SeekSharp.Hub;

namespace SeekSharp.Tests.Hub;

public sealed class PullTests : PullFixture
{
    private const string File = "model-Q4_K_M.gguf";
    private const int Size = 200_000;

    [Fact]
    public async Task A_pulled_file_is_the_hubs()
    {
        byte[] content = Hub.Add(File, Size);
        PullProgress progress = new();
        StoredModel model = await PullAsync(progress: progress);
        Assert.Equal($"{Name}:Q4_K_M", model.Name.ToString());
        Assert.Equal(content, System.IO.File.ReadAllBytes(model.Path));
        Assert.Equal(Path.Combine(Folder, "org", "model@Q4_K_M", File), model.Path);
        Assert.Equal((Size, Size, Size, PullPhase.Done), (progress.TotalBytes, progress.DoneBytes, progress.ReceivedBytes, progress.Phase));
        // Parts came one request each, and the hub was asked where they are once or a few times, not for each.
        Assert.Equal((Size + PartSize - 1) / PartSize, Hub.Requests.Count(request => request.AtCdn));
        Assert.InRange(Hub.Requests.Count(request => request.Target.Contains("/resolve/", StringComparison.Ordinal)), 1, 4);
        Assert.False(Directory.Exists(Path.Combine(Folder, ".partial", "org", "model@Q4_K_M")));

        // Again: nothing is transferred.
        long sent = Hub.SentBytes;
        await PullAsync();
        Assert.Equal(sent, Hub.SentBytes);
    }

    [Fact]
    public async Task Small_files_are_checked_by_gits_hash_and_empty_ones_too()
    {
        Hub.Add("config.json", 700, isLarge: false);
        Hub.Add("merges.txt", 0, isLarge: false);
        Hub.Add("README.md", 100, isLarge: false);
        Hub.Add("model-00001-of-000002.safetensors", 40_000);
        Hub.Add("model-00002-of-000002.safetensors", 50_000);
        Hub.Add("model.safetensors.index.json", 900, isLarge: false);
        Hub.Add("consolidated.safetensors", 90_000);
        Hub.FilesPerPage = 3;
        StoredModel model = await PullAsync();
        Assert.Equal(Path.Combine(Folder, "org", "model"), model.Path);
        Assert.Equal(
            ["config.json", "merges.txt", "model-00001-of-000002.safetensors", "model-00002-of-000002.safetensors", "model.safetensors.index.json", "seek-model.json"],
            Directory.EnumerateFiles(model.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(90_000 + 1600, model.Size);
    }

    [Fact]
    public async Task All_parts_of_a_split_file_are_pulled()
    {
        foreach (int part in new[] { 2, 1, 3 }) Hub.Add($"Q8_0/big-Q8_0-0000{part}-of-00003.gguf", 10_000 * part, seed: part);
        Hub.Add("big-Q4_0.gguf", 5000);
        StoredModel model = await PullAsync($"{Name}:q8_0");
        Assert.Equal("big-Q8_0-00001-of-00003.gguf", Path.GetFileName(model.Path));
        Assert.Equal([10_000L, 20_000, 30_000], model.Files.Select(file => new FileInfo(Path.Combine(Path.GetDirectoryName(model.Path)!, file.Name)).Length));
        Hub.Remove("Q8_0/big-Q8_0-00002-of-00003.gguf");
        Assert.Contains("part 2 of 3", await PullFailsAsync($"{Name}:Q8_0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_nowhere_else()
    {
        Hub.Add(File, Size);
        Hub.Add("config.json", 10, isLarge: false);
        await PullAsync(options: Options(token: "hf_secret"));
        Assert.Contains(Hub.Requests, request => request.AtCdn);
        Assert.All(Hub.Requests, request => Assert.Equal(!request.AtCdn, request.Headers.TryGetValue("Authorization", out string? value) && value == "Bearer hf_secret"));
    }

    [Fact]
    public async Task A_redirect_within_the_hub_keeps_the_token()
    {
        Hub.Add(File, 100, isLarge: false);
        Hub.Answer = request => request.Target.Contains("/revision/", StringComparison.Ordinal) && !request.Target.EndsWith("?moved", StringComparison.Ordinal)
            ? new TestAnswer(307, ("Location", request.Target + "?moved"))
            : null;
        await PullAsync(options: Options(token: "hf_secret"));
        Assert.All(Hub.Requests, request => Assert.Equal("Bearer hf_secret", request.Headers["Authorization"]));
    }

    [Fact]
    public async Task Redirects_end()
    {
        Hub.Answer = request => new TestAnswer(302, ("Location", request.Target));
        Assert.Contains("redirects", await PullFailsAsync(), StringComparison.Ordinal);
        Hub.Answer = _ => new TestAnswer(302, ("Location", "file:///etc/passwd"));
        Assert.Contains("redirects", await PullFailsAsync(), StringComparison.Ordinal);
        Hub.Answer = _ => new TestAnswer(302);
        Assert.Contains("redirects", await PullFailsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_that_are_reset_at_every_tenth_do_not_matter()
    {
        byte[] content = Hub.Add(File, Size);
        Hub.CutAt(Enumerable.Range(0, 10).Select(tenth => (long)tenth * Size / 10));
        StoredModel model = await PullAsync();
        Assert.Equal(content, System.IO.File.ReadAllBytes(model.Path));
        Assert.InRange(Hub.SentBytes, Size, Size + (Size / 10));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_pull_that_ends_at_any_tenth_is_finished_by_the_next(int connections)
    {
        byte[] content = Hub.Add(File, Size);
        for (int tenth = 1; tenth < 10; tenth++)
        {
            Lock budgetLock = new();
            int budget = Size / 10;
            Hub.Change = (request, answer) =>
            {
                if (!request.AtCdn) return answer;
                lock (budgetLock)
                {
                    int allowed = Math.Min(budget, answer.Body.Length);
                    budget -= allowed;
                    return allowed < answer.Body.Length ? answer with { CutAfter = allowed } : answer;
                }
            };
            Assert.Contains("kept", await PullFailsAsync(options: Options(attempts: 1, connections: connections)), StringComparison.Ordinal);
            RequireNothingWhole();
            Assert.Single(Store.List(), model => !model.IsComplete);
        }

        Hub.Change = null;
        PullProgress progress = new();
        StoredModel model = await PullAsync(progress: progress);
        Assert.Equal(content, System.IO.File.ReadAllBytes(model.Path));
        Assert.InRange(progress.ReceivedBytes, 1, Size / 2);
        Assert.InRange(Hub.SentBytes, Size, Size * 3 / 2);
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_is_read_from_the_beginning()
    {
        byte[] content = Hub.Add(File, Size);
        Hub.IgnoresRanges = true;
        Hub.CutAt([Size / 2]);
        StoredModel model = await PullAsync();
        Assert.Equal(content, System.IO.File.ReadAllBytes(model.Path));
    }

    [Fact]
    public async Task A_wrong_content_leaves_nothing()
    {
        Hub.Add(File, Size);
        Hub.Change = (request, answer) => !request.AtCdn ? answer : answer with { Body = [(byte)(answer.Body[0] ^ 1), .. answer.Body[1..]] };
        Assert.Contains("damaged", await PullFailsAsync(), StringComparison.Ordinal);
        RequireNothingWhole();
        Assert.DoesNotContain(Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories), path => path.Contains(".part", StringComparison.Ordinal) && path.EndsWith(".part", StringComparison.Ordinal));

        // The right content, later, is taken.
        Hub.Change = null;
        await PullAsync();
    }

    [Fact]
    public async Task A_wrong_small_file_is_found_too()
    {
        Hub.Add("model.gguf", 500, isLarge: false);
        Hub.Change = (request, answer) => request.IsContent ? answer with { Body = [.. answer.Body[1..], 0] } : answer;
        Assert.Contains("damaged", await PullFailsAsync(), StringComparison.Ordinal);
        RequireNothingWhole();
    }

    [Fact]
    public async Task Damage_from_an_earlier_pull_is_fetched_again()
    {
        byte[] content = Hub.Add(File, Size);
        Hub.Answer = request => request.AtCdn && Hub.SentBytes > Size / 2 ? new TestAnswer(503) : null;
        await PullFailsAsync(options: Options(attempts: 1));
        string partial = Directory.EnumerateFiles(Folder, "*.part", SearchOption.AllDirectories).Single();
        System.IO.File.WriteAllBytes(partial, new byte[Size]); // as a crash of the machine may leave it
        Hub.Answer = null;
        Assert.Equal(content, System.IO.File.ReadAllBytes((await PullAsync()).Path));
    }

    [Fact]
    public async Task A_torn_or_foreign_journal_does_not_hurt()
    {
        byte[] content = Hub.Add(File, Size);
        foreach (string end in new[] { "3 16", "3 99999999999999999999\n", "-1 5\n9999 5\nx y\n\n \n", "tag" })
        {
            Hub.Answer = request => request.AtCdn && Hub.SentBytes % Size > Size / 2 ? new TestAnswer(503) : null;
            await PullFailsAsync(options: Options(attempts: 1));
            System.IO.File.AppendAllText(Directory.EnumerateFiles(Folder, "*.journal", SearchOption.AllDirectories).Single(), end);
            Hub.Answer = null;
            StoredModel model = await PullAsync();
            Assert.Equal(content, System.IO.File.ReadAllBytes(model.Path));
            Store.Remove(model);
        }
    }

    [Fact]
    public async Task Another_entity_tag_starts_anew()
    {
        byte[] content = Hub.Add(File, Size);
        int contents = 0;
        Hub.EntityTag = _ => Interlocked.Increment(ref contents) <= 5 ? "\"before\"" : "\"after\"";
        PullProgress progress = new();
        StoredModel model = await PullAsync(progress: progress);
        Assert.Equal(content, System.IO.File.ReadAllBytes(model.Path));
        Assert.Contains(Hub.Requests, request => request.Headers.TryGetValue("If-Range", out string? tag) && tag == "\"before\"");
        Assert.Equal(Size, progress.DoneBytes);
        Assert.InRange(progress.ReceivedBytes, Size, 2 * Size);
    }

    [Fact]
    public async Task Another_entity_tag_between_two_pulls_starts_anew()
    {
        byte[] content = Hub.Add(File, Size);
        Hub.Answer = request => request.AtCdn && Hub.SentBytes > Size / 2 ? new TestAnswer(503) : null;
        await PullFailsAsync(options: Options(attempts: 1));
        Hub.Answer = null;
        Hub.EntityTag = _ => "\"after\"";
        PullProgress progress = new();
        Assert.Equal(content, System.IO.File.ReadAllBytes((await PullAsync(progress: progress)).Path));
        Assert.True(progress.ReceivedBytes >= Size);
        Assert.Equal(Size, progress.DoneBytes);
    }

    [Fact]
    public async Task A_file_that_never_stays_the_same_is_given_up()
    {
        Hub.Add(File, Size);
        int contents = 0;
        Hub.EntityTag = _ => $"\"{Interlocked.Increment(ref contents)}\"";
        Assert.Contains("changes", await PullFailsAsync(), StringComparison.Ordinal);
        RequireNothingWhole();
    }

    [Theory]
    [InlineData("206 with other bytes", "other bytes")]
    [InlineData("200 of another size", "has 5 bytes")]
    [InlineData("redirect to another hash", "another hash")]
    [InlineData("redirect to another size", "has 7 bytes")]
    [InlineData("packed", "packed")]
    [InlineData("418", "418")]
    public async Task Answers_that_do_not_fit_are_errors(string kind, string expected)
    {
        Hub.Add(File, Size);
        Hub.Change = (request, answer) => !request.IsContent ? answer : (kind, request.AtCdn) switch
        {
            ("206 with other bytes", true) => answer with { Headers = [("Content-Range", $"bytes 1-{answer.Body.Length}/{Size}")] },
            ("200 of another size", true) => new TestAnswer(200, new byte[5]),
            ("redirect to another hash", false) => answer with { Headers = [answer.Headers[0], ("X-Linked-Etag", $"\"{new string('b', 64)}\"")] },
            ("redirect to another size", false) => answer with { Headers = [answer.Headers[0], ("X-Linked-Size", "7")] },
            ("packed", true) => answer with { Headers = [.. answer.Headers, ("Content-Encoding", "gzip")] },
            ("418", true) => new TestAnswer(418),
            _ => answer,
        };
        Assert.Contains(expected, await PullFailsAsync(), StringComparison.Ordinal);
        RequireNothingWhole();
    }

    [Fact]
    public async Task Answers_that_end_early_are_read_on()
    {
        byte[] content = Hub.Add(File, Size);
        int requests = 0;
        // The body is shorter than its range: the end of the body is not the end of the part.
        Hub.Change = (request, answer) => request.AtCdn && Interlocked.Increment(ref requests) % 2 == 1 ? answer with { Body = answer.Body[..(answer.Body.Length / 2)] } : answer;
        Assert.Equal(content, System.IO.File.ReadAllBytes((await PullAsync(options: Options(connections: 1))).Path));
    }

    [Fact]
    public async Task An_address_that_expires_is_asked_for_again()
    {
        byte[] content = Hub.Add(File, Size);
        int requests = 0;
        Hub.Answer = request => request.AtCdn && Interlocked.Increment(ref requests) is 6 or 7 or 11 ? new TestAnswer(403) : null;
        Assert.Equal(content, System.IO.File.ReadAllBytes((await PullAsync()).Path));
    }

    [Theory]
    [InlineData(401, "", null, "check the name")]
    [InlineData(401, "", "hf_bad", "does not accept the token")]
    [InlineData(401, "RepoNotFound", "hf_bad", "has no repository")]
    [InlineData(401, "GatedRepo", null, "gated")]
    [InlineData(403, "", "hf_bad", "terms")]
    [InlineData(403, "GatedRepo", "hf_bad", "gated")]
    [InlineData(404, "RepoNotFound", null, "has no repository")]
    [InlineData(404, "RevisionNotFound", null, "no revision 'main'")]
    [InlineData(404, "", null, "no revision 'main'")]
    [InlineData(400, "", null, "400")]
    public async Task Refusals_are_explained_and_not_repeated(int status, string code, string? token, string expected)
    {
        Hub.Answer = _ => code.Length == 0 ? new TestAnswer(status) : new TestAnswer(status, ("X-Error-Code", code));
        string message = await PullFailsAsync(options: Options(token));
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_bad", message, StringComparison.Ordinal);
        Assert.Single(Hub.Requests);
    }

    [Fact]
    public async Task Refusals_of_a_file_name_it()
    {
        Hub.Add(File, Size);
        Hub.Answer = request => request.Target.Contains("/resolve/", StringComparison.Ordinal) ? new TestAnswer(404, ("X-Error-Code", "EntryNotFound")) : null;
        Assert.Contains(File, await PullFailsAsync(), StringComparison.Ordinal);
        Hub.Answer = request => request.AtCdn ? new TestAnswer(403) : null;
        Assert.Contains("localhost", await PullFailsAsync(), StringComparison.Ordinal);
        RequireNothingWhole();
    }

    [Fact]
    public async Task Too_many_requests_are_waited_out_as_the_hub_says()
    {
        byte[] content = Hub.Add(File, Size);
        int refusals = 0;
        Hub.Answer = request => request.AtCdn && Interlocked.Increment(ref refusals) == 3 ? new TestAnswer(429, ("Retry-After", "1")) : null;
        Stopwatch clock = Stopwatch.StartNew();
        Assert.Equal(content, System.IO.File.ReadAllBytes((await PullAsync()).Path));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.9, 20);
    }

    [Fact]
    public async Task A_wait_that_is_too_long_is_said_and_not_waited()
    {
        Hub.Answer = _ => new TestAnswer(429, ("Retry-After", "7200"));
        string message = await PullFailsAsync();
        Assert.Contains("429", message, StringComparison.Ordinal);
        Assert.Contains("120 minutes", message, StringComparison.Ordinal);
        Assert.Single(Hub.Requests);
    }

    [Fact]
    public async Task Passing_failures_are_tried_again_and_lasting_ones_given_up()
    {
        byte[] content = Hub.Add(File, Size);
        int requests = 0;
        Hub.Answer = _ => Interlocked.Increment(ref requests) % 3 == 1 ? new TestAnswer(requests % 2 == 1 ? 500 : 503) : null;
        Assert.Equal(content, System.IO.File.ReadAllBytes((await PullAsync(options: Options(connections: 1))).Path));
        Hub.Answer = _ => new TestAnswer(503);
        Hub.Requests.Clear();
        Assert.Contains("503", await PullFailsAsync(options: Options(attempts: 3)), StringComparison.Ordinal);
        Assert.Equal(3, Hub.Requests.Count);
    }

    [Fact]
    public async Task A_silent_server_is_given_up()
    {
        Hub.Add(File, Size);
        Hub.Pause = TimeSpan.FromSeconds(30);
        HubOptions options = new() { Endpoint = Hub.Endpoint, StallTimeout = TimeSpan.FromSeconds(0.3), Attempts = 1 };
        Assert.Contains("sent nothing", await PullFailsAsync(options: options), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hub_that_is_not_there_is_named()
    {
        HubOptions options = new() { Endpoint = new Uri("http://127.0.0.1:1"), Attempts = 2, FirstDelay = TimeSpan.FromMilliseconds(1) };
        Assert.Contains("127.0.0.1:1", await PullFailsAsync(options: options), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_is_too_small_is_found_before_the_transfer()
    {
        Hub.Add(File, Size);
        string message = await PullFailsAsync(options: Options(freeSpace: _ => Size - 1));
        Assert.Contains($"{Size} more bytes", message, StringComparison.Ordinal);
        Assert.Empty(Hub.ContentRequests);
        Assert.Empty(Store.List());
        await PullAsync(options: Options(freeSpace: _ => Size));
    }

    [Fact]
    public async Task A_disk_that_is_full_in_the_middle_is_said()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "Mounting a small disk needs Linux and its administrator.");
        string disk = Path.Combine(Folder, "disk");
        Directory.CreateDirectory(disk);
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", disk), "A small disk cannot be mounted here.");
        try
        {
            Hub.Add(File, Size);
            ModelStore store = new(disk);
            using HubClient client = new(Options());
            HubException failure = await Assert.ThrowsAsync<HubException>(() => store.PullAsync(client, ModelName.Parse(Name)));
            Assert.Contains("free some space", failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(store.List(), model => model.IsComplete);
            Hub.Add(File, 60_000);
            await store.PullAsync(client, ModelName.Parse(Name));
        }
        finally
        {
            Run("umount", disk);
        }
    }

    [Fact]
    public void A_write_that_finds_the_disk_full_is_said()
    {
        Assert.SkipUnless(System.IO.File.Exists("/dev/full"), "Only Linux has a device that is always full.");
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        IOException failure = Assert.Throws<IOException>(() => full.Write([1]));
        Assert.Contains("free some space", DiskTrouble.Explain(failure, "/dev/full").Message, StringComparison.Ordinal);
        Assert.DoesNotContain("free some space", DiskTrouble.Explain(new IOException("broken"), "/dev/full").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_pull_ends_soon_and_is_finished_by_the_next()
    {
        byte[] content = Hub.Add(File, Size);
        Hub.Pause = TimeSpan.FromMilliseconds(5);
        using CancellationTokenSource cancellation = new();
        PullProgress progress = new();
        Task<StoredModel> pull = PullAsync(cancellation: cancellation.Token, progress: progress);
        while (progress.ReceivedBytes < Size / 4) await Task.Delay(1);
        Stopwatch clock = Stopwatch.StartNew();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
        RequireNothingWhole();
        Hub.Pause = TimeSpan.Zero;
        PullProgress rest = new();
        Assert.Equal(content, System.IO.File.ReadAllBytes((await PullAsync(progress: rest)).Path));
        Assert.InRange(rest.ReceivedBytes, 1, Size - (Size / 4));
    }

    [Fact]
    public async Task Two_pulls_of_one_model_do_not_meet()
    {
        Hub.Add(File, Size);
        Hub.Add("model-Q8_0.gguf", 1000);
        Hub.Pause = TimeSpan.FromMilliseconds(2);
        PullProgress progress = new();
        Task<StoredModel> first = PullAsync($"{Name}:Q4_K_M", progress: progress);
        while (progress.ReceivedBytes == 0) await Task.Delay(1);
        Assert.Contains("another process", await PullFailsAsync($"{Name}:{File}"), StringComparison.Ordinal);
        Assert.Contains("another process", Assert.Throws<HubException>(() => Store.Remove(Store.Find($"{Name}:Q4_K_M"))).Message, StringComparison.Ordinal);
        await PullAsync($"{Name}:Q8_0");
        Assert.True((await first).IsComplete);
        Assert.Equal(2, Store.List().Count(model => model.IsComplete));
    }

    [Fact]
    public async Task A_new_commit_replaces_what_changed()
    {
        Hub.Add("config.json", 500, isLarge: false);
        Hub.Add("model.safetensors", Size);
        Hub.Add("vocab.json", 100, isLarge: false);
        StoredModel model = await PullAsync();
        byte[] content = Hub.Add("config.json", 600, isLarge: false, seed: 2);
        Hub.Remove("vocab.json");
        PullProgress progress = new();
        await PullAsync(progress: progress);
        Assert.Equal((600, Size + 600), (progress.ReceivedBytes, progress.DoneBytes));
        Assert.Equal(content, System.IO.File.ReadAllBytes(Path.Combine(model.Path, "config.json")));
        Assert.False(System.IO.File.Exists(Path.Combine(model.Path, "vocab.json")));
    }

    [Fact]
    public async Task Files_that_nobody_vouches_for_are_checked_not_fetched()
    {
        Hub.Add("config.json", 500, isLarge: false);
        Hub.Add("model.safetensors", Size);
        StoredModel model = await PullAsync();
        System.IO.File.Delete(Path.Combine(model.Path, "seek-model.json"));
        System.IO.File.WriteAllBytes(Path.Combine(model.Path, "config.json"), new byte[500]);
        Assert.Empty(Store.List());
        PullProgress progress = new();
        await PullAsync(progress: progress);
        Assert.Equal(500, progress.ReceivedBytes);
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

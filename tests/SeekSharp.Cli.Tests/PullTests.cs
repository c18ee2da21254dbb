using System.Diagnostics;
using System.Text.Json;
using SeekSharp.Tests.Hub;

namespace SeekSharp.Cli.Tests;

public sealed class PullTests(ModelFixture models) : IClassFixture<ModelFixture>, IDisposable
{
    private const string Name = TestHub.Repository;
    private readonly TestHub _hub = new();
    private readonly string _store = Directory.CreateTempSubdirectory("seek-store-").FullName;

    public void Dispose()
    {
        _hub.Dispose();
        Directory.Delete(_store, recursive: true);
    }

    [Fact]
    public void A_pulled_model_runs_by_its_name_and_is_listed_and_removed()
    {
        byte[] content = _hub.Add("tiny-F32.gguf", File.ReadAllBytes(models.Model));
        var pulled = Pull(Name);
        Assert.Equal(0, pulled.Code);
        Assert.Contains("checked", pulled.Error, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllBytes(pulled.Output.TrimEnd('\r', '\n')));

        string[] greedy = ["--raw", "--temperature", "0", "--max-tokens", "8", "in the end"];
        string expected = SeekProcess.Run(["run", "-m", models.Model, .. greedy]).RequireSuccess();
        foreach (string name in new[] { $"{Name}:F32", Name, "model" }) Assert.Equal(expected, SeekProcess.Run(["run", "-m", name, "--store", _store, .. greedy]).RequireSuccess());
        Assert.Contains("tiny llama", SeekProcess.Run("inspect", "model", "--store", _store).RequireSuccess(), StringComparison.Ordinal);

        string table = SeekProcess.Run("list", "--store", _store).RequireSuccess();
        foreach (string part in new[] { "org/model:F32", "F32", "KiB", DateTime.Now.ToString("yyyy-", System.Globalization.CultureInfo.InvariantCulture) }) Assert.Contains(part, table, StringComparison.Ordinal);
        var listed = Assert.Single(List());
        Assert.Equal((content.Length, TestHub.Commit), (listed.GetProperty("bytes").GetInt32(), listed.GetProperty("commit").GetString()));

        SeekProcess.Run("remove", "model", "--store", _store).RequireFailure("--yes", "org/model:F32");
        Assert.Contains("org/model:F32", SeekProcess.Run("remove", "model", "--store", _store, "--yes").RequireSuccess(), StringComparison.Ordinal);
        Assert.Empty(List());
        Assert.Contains("No models", SeekProcess.Run("list", "--store", _store).RequireSuccess(), StringComparison.Ordinal);
        SeekProcess.Run("run", "-m", Name, "--store", _store, "hi").RequireFailure("'org/model'", "seek pull");
        SeekProcess.Run("chat", "-m", Name, "--store", _store).RequireFailure("'org/model'", "seek pull");
    }

    [Fact]
    public void Failures_are_one_sentence()
    {
        _hub.Add("a-Q4_0.gguf", 1000);
        _hub.Add("a-Q8_0.gguf", 1000);
        Pull(Name).RequireFailure("Q4_0, Q8_0");
        Pull("org/other").RequireFailure("org/other", "check the name");
        Pull("nonsense").RequireFailure("'nonsense'", "owner/repository");
        SeekProcess.Run("pull", Name, "--endpoint", "nowhere").RequireFailure("--endpoint", "'nowhere'");
        SeekProcess.Run("pull", "--store", _store).RequireFailure("owner/repository");
        _hub.Answer = _ => new TestAnswer(401, ("X-Error-Code", "GatedRepo"));
        Pull(Name, "--token", "hf_secret").RequireFailure("gated");
        Assert.Contains(_hub.Requests, request => request.Headers.TryGetValue("Authorization", out string? value) && value == "Bearer hf_secret");
        Assert.Empty(List());
    }

    [Fact]
    public void A_damaged_file_is_no_model()
    {
        _hub.Add("a.gguf", 1000);
        _hub.Change = (request, answer) => request.AtCdn ? answer with { Body = new byte[answer.Body.Length] } : answer;
        Assert.Equal(1, Pull(Name).Code);
        Assert.All(List(), model => Assert.False(model.GetProperty("complete").GetBoolean()));
        Assert.DoesNotContain(Directory.EnumerateFiles(_store, "*.gguf*", SearchOption.AllDirectories), path => !path.EndsWith(".journal", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Killed_in_the_middle_it_goes_on_where_it_was()
    {
        const int size = 8 << 20;
        byte[] content = _hub.Add("a.gguf", size);
        _hub.ChunkSize = 1 << 16;
        _hub.Pause = TimeSpan.FromMilliseconds(5); // slow enough for the client to keep up, or little has arrived when it is killed
        using (var process = SeekProcess.Start(PullArguments(Name)))
        {
            while (_hub.SentBytes < size / 2 && !process.HasExited) await Task.Delay(1);
            process.Kill(); // SIGKILL
            await process.WaitForExitAsync();
            Assert.NotEqual(0, process.ExitCode);
        }

        Assert.False(Assert.Single(List()).GetProperty("complete").GetBoolean());
        SeekProcess.Run("run", "-m", Name, "--store", _store, "hi").RequireFailure("broken off");
        Assert.DoesNotContain(Directory.EnumerateFiles(_store, "a.gguf", SearchOption.AllDirectories), _ => true);
        _hub.Pause = TimeSpan.Zero;
        long sent = _hub.SentBytes;
        var pulled = Pull(Name);
        Assert.Equal(0, pulled.Code);
        Assert.Equal(content, await File.ReadAllBytesAsync(pulled.Output.TrimEnd('\r', '\n')));
        Assert.InRange(_hub.SentBytes - sent, 1, size - (size / 4));
    }

    [Fact]
    public async Task Interrupted_it_ends_with_130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals to send to another process.");
        _hub.Add("a.gguf", 8 << 20);
        _hub.Pause = TimeSpan.FromMilliseconds(1);
        using var process = SeekProcess.Start(PullArguments(Name));
        while (_hub.SentBytes < 100_000 && !process.HasExited) await Task.Delay(1);
        SeekProcess.SendInterrupt(process);
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)));
        Assert.Equal(130, process.ExitCode);
        Assert.Contains($"seek pull {Name}", await process.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_users_own_folder_keeps_models_and_tokens()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || OperatingSystem.IsMacOS(), "The folder is moved by XDG_DATA_HOME, which is Linux's.");
        _hub.Add("a.gguf", 1000);
        Dictionary<string, string> environment = new() { ["XDG_DATA_HOME"] = _store };
        using (var login = SeekProcess.StartWith(environment, "pull", "--login", "--endpoint", _hub.Endpoint.ToString()))
        {
            await login.StandardInput.WriteLineAsync("hf_kept");
            login.StandardInput.Close();
            Assert.DoesNotContain("hf_kept", await login.StandardOutput.ReadToEndAsync() + await login.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
            await login.WaitForExitAsync();
            Assert.Equal(0, login.ExitCode);
        }

        using var pull = SeekProcess.StartWith(environment, "pull", Name, "--endpoint", _hub.Endpoint.ToString());
        pull.StandardInput.Close();
        string output = await pull.StandardOutput.ReadToEndAsync();
        await pull.WaitForExitAsync();
        Assert.Equal(Path.Combine(_store, "seeksharp", "models", "org", "model@a", "a.gguf"), output.Trim());
        Assert.All(_hub.Requests, request => Assert.Equal(!request.AtCdn, request.Headers.ContainsKey("Authorization")));
    }

    [Fact]
    public async Task A_terminal_gets_a_bar()
    {
        const string script = "/usr/bin/script"; // gives a program a terminal
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(script), "There is no program 'script' that gives a terminal.");
        _hub.Add("a.gguf", 1 << 20);
        _hub.ChunkSize = 1 << 16;
        _hub.Pause = TimeSpan.FromMilliseconds(20);
        string command = $"dotnet {Path.Combine(AppContext.BaseDirectory, "seek.dll")} {string.Join(' ', PullArguments(Name))}";
        using var process = Process.Start(new ProcessStartInfo(script, ["-qec", command, "/dev/null"]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("1.00 MiB", output, StringComparison.Ordinal);
        Assert.Contains("%", output, StringComparison.Ordinal);
        Assert.Contains("all files checked", output, StringComparison.Ordinal);
    }

    private SeekProcess.Result Pull(string name, params string[] arguments) => SeekProcess.Run([.. PullArguments(name), .. arguments]);

    private string[] PullArguments(string name) => ["pull", name, "--endpoint", _hub.Endpoint.ToString(), "--store", _store];

    private List<JsonElement> List()
    {
        using var document = JsonDocument.Parse(SeekProcess.Run("list", "--json", "--store", _store).RequireSuccess());
        return [.. document.RootElement.GetProperty("models").Clone().EnumerateArray()];
    }
}

using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace SeekSharp.Cli.Tests;

/// <summary>seek serve, as a process.</summary>
public sealed class ServeTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    private const string Listening = "Listening on ";

    private string Cache => models.PathOf("cache");

    [Fact]
    public async Task Models_are_served_until_Ctrl_C()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no signal to send.");
        using Process process = Start("-m", models.ThinkingModel, "-m", $"tiny={models.ChatModel}", "--port", "0", "--prefix-cache", "1");
        string line = await process.StandardOutput.ReadLineAsync() ?? await process.StandardError.ReadToEndAsync();
        Assert.StartsWith($"{Listening}http://127.0.0.1:", line, StringComparison.Ordinal);
        using var client = new HttpClient { BaseAddress = new Uri(line[Listening.Length..].Split(". ")[0]) };
        Assert.StartsWith("thinking is loaded", await process.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        JsonElement list = JsonElement.Parse(await client.GetStringAsync("/v1/models"));
        Assert.Equal(["thinking", "tiny", "deepseek-chat", "deepseek-reasoner"], list.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        using var body = new StringContent("""{"messages":[{"role":"user","content":"2 + 2?"}]}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.PostAsync("/chat/completions", body);
        Assert.Contains("It is four.", await response.Content.ReadAsStringAsync());

        // An endless reply is under way when Ctrl-C comes.
        using var endless = new StringContent("""{"messages":[{"role":"user","content":"loop"}],"stream":true}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage stream = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/chat/completions") { Content = endless }, HttpCompletionOption.ResponseHeadersRead);
        await (await stream.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[500]);
        SeekProcess.SendInterrupt(process);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await process.WaitForExitAsync(limit.Token);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void What_cannot_be_served_is_said()
    {
        SeekProcess.Run("serve").RequireFailure("-m");
        SeekProcess.Run("serve", "-m", models.PathOf("missing.gguf")).RequireFailure("missing.gguf");
        SeekProcess.Run("serve", "-m", models.ThinkingModel, "-m", models.ThinkingModel, "--prefix-cache", "0").RequireFailure("'thinking'", "NAME=FILE");
        SeekProcess.Run("serve", "-m", models.ThinkingModel, "--prices", models.PathOf("none.json"), "--prefix-cache", "0").RequireFailure("none.json");
        SeekProcess.Run("serve", "-m", models.ThinkingModel, "--address", "0.0.0.0", "--prefix-cache", "0").RequireFailure("--certificate");
    }

    private Process Start(params string[] arguments) => SeekProcess.StartWith(new() { ["XDG_CACHE_HOME"] = Cache }, ["serve", .. arguments]);
}

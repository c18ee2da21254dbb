using System.Diagnostics;

namespace SeekSharp.Cli.Tests.Chat;

/// <summary>A person's way through a chat, in a real terminal.</summary>
public sealed class TerminalTests : IClassFixture<ModelFixture>, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly ModelFixture _models;
    private readonly string _server = $"seek-tests-{Guid.NewGuid():N}";
    private readonly bool _hasTmux;

    public TerminalTests(ModelFixture models)
    {
        _models = models;
        try
        {
            _hasTmux = Run("tmux", "-V").Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            _hasTmux = false;
        }
    }

    [Fact]
    public void Answer_interrupt_second_answer_save_load()
    {
        Assert.SkipUnless(_hasTmux, "tmux is not installed.");
        string file = _models.PathOf("terminal.json");
        Start("--context", "1000000");
        Await("/help lists the commands");

        Type("hello", "Enter");
        Await("thought for", "It is four.", "tokens/s");
        Assert.DoesNotContain("two and two", Screen(), StringComparison.Ordinal); // folded
        Type("/think", "Enter");
        Await("two and two");

        Type("loop", "Enter");
        Await("tick tock tick");
        Type("C-c");
        Await("stopped]");

        Type("and then?", "Enter");
        Await("Four again.");
        Type($"/save {file}", "Enter");
        Await("Saved 3 turns");
        Type("/clear", "Enter");
        Await("forgotten");
        Type($"/load {file}", "Enter");
        Await("Loaded 3 turns");

        Type("C-l", "Up", "Up", "Up", "Up"); // to what was asked before saving
        Await("> and then?");
        Type("M-Enter", "one more", "Enter");
        Await("one more\nFour again.");

        Type("C-c", "C-c");
        Await("ENDED 0");
        Assert.True(File.Exists(file));
    }

    [Fact]
    public void Pasted_lines_are_one_turn()
    {
        Assert.SkipUnless(_hasTmux, "tmux is not installed.");
        Start();
        Await("/help lists the commands");
        Tmux("set-buffer", "-b", "text", "one\ntwo");
        Tmux("paste-buffer", "-p", "-b", "text");
        Await("> one\n  two");
        Type("Enter");
        Await("It is four.");
        Type("/stats", "Enter");
        Await("1 answer");
        Type("C-d");
        Await("ENDED 0");
    }

    public void Dispose()
    {
        if (_hasTmux) Tmux("kill-server");
    }

    private void Start(params string[] arguments)
    {
        string command = $"dotnet '{Path.Combine(AppContext.BaseDirectory, "seek.dll")}' chat -m '{_models.ThinkingModel}' {string.Join(' ', arguments)}; echo ENDED $?; sleep 60";
        Tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "50", command);
    }

    private void Type(params string[] keys)
    {
        foreach (string key in keys) Tmux("send-keys", key);
    }

    /// <summary>Waits until the screen shows texts.</summary>
    private void Await(params string[] texts)
    {
        var clock = Stopwatch.StartNew();
        while (!texts.All(text => Screen().Contains(text, StringComparison.Ordinal)))
        {
            Assert.True(clock.Elapsed < Limit, $"The screen does not show {string.Join(", ", texts)}:\n{Screen()}");
            Thread.Sleep(20);
        }
    }

    private string Screen() => string.Join('\n', Tmux("capture-pane", "-p").Split('\n', StringSplitOptions.RemoveEmptyEntries));

    private string Tmux(params string[] arguments) => Run("tmux", ["-L", _server, .. arguments]).Output;

    private static (int Code, string Output) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}

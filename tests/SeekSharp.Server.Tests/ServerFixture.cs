using SeekSharp.Cli.Tests;
using SeekSharp.Server.Models;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Server.Tests;

/// <summary>Tiny models, and a server that has them: one that says what is written, one with random weights.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    public const string Scripted = "scripted", Random = "random";

    private readonly TemporaryFolder _folder = new();

    public string ScriptedPath => Path.Combine(_folder.Path, "scripted.gguf");

    public string RandomPath => Path.Combine(_folder.Path, "random.gguf");

    internal TemporaryFolder Folder => _folder;

    internal RunningServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        ScriptedModel.Write(ScriptedPath, ScriptedModel.Thinking, ScriptedModel.ThinkingTemplate);
        RandomModel.Write(RandomPath);
        Server = await RunningServer.StartAsync(new ServerOptions { Models = [new ServedModel(Scripted, ScriptedPath), new ServedModel(Random, RandomPath)], Threads = 2 });
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}

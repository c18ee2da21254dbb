using SeekSharp.Hub;

namespace SeekSharp.Tests.Hub;

/// <summary>A hub, an empty store, and a client with small parts and short waits.</summary>
public abstract class PullFixture : IDisposable
{
    protected const int PartSize = 16 << 10;
    protected const string Name = TestHub.Repository;

    private protected TestHub Hub { get; } = new();

    protected string Folder { get; } = Directory.CreateTempSubdirectory("seek-hub-").FullName;

    protected ModelStore Store => new(Folder);

    private protected HubOptions Options(string? token = null, int attempts = 4, Func<string, long>? freeSpace = null, int connections = 4) => new()
    {
        Endpoint = Hub.Endpoint,
        Token = token,
        Connections = connections,
        PartSize = PartSize,
        CheckpointSize = 1024,
        Attempts = attempts,
        FirstDelay = TimeSpan.FromMilliseconds(1),
        StallTimeout = TimeSpan.FromSeconds(5),
        FreeSpace = freeSpace ?? (_ => long.MaxValue),
    };

    private protected async Task<StoredModel> PullAsync(
        string name = Name, HubOptions? options = null, PullProgress? progress = null, CancellationToken cancellation = default)
    {
        using HubClient client = new(options ?? Options());
        return await Store.PullAsync(client, ModelName.Parse(name), progress: progress, cancellation: cancellation);
    }

    private protected async Task<string> PullFailsAsync(string name = Name, HubOptions? options = null)
    {
        HubException failure = await Assert.ThrowsAsync<HubException>(() => PullAsync(name, options));
        Assert.EndsWith(".", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        return failure.Message;
    }

    /// <summary>No complete model, and no file outside the folders that work in progress lies in.</summary>
    protected void RequireNothingWhole()
    {
        Assert.DoesNotContain(Store.List(), model => model.IsComplete);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories), path => !Path.GetRelativePath(Folder, path).StartsWith('.'));
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        Hub.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}

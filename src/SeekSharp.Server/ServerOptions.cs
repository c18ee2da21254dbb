using System.Net;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Server.Models;
using SeekSharp.Server.Observability;
using SeekSharp.Server.Prices;
using SeekSharp.Server.Security;
using SeekSharp.Weights;

namespace SeekSharp.Server;

/// <summary>How a server listens and what it serves. Nothing else decides: no environment variable, no settings file.</summary>
public sealed record ServerOptions
{
    /// <summary>The port used where none is named: 8080.</summary>
    public const int DefaultPort = 8080;

    private const int UsualContext = 16_384;

    /// <summary>The one address that is listened on. Default: loopback, which other machines cannot reach.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 takes a free one. Default <see cref="DefaultPort"/>.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>The models that may be asked for, under different names; the first one is the default.</summary>
    public IReadOnlyList<ServedModel> Models { get; init; } = [];

    /// <summary>Threads; 0 takes one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Tokens that all requests to a model together may hold; 0 takes 16,384, or what the model was made for where that is less.</summary>
    public int ContextLength { get; init; }

    /// <summary>Storage of keys and values. Default float16.</summary>
    public CacheType CacheType { get; init; } = CacheType.F16;

    /// <summary>How requests share each model: queue, fairness, prefixes on disk.</summary>
    public SchedulerOptions Scheduling { get; init; } = new() { MaxWaiting = 256 };

    /// <summary>Longest time of a request, waiting included. Null: no limit. Default 10 minutes.</summary>
    public TimeSpan? TimeLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Keeps packed weights on disk for later loads. Default null: off.</summary>
    public PackedCacheOptions? PackedCache { get; init; }

    /// <summary>Most bytes for all loaded models; 0 takes what is free when the server is built.</summary>
    public long MemoryLimit { get; init; }

    /// <summary>Told in a sentence about trouble that does not keep a model from loading, or null.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>What tokens cost here, or null: usage then has only what they would cost at DeepSeek.</summary>
    public PriceTable? Prices { get; init; }

    /// <summary>A stream that has nothing to say says that it is alive once in this time. Default 5 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long replies may go on once the server is told to stop. Default 5 s; then they are cancelled.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    internal int ContextLengthFor(ModelConfig config) => Math.Min(ContextLength > 0 ? ContextLength : UsualContext, config.ContextLength);
    /// <summary>Who may use the server, and over what.</summary>
    public SecurityOptions Security { get; init; } = new();

    /// <summary>Who learns what the server does.</summary>
    public ObservabilityOptions Observability { get; init; } = new();
}

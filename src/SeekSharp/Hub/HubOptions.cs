namespace SeekSharp.Hub;

/// <summary>Where a hub is and how it is asked.</summary>
public sealed class HubOptions
{
    /// <summary>The hub that is asked where no other is named.</summary>
    public const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>The address of the hub, http or https; default: <see cref="DefaultEndpoint"/>.</summary>
    public Uri Endpoint { get; init; } = new(DefaultEndpoint);

    /// <summary>An access token, sent to <see cref="Endpoint"/> and to no other host; null: none.</summary>
    public string? Token { get; init; }

    /// <summary>A proxy for all connections; null: none. The environment's proxy variables are not read.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Parts of a file that are transferred at the same time, 1 to 16; default: 4.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>Bytes of a part, each asked for with one request.</summary>
    internal long PartSize { get; init; } = 32 << 20;

    /// <summary>A part's progress is noted after so many bytes: about what is lost when the process is killed.</summary>
    internal int CheckpointSize { get; init; } = 1 << 20;

    /// <summary>Failures in a row, without progress between them, after which it is given up.</summary>
    internal int Attempts { get; init; } = 6;

    /// <summary>The wait after the first failure; it doubles with every further one.</summary>
    internal TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait between two attempts, and the longest that a hub may ask for.</summary>
    internal TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A connection on which nothing arrives for so long is given up.</summary>
    internal TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Free bytes of the volume on which a folder lies.</summary>
    internal Func<string, long> FreeSpace { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    internal void Validate()
    {
        Require(Endpoint, nameof(Endpoint));
        if (Proxy is not null) Require(Proxy, nameof(Proxy));
        if (Connections is < 1 or > 16) throw new ArgumentException($"Connections must be from 1 to 16, not {Connections}.");
        // The token itself is never part of a message.
        if (Token is not null && (Token.Length is 0 or > 1024 || !Token.All(c => c is > ' ' and < '\u007f')))
            throw new HubException("The access token is not one: it must be printable ASCII without spaces.");
        if (Token is not null && Endpoint.Scheme != Uri.UriSchemeHttps && !Endpoint.IsLoopback)
            throw new HubException($"An access token is not sent over plain http to {Endpoint.Authority}: use https, or leave the token out.");
    }

    private static void Require(Uri address, string what)
    {
        bool isPlain = address is { IsAbsoluteUri: true, UserInfo: "", Query: "", Fragment: "" };
        if (!isPlain || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new HubException($"{what} must be an address such as '{DefaultEndpoint}', not '{FileNames.Printable(address.OriginalString)}'.");
    }
}

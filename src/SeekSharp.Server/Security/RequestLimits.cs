using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SeekSharp.Server.Security;

/// <summary>How much a client may send, and how slowly. All limits of the server are here; none is left to a default that could change.</summary>
internal static class RequestLimits
{
    /// <summary>Bytes of a body: a context of a million tokens is about 4 MB of text, and escapes may double it.</summary>
    public const long BodyBytes = 8 << 20;

    /// <summary>Levels of arrays and objects in a body. Requests need about 8, schemas about three per level of the data that they describe.</summary>
    public const int JsonDepth = 64;

    /// <summary>Bytes of a JSON schema in a request, a tool's or a reply's: what is larger takes longer to compile than to answer.</summary>
    public const int SchemaBytes = 256 << 10;

    /// <summary>Bytes of the request line. Nothing that is served has a long path or query.</summary>
    public const int RequestLineBytes = 4 << 10;

    /// <summary>Bytes of all headers: keys have 60, clients describe themselves in about a thousand.</summary>
    public const int HeaderBytes = 16 << 10;

    /// <summary>Number of headers: OpenAI's clients send about 20, browsers 25.</summary>
    public const int HeaderCount = 64;

    /// <summary>Connections at a time: what each may hold in buffers, times this, must fit into memory; the queue of requests is far shorter.</summary>
    public const int Connections = 1024;

    /// <summary>Streams of an HTTP/2 connection at a time: one client is no reason to have more.</summary>
    public const int StreamsPerConnection = 100;

    /// <summary>For TLS to be agreed on. A handshake takes two round trips.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>For all headers to arrive: who sends them byte by byte holds a connection for no longer.</summary>
    public static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    /// <summary>For the next request on a connection. Clients keep connections for a minute or two.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromMinutes(2);

    /// <summary>A body must arrive at this rate after some seconds: 8 MiB take at most 34 minutes, and one request never holds up another.</summary>
    public static readonly MinDataRate BodyRate = new(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));

    /// <summary>Who reads a reply more slowly than this does not read it: a stream has about 200 bytes per token, and waits in a buffer first.</summary>
    public static readonly MinDataRate ReplyRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));

    public static void Apply(KestrelServerOptions kestrel)
    {
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxConcurrentConnections = Connections;
        limits.MaxConcurrentUpgradedConnections = 0; // there are no web sockets
        limits.MaxRequestBodySize = BodyBytes;
        limits.MaxRequestLineSize = RequestLineBytes;
        limits.MaxRequestHeadersTotalSize = HeaderBytes;
        limits.MaxRequestHeaderCount = HeaderCount;
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.KeepAliveTimeout = KeepAlive;
        limits.MinRequestBodyDataRate = BodyRate;
        limits.MinResponseDataRate = ReplyRate;
        limits.MaxResponseBufferSize = 64 << 10; // then writing waits, and ReplyRate decides
        limits.MaxRequestBufferSize = 1 << 20;
        limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
        limits.Http2.MaxRequestHeaderFieldSize = HeaderBytes;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30); // finds clients that have gone without a word
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.AllowAlternateSchemes = false;
    }
}

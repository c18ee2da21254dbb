using System.Net;
using System.Net.Http.Headers;

namespace SeekSharp.Hub;

/// <summary>A status that says no and will not change by asking again.</summary>
internal sealed class HubStatusException(HttpStatusCode status, string? code, Uri address) : Exception($"{address.Authority} answers {(int)status}")
{
    public HttpStatusCode Status { get; } = status;

    /// <summary>The hub's own name of the error, such as "GatedRepo".</summary>
    public string? Code { get; } = code;

    public Uri Address { get; } = address;
}

/// <summary>A good answer, its body not yet read.</summary>
/// <param name="Message">The answer.</param>
/// <param name="Address">Who gave it, after all redirects.</param>
/// <param name="LinkedHash">What the hub, before it redirected, said the content hashes to ("X-Linked-Etag").</param>
/// <param name="LinkedSize">And how long it is ("X-Linked-Size").</param>
internal sealed record HubResponse(HttpResponseMessage Message, Uri Address, string? LinkedHash, string? LinkedSize) : IDisposable
{
    public void Dispose() => Message.Dispose();
}

/// <summary>Requests to one hub and to the hosts it redirects to.</summary>
/// <remarks>Redirects are followed by hand, because the token is for the hub alone: each hop is given it by its own origin.</remarks>
internal sealed class HubTransport : IDisposable
{
    private const int MostRedirects = 8;
    private readonly HubOptions _options;
    private readonly HttpClient _client;

    public HubTransport(HubOptions options)
    {
        options.Validate();
        _options = options;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = options.Proxy is not null,
            Proxy = options.Proxy is null ? null : new WebProxy(options.Proxy),
            ConnectTimeout = TimeSpan.FromSeconds(30),
            MaxConnectionsPerServer = options.Connections + 1,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan, // stalls are watched instead: a file may take hours
        };
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Asks for an address and follows redirects until the headers of a good answer are there.</summary>
    /// <exception cref="HubStatusException">The answer is no.</exception>
    /// <exception cref="TransientException">It may work the next time.</exception>
    /// <exception cref="HubException">The redirects make no sense, or the connection is not safe.</exception>
    public async Task<HubResponse> GetAsync(Uri address, RangeHeaderValue? range, string? ifRange, CancellationToken cancellation)
    {
        string? linkedHash = null, linkedSize = null;
        for (int hop = 0; hop <= MostRedirects; hop++)
        {
            HttpResponseMessage response = await SendAsync(address, range, ifRange, cancellation).ConfigureAwait(false);
            try
            {
                linkedHash ??= Header(response, "X-Linked-Etag");
                linkedSize ??= Header(response, "X-Linked-Size");
                if (response.IsSuccessStatusCode) return new HubResponse(response, address, linkedHash, linkedSize);
                if (!IsRedirect(response.StatusCode)) throw Failure(response, address);
                address = Follow(address, response.Headers.Location);
            }
            catch
            {
                response.Dispose();
                throw;
            }

            response.Dispose();
        }

        throw new HubException($"{_options.Endpoint.Authority} redirects more than {MostRedirects} times.");
    }

    /// <summary>Reads a piece of a body.</summary>
    /// <returns>Bytes read; 0 at the end.</returns>
    /// <exception cref="TransientException">The connection broke, or nothing came for too long.</exception>
    public Task<int> ReadAsync(Stream body, Memory<byte> buffer, Uri address, CancellationToken cancellation) =>
        WatchAsync(address, token => body.ReadAsync(buffer, token).AsTask(), cancellation);

    public bool IsHub(Uri address) =>
        Uri.Compare(address, _options.Endpoint, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    public static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.First() : null;

    private Task<HttpResponseMessage> SendAsync(Uri address, RangeHeaderValue? range, string? ifRange, CancellationToken cancellation) =>
        WatchAsync(address, async token =>
        {
            using HttpRequestMessage request = new(HttpMethod.Get, address);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("SeekSharp", typeof(HubTransport).Assembly.GetName().Version?.ToString(3)));
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            request.Headers.Range = range;
            if (range is not null && ifRange is not null) request.Headers.TryAddWithoutValidation("If-Range", ifRange);
            if (_options.Token is { } secret && IsHub(address)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token).ConfigureAwait(false);
        }, cancellation);

    private async Task<T> WatchAsync<T>(Uri address, Func<CancellationToken, Task<T>> action, CancellationToken cancellation)
    {
        using CancellationTokenSource watch = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        watch.CancelAfter(_options.StallTimeout);
        string host = address.Authority;
        try
        {
            return await action(watch.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new TransientException($"{host} has sent nothing for {_options.StallTimeout.TotalSeconds:F0} s", exception);
        }
        catch (HttpRequestException exception)
        {
            throw exception.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => new HubException($"The host {host} is not found: check the address and the connection.", exception),
                HttpRequestError.SecureConnectionError => new HubException($"No safe connection to {host}: {Cause(exception)}", exception),
                HttpRequestError.ConfigurationLimitExceeded => new HubException($"{host} gives an answer with too many headers.", exception),
                HttpRequestError.ConnectionError => new TransientException($"No connection to {host} ({Cause(exception)})", exception),
                _ => new TransientException($"The connection to {host} broke", exception),
            };
        }
        catch (IOException exception)
        {
            throw new TransientException($"The connection to {host} broke", exception);
        }
    }

    private static string Cause(Exception exception) => FileNames.Printable((exception.InnerException ?? exception).Message).TrimEnd('.');

    private static bool IsRedirect(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
        or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static Uri Follow(Uri from, Uri? location)
    {
        if (location is null || !Uri.TryCreate(from, location, out Uri? next) || (next.Scheme != Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttp))
            throw new HubException($"{from.Authority} redirects to an address that is none.");
        if (from.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
            throw new HubException($"{from.Authority} redirects from https to plain http at {next.Authority}, which is not followed.");
        return next;
    }

    private static Exception Failure(HttpResponseMessage response, Uri address)
    {
        HttpStatusCode status = response.StatusCode;
        string message = $"{address.Authority} answers {(int)status}{(status == HttpStatusCode.TooManyRequests ? " (too many requests)" : "")}";
        bool mayPass = status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
        if (mayPass) return new TransientException(message) { RetryAfter = RetryAfter(response.Headers.RetryAfter) };
        return new HubStatusException(status, Header(response, "X-Error-Code"), address);
    }

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? value)
    {
        TimeSpan? wait = value?.Delta ?? (value?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace SeekSharp.Tests.Hub;

/// <summary>A request that arrived.</summary>
internal sealed record TestRequest(bool AtCdn, string Target, IReadOnlyDictionary<string, string> Headers)
{
    public bool IsContent => AtCdn || Target.Contains("/resolve/", StringComparison.Ordinal);
}

/// <summary>An answer. After <see cref="CutAfter"/> bytes of the body the connection is reset.</summary>
internal sealed record TestAnswer(int Status, byte[] Body, params (string Name, string Value)[] Headers)
{
    public long? CutAfter { get; init; }

    public TestAnswer(int status, params (string Name, string Value)[] headers) : this(status, [], headers) { }
}

/// <summary>
/// A hub on the loopback interface: lists one repository, and redirects large files to another host and port. A test makes it fail.
/// </summary>
internal sealed class TestHub : IDisposable
{
    public const string Repository = "org/model";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private readonly TcpListener _hub = new(IPAddress.Loopback, 0), _cdn = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Dictionary<string, (byte[] Content, bool IsLarge)> _files = new(StringComparer.Ordinal);
    private readonly Lock _cutLock = new();
    private readonly SortedSet<long> _cuts = [];
    private long _sentBytes;

    public TestHub()
    {
        foreach (var (listener, atCdn) in new[] { (_hub, false), (_cdn, true) })
        {
            listener.Start();
            _ = AcceptAsync(listener, atCdn);
        }
    }

    public Uri Endpoint => new($"http://127.0.0.1:{PortOf(_hub)}");

    public string CdnAddress => $"http://localhost:{PortOf(_cdn)}";

    public ConcurrentQueue<TestRequest> Requests { get; } = new();

    public IEnumerable<TestRequest> ContentRequests => Requests.Where(request => request.IsContent);

    /// <summary>Bytes of contents that were sent.</summary>
    public long SentBytes => Interlocked.Read(ref _sentBytes);

    /// <summary>A test's own answer; null: the usual one.</summary>
    public Func<TestRequest, TestAnswer?>? Answer { get; set; }

    /// <summary>Changes the usual answer.</summary>
    public Func<TestRequest, TestAnswer, TestAnswer>? Change { get; set; }

    public bool IgnoresRanges { get; set; }

    public Func<string, string> EntityTag { get; set; } = path => $"\"tag-of-{path.Length}\"";

    /// <summary>Pause after every chunk of a body.</summary>
    public TimeSpan Pause { get; set; }

    public int ChunkSize { get; set; } = 1024;

    public int FilesPerPage { get; set; } = int.MaxValue;

    public byte[] Add(string path, int size, bool isLarge = true, int seed = 1)
    {
        byte[] content = new byte[size];
        new Random(seed).NextBytes(content);
        return Add(path, content, isLarge);
    }

    public byte[] Add(string path, byte[] content, bool isLarge = true)
    {
        _files[path] = (content, isLarge);
        return content;
    }

    public void Remove(string path) => _files.Remove(path);

    /// <summary>The connection is reset once at each of these offsets of a file.</summary>
    public void CutAt(IEnumerable<long> offsets) => _cuts.UnionWith(offsets);

    public void Dispose()
    {
        _end.Cancel();
        _hub.Dispose();
        _cdn.Dispose();
        _end.Dispose();
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private async Task AcceptAsync(TcpListener listener, bool atCdn)
    {
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptSocketAsync(_end.Token), atCdn);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task ServeAsync(Socket socket, bool atCdn)
    {
        using (socket)
        {
            try
            {
                using NetworkStream stream = new(socket);
                if (await ReadRequestAsync(stream, atCdn) is not { } request) return;
                Requests.Enqueue(request);
                TestAnswer answer = Answer?.Invoke(request) ?? UsualAnswer(request);
                answer = Change?.Invoke(request, answer) ?? answer;
                await SendAsync(socket, stream, request, answer);
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // the client went away, which some tests want
            }
        }
    }

    private async Task SendAsync(Socket socket, NetworkStream stream, TestRequest request, TestAnswer answer)
    {
        StringBuilder head = new($"HTTP/1.1 {answer.Status} Status\r\nConnection: close\r\n");
        if (answer.Headers.All(header => header.Name != "Content-Length")) head.Append(CultureInfo.InvariantCulture, $"Content-Length: {answer.Body.Length}\r\n");
        foreach (var (name, value) in answer.Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), _end.Token);
        long end = Math.Min(answer.CutAfter ?? long.MaxValue, answer.Body.Length);
        for (int position = 0; position < end;)
        {
            int count = (int)Math.Min(ChunkSize, end - position);
            await stream.WriteAsync(answer.Body.AsMemory(position, count), _end.Token);
            position += count;
            if (request.IsContent) Interlocked.Add(ref _sentBytes, count);
            if (Pause > TimeSpan.Zero) await Task.Delay(Pause, _end.Token);
        }

        if (answer.CutAfter is null) return;
        await Task.Delay(20, _end.Token); // a reset overtakes what is in the client's buffer
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    private TestAnswer UsualAnswer(TestRequest request)
    {
        string path = Uri.UnescapeDataString(request.Target.Split('?')[0]);
        if (request.AtCdn) return ContentAnswer(request, path["/blobs/".Length..]);
        if (path.StartsWith($"/api/models/{Repository}/revision/", StringComparison.Ordinal))
            return Json($$"""{"id":"{{Repository}}","sha":"{{Commit}}","siblings":[{"rfilename":"ignored"}]}""");
        if (path == $"/api/models/{Repository}/tree/{Commit}") return TreeAnswer(request);
        string resolve = $"/{Repository}/resolve/{Commit}/";
        if (!path.StartsWith(resolve, StringComparison.Ordinal) || !_files.TryGetValue(path[resolve.Length..], out var file))
            return new TestAnswer(404, ("X-Error-Code", path.StartsWith(resolve, StringComparison.Ordinal) ? "EntryNotFound" : "RepoNotFound"));
        string name = path[resolve.Length..];
        if (!file.IsLarge) return ContentAnswer(request, name);
        return new TestAnswer(
            302,
            ("Location", $"{CdnAddress}/blobs/{Uri.EscapeDataString(name)}?signature=x"),
            ("X-Linked-Etag", $"\"{Sha256(file.Content)}\""),
            ("X-Linked-Size", file.Content.Length.ToString(CultureInfo.InvariantCulture)),
            ("X-Repo-Commit", Commit));
    }

    private TestAnswer ContentAnswer(TestRequest request, string name)
    {
        byte[] content = _files[name].Content;
        string tag = EntityTag(name);
        bool isSame = !request.Headers.TryGetValue("If-Range", out string? expected) || expected == tag;
        if (IgnoresRanges || !isSame || !request.Headers.TryGetValue("Range", out string? range))
            return Cut(new TestAnswer(200, content, ("ETag", tag)), 0);
        string[] bounds = range["bytes=".Length..].Split('-');
        int from = int.Parse(bounds[0], CultureInfo.InvariantCulture), to = Math.Min(int.Parse(bounds[1], CultureInfo.InvariantCulture), content.Length - 1);
        if (from >= content.Length) return new TestAnswer(416);
        return Cut(new TestAnswer(206, content[from..(to + 1)], ("ETag", tag), ("Content-Range", $"bytes {from}-{to}/{content.Length}")), from);
    }

    private TestAnswer Cut(TestAnswer answer, long from)
    {
        lock (_cutLock)
        {
            var hit = _cuts.Where(cut => cut >= from && cut < from + answer.Body.Length).Take(1).ToList();
            if (hit.Count == 0) return answer;
            _cuts.Remove(hit[0]);
            return answer with { CutAfter = hit[0] - from };
        }
    }

    private TestAnswer TreeAnswer(TestRequest request)
    {
        int start = request.Target.Split("cursor=") is [_, var cursor] ? int.Parse(cursor, CultureInfo.InvariantCulture) : 0;
        var entries = _files.Skip(start).Take(FilesPerPage).Select(file => Entry(file.Key, file.Value.Content, file.Value.IsLarge));
        TestAnswer answer = Json($"[{string.Join(',', entries.Prepend("""{"type":"directory","oid":"00","size":0,"path":"folder"}"""))}]");
        if (start + FilesPerPage >= _files.Count || FilesPerPage == int.MaxValue) return answer;
        return answer with { Headers = [.. answer.Headers, ("Link", $"<{Endpoint}api/models/{Repository}/tree/{Commit}?recursive=true&cursor={start + FilesPerPage}>; rel=\"next\"")] };
    }

    public static string Entry(string path, byte[] content, bool isLarge)
    {
        string name = System.Text.Json.JsonEncodedText.Encode(path).ToString();
        return isLarge
            ? $$"""{"type":"file","oid":"{{new string('a', 40)}}","size":{{content.Length}},"path":"{{name}}","lfs":{"oid":"{{Sha256(content)}}","size":{{content.Length}},"pointerSize":135} }"""
            : $$"""{"type":"file","oid":"{{GitSha1(content)}}","size":{{content.Length}},"path":"{{name}}"}""";
    }

    public static TestAnswer Json(string json) => new(200, Encoding.UTF8.GetBytes(json), ("Content-Type", "application/json"));

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

#pragma warning disable CA5350 // git's hash of a blob is SHA-1
    private static string GitSha1(byte[] content) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350

    private async Task<TestRequest?> ReadRequestAsync(NetworkStream stream, bool atCdn)
    {
        List<byte> bytes = [];
        byte[] one = new byte[1];
        while (bytes.Count < 4 || !(bytes[^1] == '\n' && bytes[^3] == '\n'))
        {
            if (await stream.ReadAsync(one, _end.Token) == 0) return null;
            bytes.Add(one[0]);
        }

        string[] lines = Encoding.ASCII.GetString([.. bytes]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        return new TestRequest(atCdn, lines[0].Split(' ')[1], headers);
    }
}

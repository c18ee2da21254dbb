using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace SeekSharp.Server.Tests.Security;

/// <summary>
/// What surrounds a server changes nothing: a child process starts one, talks to it and writes down where it listens, in a hostile environment, in a network
/// without any route, and with its system calls watched.
/// </summary>
public sealed class IsolationTests : IDisposable
{
    private const string ReportVariable = "SEEKSHARP_TEST_REPORT";
    private readonly string _folder = Directory.CreateTempSubdirectory("seeksharp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Environment_and_settings_files_do_not_widen_the_binding()
    {
        const string everywhere = "http://0.0.0.0:0";
        const string settings = """{"urls":"URL","AllowedHosts":"*","Kestrel":{"Endpoints":{"Open":{"Url":"URL"}}}}""";
        File.WriteAllText(Path.Combine(_folder, "appsettings.json"), settings.Replace("URL", everywhere, StringComparison.Ordinal));
        Dictionary<string, string> environment = new() { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["DOTNET_ENVIRONMENT"] = "Development" };
        foreach (string prefix in new[] { "", "ASPNETCORE_", "DOTNET_" })
        {
            environment[$"{prefix}URLS"] = everywhere;
            environment[$"{prefix}HTTP_PORTS"] = "0";
            environment[$"{prefix}HTTPS_PORTS"] = "0";
            environment[$"{prefix}PREFERHOSTINGURLS"] = "true";
            environment[$"{prefix}FORWARDEDHEADERS_ENABLED"] = "true";
            environment[$"{prefix}Kestrel__Endpoints__Open__Url"] = everywhere;
        }

        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://192.0.2.1:4318";
        RequirePrivate(Run("dotnet", Arguments(), environment));
    }

    [Fact]
    public void It_works_in_a_network_without_any_route()
    {
        if (!OperatingSystem.IsLinux() || Run("unshare", ["-rn", "true"]).Code != 0) Assert.Skip("unshare -rn is not possible here.");
        // 192.0.2.1 is no host at all; without a route the connection is refused by the kernel, which shows that there is none.
        RequirePrivate(Run("unshare", ["-rn", "sh", "-c", "ip link set lo up && ! ip route get 192.0.2.1 2>/dev/null && exec dotnet \"$@\"", "sh", .. Arguments()]));
    }

    [Fact]
    public void It_calls_nobody()
    {
        string trace = Path.Combine(_folder, "trace");
        if (!OperatingSystem.IsLinux() || Run("strace", ["-f", "-o", trace, "true"]).Code != 0) Assert.Skip("strace cannot watch a process here.");
        RequirePrivate(Run("strace", ["-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", trace, "dotnet", .. Arguments()]));
        string[] calls = [.. File.ReadLines(trace).Where(line => line.Contains("AF_INET", StringComparison.Ordinal))];
        Assert.Contains(calls, call => call.Contains("connect(", StringComparison.Ordinal)); // the test's own client
        Assert.All(calls, call => Assert.Matches("inet_addr\\(\"127\\.0\\.0\\.1\"\\)|\"::1\"|::ffff:127\\.0\\.0\\.1", call));
    }

    /// <summary>What the child runs. Without a parent it is skipped.</summary>
    [Fact(Explicit = true)]
    public async Task Child()
    {
        if (Environment.GetEnvironmentVariable(ReportVariable) is not { Length: > 0 } report)
        {
            Assert.Skip("This is run by the tests of this class.");
            return;
        }

        await using GuardedServer server = await GuardedServer.StartAsync();
        using HttpResponseMessage reply = await server.SendAsync(HttpMethod.Post, "/v1/chat/completions", """{"messages":[{"role":"user","content":"hi"}],"max_tokens":20}""");
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Contains("four", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using HttpResponseMessage stream = await server.SendAsync(HttpMethod.Post, "/v1/chat/completions", """{"messages":[{"role":"user","content":"hi"}],"stream":true}""");
        Assert.EndsWith("data: [DONE]\n\n", await stream.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("gen_ai_server", await server.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
        using HttpResponseMessage failed = await server.SendAsync(HttpMethod.Post, "/test/fail", "{}", ("X-Forwarded-For", "192.0.2.1"));
        Assert.DoesNotContain(GuardedServer.Failure, await failed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        string[] listening = OperatingSystem.IsLinux() ? [.. ListeningSockets()] : [];
        await File.WriteAllLinesAsync(report, [server.Address.ToString(), .. listening]);
    }

    private (int Code, string Output, string[] Report) Run(string program, string[] arguments, Dictionary<string, string>? environment = null)
    {
        string report = Path.Combine(_folder, "report");
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        start.Environment[ReportVariable] = report;
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromMinutes(1)))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail($"{program} did not end.");
            }

            return (process.ExitCode, output.Result + error.Result, File.Exists(report) ? File.ReadAllLines(report) : []);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, $"There is no {program}.", []);
        }
    }

    private static string[] Arguments() =>
        [typeof(IsolationTests).Assembly.Location, "-noLogo", "-noColor", "-noAutoReporters", "-explicit", "only", "-method", $"{typeof(IsolationTests).FullName}.{nameof(Child)}"];

    /// <summary>The child has talked to its server, which listens on loopback alone.</summary>
    private static void RequirePrivate((int Code, string Output, string[] Report) run)
    {
        Assert.True(run.Code == 0 && run.Report.Length > 0, run.Output);
        Uri address = new(run.Report[0]);
        Assert.Equal("127.0.0.1", address.Host);
        if (OperatingSystem.IsLinux()) Assert.Equal([$"0100007F:{address.Port:X4}"], run.Report[1..]);
    }

    /// <summary>Local addresses of this process's sockets that listen, as the kernel spells them.</summary>
    private static IEnumerable<string> ListeningSockets()
    {
        HashSet<string> own = [.. Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(TargetOf).OfType<string>()];
        foreach (string line in File.ReadLines("/proc/self/net/tcp").Concat(File.ReadLines("/proc/self/net/tcp6")))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            const string listens = "0A";
            if (fields.Length > 9 && fields[3] == listens && own.Contains(string.Create(CultureInfo.InvariantCulture, $"socket:[{fields[9]}]"))) yield return fields[1];
        }
    }

    private static string? TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            return null; // closed in between
        }
    }
}

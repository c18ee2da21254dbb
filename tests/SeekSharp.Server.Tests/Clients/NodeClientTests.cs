using System.Diagnostics;

namespace SeekSharp.Server.Tests.Clients;

/// <summary>Clients for Node that others wrote (tests/vectors/clients): chat, streams, several turns, giving up and errors.</summary>
public class NodeClientTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("openai", "openai")]
    [InlineData("deepseek", "@ai-sdk/deepseek")]
    public async Task A_client_is_served(string client, string package)
    {
        string folder = Path.Combine(RepositoryRoot(), "tests", "vectors", "clients");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", package))) Assert.Skip("The clients of npm are not installed: run tests/vectors/install.");
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("node", [Path.Combine(folder, "clients.mjs"), client, fixture.Server.Address.ToString().TrimEnd('/')])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("Node is not installed.");
        }

        Task<string> error = process.StandardError.ReadToEndAsync();
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        Assert.Equal($"{client} is served", text.Trim());
        await fixture.Server.RequireIdleAsync();
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SeekSharp.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}

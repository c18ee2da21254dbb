using System.Text.Json;

namespace SeekSharp.Cli.Tests;

public sealed class KeysTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("seek-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Keys_are_made_listed_and_revoked()
    {
        RequireMovableFolders();
        Assert.Contains("seek keys create", Seek("keys", "list").RequireSuccess(), StringComparison.Ordinal);
        SeekProcess.Result made = Seek("keys", "create", "--name", "laptop", "--requests-per-minute", "60");
        Assert.Equal(0, made.Code);
        string key = made.Output.Trim();
        Assert.Matches("^sk-seek-[0-9a-f]{12}-[A-Za-z0-9_-]{43}$", key);
        string id = key[8..20];
        Assert.Contains($"seek keys revoke {id}", made.Error, StringComparison.Ordinal);

        string list = Seek("keys", "list").RequireSuccess();
        Assert.Contains(id, list, StringComparison.Ordinal);
        Assert.Contains("laptop", list, StringComparison.Ordinal);
        Assert.DoesNotContain(key[21..], list, StringComparison.Ordinal);
        JsonElement entry = Assert.Single(JsonDocument.Parse(Seek("keys", "list", "--json").RequireSuccess()).RootElement.GetProperty("keys").EnumerateArray());
        Assert.Equal((id, "laptop", 60), (entry.GetProperty("id").GetString(), entry.GetProperty("name").GetString(), entry.GetProperty("requests_per_minute").GetInt32()));

        Assert.Equal($"Revoked {id}.\n", Seek("keys", "revoke", id).RequireSuccess());
        Seek("keys", "revoke", id).RequireFailure("seek keys list");
        Seek("keys", "revoke", "../../etc").RequireFailure("seek keys list");
        Seek("keys", "create", "--name", new string('x', 101)).RequireFailure("--name");
        Seek("keys", "create", "--tokens-per-minute", "-1").RequireFailure("--tokens-per-minute");
    }

    [Fact]
    public void Data_is_listed_and_erased()
    {
        RequireMovableFolders();
        Assert.Equal(0, Seek("keys", "create").Code);
        string tokens = Path.Combine(_folder, "seeksharp", "tokens");
        Directory.CreateDirectory(tokens);
        File.WriteAllText(Path.Combine(tokens, "https_hub.test_443"), "secret");

        JsonElement[] data = [.. JsonDocument.Parse(Seek("data", "list", "--json").RequireSuccess()).RootElement.GetProperty("data").EnumerateArray()];
        Assert.Equal(["keys", "prefix-cache", "packed-weights", "models", "tokens"], data.Select(entry => entry.GetProperty("name").GetString()));
        Assert.Equal([1, 0, 0, 0, 1], data.Select(entry => entry.GetProperty("files").GetInt32()));
        Assert.All(data, entry => Assert.StartsWith(_folder, entry.GetProperty("folder").GetString(), StringComparison.Ordinal));
        Assert.Contains("| tokens ", Seek("data", "list").RequireSuccess(), StringComparison.Ordinal);

        Seek("data", "erase").RequireFailure("--keys", "--prefix-cache", "--all");
        Seek("data", "erase", "--keys").RequireFailure("--yes");
        Assert.Contains("Erased keys", Seek("data", "erase", "--keys", "--prefix-cache", "--yes").RequireSuccess(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "seeksharp", "keys")));
        Assert.Single(Directory.GetFiles(tokens));
        Seek("data", "erase", "--all", "--yes").RequireSuccess();
        Assert.Empty(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    private static void RequireMovableFolders()
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) Assert.Skip("The folders for data and caches cannot be changed here.");
    }

    private SeekProcess.Result Seek(params string[] arguments)
    {
        using var process = SeekProcess.StartWith(new() { ["XDG_DATA_HOME"] = _folder, ["XDG_CACHE_HOME"] = _folder }, arguments);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd(), error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new SeekProcess.Result(process.ExitCode, output, error);
    }
}

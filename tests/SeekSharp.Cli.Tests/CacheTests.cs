using System.Text.Json;
using SeekSharp.Inference;
using SeekSharp.Weights;

namespace SeekSharp.Cli.Tests;

public sealed class CacheTests(ModelFixture models) : IClassFixture<ModelFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("seek-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Lists_and_clears_what_is_kept()
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) Assert.Skip("The folder for caches cannot be changed here.");
        string packed = Path.Combine(_folder, "seeksharp", "packed");
        Assert.Contains(packed, Seek("cache", "list"), StringComparison.Ordinal);
        LanguageModel.Load(models.Model, new LoadOptions { PackedCache = new PackedCacheOptions { Folder = packed, MinModelBytes = 0 } }).Dispose();
        Assert.Contains(Path.GetFileName(models.Model), Seek("cache", "list"), StringComparison.Ordinal);
        var root = JsonDocument.Parse(Seek("cache", "list", "--json")).RootElement;
        Assert.Equal(packed, root.GetProperty("folder").GetString());
        var file = Assert.Single(root.GetProperty("files").EnumerateArray());
        Assert.Equal(new FileInfo(file.GetProperty("path").GetString()!).Length, file.GetProperty("bytes").GetInt64());

        // The commands find what the library has left.
        string table = Seek("bench", "-m", models.Model, "-p", "0", "-n", "1", "-r", "1");
        Assert.Contains("from the cache", table, StringComparison.Ordinal);
        Assert.Contains("(packed)", Seek("bench", "-m", models.Model, "-p", "0", "-n", "1", "-r", "1", "--no-cache"), StringComparison.Ordinal);

        Assert.StartsWith("Removed ", Seek("cache", "clear"), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(packed));
    }

    [Fact]
    public void Experts_stay_on_disk_when_memory_is_limited()
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) Assert.Skip("The folder for caches cannot be changed here.");
        if (SharedFixtures.Find("tiny-v3-F32.gguf") is not { } model) // 57.8 MiB, of which 36 MiB are routed experts
        {
            Assert.Skip("The fixture tiny-v3-F32.gguf is not here.");
            return;
        }

        var root = JsonDocument.Parse(Seek("bench", "-m", model, "-p", "32", "-n", "8", "-r", "1", "--memory-limit", "175MiB", "--json")).RootElement;
        Assert.InRange(root.GetProperty("weight_bytes").GetInt64(), 24 << 20, 55 << 20);
        Assert.Equal(2, root.GetProperty("tests").GetArrayLength());
        foreach (var test in root.GetProperty("tests").EnumerateArray())
        {
            var experts = test.GetProperty("experts");
            Assert.Equal(48, experts.GetProperty("all").GetInt32());
            Assert.InRange(experts.GetProperty("in_memory").GetInt32(), 6, 47);
            Assert.InRange(experts.GetProperty("hits").GetInt64(), 1, experts.GetProperty("uses").GetInt64());
        }

        Assert.Contains("% of uses found them there", Seek("bench", "-m", model, "-p", "0", "-n", "8", "-r", "1", "--memory-limit", "0.17G"), StringComparison.Ordinal);
    }

    [Fact]
    public void Small_models_leave_nothing()
    {
        Seek("bench", "-m", models.Model, "-p", "0", "-n", "1", "-r", "1");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    private string Seek(params string[] arguments)
    {
        using var process = SeekProcess.StartWith(new() { ["XDG_CACHE_HOME"] = _folder }, arguments);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd(), error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return new SeekProcess.Result(process.ExitCode, output, error).RequireSuccess();
    }
}

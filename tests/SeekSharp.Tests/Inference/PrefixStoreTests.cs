using SeekSharp.Inference;
using SeekSharp.Tests.Formats;
using SeekSharp.Tests.Models;

namespace SeekSharp.Tests.Inference;

public sealed class PrefixStoreTests : IDisposable
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 130).Select(i => i * 7 % 200)];

    private readonly TemporaryFolder _folder = new();
    private readonly LanguageModel _model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));

    [Theory]
    [InlineData(CacheType.F16)]
    [InlineData(CacheType.F32)]
    public async Task ARestartedSchedulerTakesThePrefixFromDisk(CacheType type)
    {
        (int cached, SampledToken[] reply) first = await Run(type: type), second = await Run(type: type);
        Assert.Equal((0, 128), (first.cached, second.cached));
        AssertEqual(first.reply, second.reply);
        // Another cache, or another model, has other pages.
        Assert.Equal(0, (await Run(type: type == CacheType.F16 ? CacheType.F32 : CacheType.F16)).Cached);
        using LanguageModel other = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        Assert.Equal(0, (await Run(type: type, model: other)).Cached);
    }

    [Fact]
    public async Task AReplyIsAPrefixTooAndTokensAreNotWritten()
    {
        (_, SampledToken[] reply) = await Run(maxTokens: 40);
        (int cached, _) = await Run(prompt: [.. Prompt, .. reply.Select(token => token.Token)]);
        Assert.Equal(160, cached);
        Assert.Equal(5, Files().Length);
    }

    [Fact]
    public async Task TenantsAreKeptApartAndErased()
    {
        await Run(tenant: "a");
        Assert.Equal(0, (await Run(tenant: "b")).Cached);
        Assert.Equal(0, (await Run(tenant: "")).Cached);
        Assert.Equal(12, Files().Length);
        string foreign = _folder.Write("note.txt", "mine");
        long all = Files().Sum(file => new FileInfo(file).Length);
        Assert.Equal(all / 3, PrefixStore.EraseFolder(_folder.Path, "a"));
        Assert.Equal(0, (await Run(tenant: "a", keeps: false)).Cached);
        Assert.Equal(128, (await Run(tenant: "b")).Cached);
        using (PrefixStore store = Open()) Assert.Equal(all / 3 * 2, store.Erase());
        Assert.Equal(0, (await Run(tenant: "b", keeps: false)).Cached);
        Assert.Empty(Directory.GetDirectories(_folder.Path));
        Assert.True(File.Exists(foreign));
        Assert.Equal(0, PrefixStore.EraseFolder(Path.Combine(_folder.Path, "none"), null));
    }

    [Fact]
    public async Task ErasingForgetsWhatIsInMemoryToo()
    {
        using PrefixStore store = Open();
        using var engine = new Engine(_model, new EngineOptions { CacheTokens = 512 });
        using var scheduler = new Scheduler(engine, new SchedulerOptions { PrefixStore = store });
        Assert.Equal(0, await Cached());
        Assert.Equal(128, await Cached());
        await store.FlushAsync(TestContext.Current.CancellationToken);
        Assert.True(scheduler.ErasePrefixes("a") > 0);
        Assert.Equal(0, await Cached());

        async Task<int> Cached()
        {
            TokenReply reply = scheduler.Submit(new TokenRequest { Prompt = Prompt, MaxTokens = 2, Tenant = "a" });
            await Read(reply);
            return reply.CachedPromptTokens;
        }
    }

    [Fact]
    public async Task ADamagedPageAndWhatComesBehindItAreComputedAgain()
    {
        (_, SampledToken[] expected) = await Run();
        foreach (string file in Files())
        {
            byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            bytes[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
            (int cached, SampledToken[] reply) = await Run();
            Assert.InRange(cached, 0, 96);
            AssertEqual(expected, reply);
            // It has been written anew.
            Assert.Equal(128, (await Run()).Cached);
        }

        foreach (string file in Files()) File.Delete(file);
        using (PrefixStore store = Open()) Assert.Equal(0, store.ByteCount);
    }

    [Fact]
    public void DamageOfAnyByteIsDetected()
    {
        var key = new StoredPageKey(1, 2, 3);
        byte[] page = [.. Enumerable.Range(0, 100).Select(i => (byte)i)], read = new byte[100];
        string path = Path.Combine(_folder.Path, "page");
        PrefixFile.Write(path, key, page);
        Assert.True(PrefixFile.TryRead(path, key, read));
        Assert.Equal(page, read);
        Assert.False(PrefixFile.TryRead(path, key with { Tenant = 2 }, read));
        Assert.False(PrefixFile.TryRead(path, key, new byte[99]));
        byte[] file = File.ReadAllBytes(path);
        for (int i = 0; i < file.Length; i++)
        {
            file[i] ^= 0x10;
            File.WriteAllBytes(path, file);
            Assert.False(PrefixFile.TryRead(path, key, read), $"byte {i}");
            file[i] ^= 0x10;
        }

        foreach (int length in new[] { 0, 10, file.Length - 1, file.Length + 1 })
        {
            File.WriteAllBytes(path, [.. file.Take(length), .. new byte[Math.Max(0, length - file.Length)]]);
            Assert.False(PrefixFile.TryRead(path, key, read));
        }

        Assert.False(File.Exists(path + ".writing"));
    }

    [Fact]
    public async Task TheBoundHoldsAndWhatWasUsedLastStays()
    {
        long length = PrefixFile.LengthFor(1000);
        using (var store = new PrefixStore(new PrefixStoreOptions { Folder = _folder.Path, MaxBytes = 4 * length }))
        {
            PrefixShelf shelf = store.Shelf("a", 1);
            for (int i = 0; i < 10; i++)
            {
                Assert.True(shelf.TryKeep(new PageKey((UInt128)i), new byte[1000]));
                await store.FlushAsync(TestContext.Current.CancellationToken);
                Assert.True(store.ByteCount <= 4 * length);
                Assert.True(shelf.TryRead(new PageKey(0), new byte[1000]));
            }

            Assert.Equal([true, false, true, true, true], new[] { 0, 6, 7, 8, 9 }.Select(i => shelf.Has(new PageKey((UInt128)i))));
            Assert.Equal(4, Files().Length);
            shelf.TryKeep(new PageKey(100), new byte[5000]); // larger than all may be
        }

        // A smaller bound holds from the next page on; the oldest go.
        using (var store = new PrefixStore(new PrefixStoreOptions { Folder = _folder.Path, MaxBytes = 2 * length }))
        {
            Assert.Equal(4 * length, store.ByteCount);
            store.Shelf("b", 1).TryKeep(new PageKey(1), new byte[1000]);
            await store.FlushAsync(TestContext.Current.CancellationToken);
            Assert.Equal(2 * length, store.ByteCount);
            Assert.Equal(2, Files().Length);
        }
    }

    [Fact]
    public async Task FilesAreTheirOwnersAlone()
    {
        string folder = Path.Combine(_folder.Path, "prefixes");
        await Run(folder: folder);
        if (OperatingSystem.IsWindows()) return; // it has other rights
        const UnixFileMode others = (UnixFileMode)0b000_111_111;
        string[] paths = [folder, .. Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)];
        Assert.Equal(1 + 2 + 4, paths.Length);
        foreach (string path in paths) Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(path) & others);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        Assert.Contains("others may write", Assert.Throws<IOException>(() => Open(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ShortSequencesAndThoseThatSayNoAreNotKept()
    {
        await Run(minTokens: 200);
        await Run(keeps: false);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task WhereNothingCanBeWrittenOneSentenceSaysSo()
    {
        _folder.Write(StoredPageKey.FolderOf(StoredPageKey.HashOf("")), "in the way");
        List<string> notices = [];
        using (var store = new PrefixStore(new PrefixStoreOptions { Folder = _folder.Path, MinTokens = 0, Notice = notices.Add }))
        {
            for (int i = 0; i < 3; i++) store.Shelf("", 1).TryKeep(new PageKey((UInt128)i), new byte[10]);
        }

        Assert.Single(notices);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    private static void AssertEqual(SampledToken[] expected, SampledToken[] actual)
    {
        Assert.Equal(expected.Select(token => (token.Token, token.LogProbability)), actual.Select(token => (token.Token, token.LogProbability)));
        foreach ((SampledToken one, SampledToken other) in expected.Zip(actual)) Assert.Equal(one.Top, other.Top);
    }

    private static async Task<SampledToken[]> Read(TokenReply reply)
    {
        var tokens = new List<SampledToken>();
        await foreach (SampledToken token in reply) tokens.Add(token);
        return [.. tokens];
    }

    private string[] Files() => Directory.GetFiles(_folder.Path, "*.kv", SearchOption.AllDirectories);

    private PrefixStore Open(string? folder = null, int minTokens = 0) => new(new PrefixStoreOptions { Folder = folder ?? _folder.Path, MinTokens = minTokens });

    /// <summary>One reply by a scheduler, engine and store of its own.</summary>
    private async Task<(int Cached, SampledToken[] Reply)> Run(
        CacheType type = CacheType.F16, LanguageModel? model = null, int[]? prompt = null, string tenant = "", int maxTokens = 6, bool keeps = true, string? folder = null,
        int minTokens = 0)
    {
        using PrefixStore store = Open(folder, minTokens);
        using var engine = new Engine(model ?? _model, new EngineOptions { CacheTokens = 1024, CacheType = type });
        using var scheduler = new Scheduler(engine, new SchedulerOptions { PrefixStore = store });
        TokenReply reply = scheduler.Submit(new TokenRequest
        {
            Prompt = prompt ?? Prompt, MaxTokens = maxTokens, Tenant = tenant, KeepsPrefix = keeps,
            Sampling = new SamplerOptions { Temperature = 0, LogProbabilities = true, TopLogProbabilities = 5 },
        });
        SampledToken[] tokens = await Read(reply);
        return (reply.CachedPromptTokens, tokens);
    }
}

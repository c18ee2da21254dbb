using SeekSharp.Inference;
using SeekSharp.Models;
using SeekSharp.Tests.Formats;
using SeekSharp.Tests.Models;
using SeekSharp.Weights;

namespace SeekSharp.Tests.Weights;

public sealed class PackedCacheTests : IDisposable
{
    private const string Name = "tiny-deepseek-v3";

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _notices = [];
    private readonly PackedCacheOptions _options;
    private readonly string _model;

    public PackedCacheTests()
    {
        _options = new PackedCacheOptions { Folder = Path.Combine(_folder.Path, "packed"), MinModelBytes = 0 };
        _model = Copy("model.gguf");
    }

    public static TheoryData<string> Models => [.. Oracle.Names];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_from_the_cache_computes_the_same_bits(string name)
    {
        Oracle oracle = Oracle.Load(name);
        foreach (LatentAttentionForm form in Enum.GetValues<LatentAttentionForm>())
        {
            var options = new LoadOptions { LatentAttention = form };
            using LanguageModel packed = LanguageModel.Load(oracle.ModelPath, options);
            Matrix expected = Evaluation.Logits(packed, oracle.Tokens);
            Assert.Equal(WeightOrigin.Packed, packed.WeightOrigin);
            foreach (WeightOrigin origin in new[] { WeightOrigin.PackedIntoCache, WeightOrigin.Cached })
            {
                using LanguageModel model = LanguageModel.Load(oracle.ModelPath, options with { PackedCache = _options });
                bool isThere = form != default && model.Config.LatentAttention is null; // the form makes no difference
                Assert.Equal(isThere ? WeightOrigin.Cached : origin, model.WeightOrigin);
                Assert.Equal(packed.WeightBytes, model.WeightBytes);
                Evaluation.Logits(model, oracle.Tokens).AssertSameBits(expected, origin.ToString());
            }
        }
    }

    [Theory]
    [InlineData("tiny-v3-Q4_K_M")]
    [InlineData("tiny-v3-Q6_K")]
    [InlineData("tiny-v3-Q8_0")]
    public void A_quantised_model_has_packed_weights_per_option(string name)
    {
        string path = Fixtures.Path(name + ".gguf");
        var quantised = new LoadOptions { PackedCache = _options };
        LoadOptions expanded = quantised with { ExpandToFloat32 = true };
        int[] tokens = [1, 2, 3, 4, 5];
        foreach (LoadOptions options in new[] { quantised, expanded })
        {
            using LanguageModel packed = LanguageModel.Load(path, options with { PackedCache = null });
            Matrix expected = Evaluation.Logits(packed, tokens);
            foreach (WeightOrigin origin in new[] { WeightOrigin.PackedIntoCache, WeightOrigin.Cached })
            {
                using LanguageModel model = LanguageModel.Load(path, options);
                Assert.Equal(origin, model.WeightOrigin);
                Evaluation.Logits(model, tokens).AssertSameBits(expected, origin.ToString());
            }
        }

        Assert.Equal(2, Entries().Count);
    }

    [Fact]
    public void A_folder_of_safetensors_is_cached_too()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "folder")).FullName;
        foreach ((string name, byte[] bytes) in Robustness.Seeds.Folder) File.WriteAllBytes(Path.Combine(folder, name), bytes);
        AssertLoads(WeightOrigin.PackedIntoCache, folder);
        AssertLoads(WeightOrigin.Cached, folder);
        Assert.Equal("folder", Assert.Single(Entries()).ModelName);
        File.SetLastWriteTimeUtc(Directory.EnumerateFiles(folder, "*.safetensors").First(), DateTime.UtcNow.AddHours(-1));
        AssertLoads(WeightOrigin.PackedIntoCache, folder);
    }

    [Fact]
    public void A_changed_file_is_another_model()
    {
        AssertLoads(WeightOrigin.PackedIntoCache);
        AssertLoads(WeightOrigin.Cached);
        File.SetLastWriteTimeUtc(_model, File.GetLastWriteTimeUtc(_model).AddSeconds(1));
        AssertLoads(WeightOrigin.PackedIntoCache);
        byte[] bytes = File.ReadAllBytes(_model);
        DateTime time = File.GetLastWriteTimeUtc(_model);
        File.WriteAllBytes(_model, [.. bytes, 0]);
        File.SetLastWriteTimeUtc(_model, time);
        AssertLoads(WeightOrigin.PackedIntoCache);
        Assert.Equal(3, Entries().Count);
    }

    [Fact]
    public void A_model_may_move()
    {
        AssertLoads(WeightOrigin.PackedIntoCache);
        string moved = Path.Combine(_folder.Path, "moved.gguf");
        File.Move(_model, moved);
        AssertLoads(WeightOrigin.Cached, moved);
    }

    [Theory]
    [InlineData("cut off")]
    [InlineData("longer")]
    [InlineData("empty")]
    [InlineData("magic")]
    [InlineData("key")]
    [InlineData("length")]
    [InlineData("name")]
    [InlineData("hash")]
    [InlineData("another model's")]
    public void A_damaged_file_is_made_again(string damage)
    {
        AssertLoads(WeightOrigin.PackedIntoCache);
        string path = Assert.Single(Entries()).Path;
        byte[] bytes = File.ReadAllBytes(path);
        switch (damage)
        {
            case "cut off": File.WriteAllBytes(path, bytes[..^64]); break;
            case "longer": File.WriteAllBytes(path, [.. bytes, 0]); break;
            case "empty": File.WriteAllBytes(path, []); break;
            case "another model's": File.WriteAllBytes(path, new PackedHeader(new PackedKey(new byte[PackedKey.ByteCount]), bytes.Length, "x").ToBytes().Concat(bytes[PackedHeader.ByteCount..]).ToArray()); break;
            default:
                bytes[damage switch { "magic" => 0, "key" => 10, "length" => 42, "name" => 50, _ => PackedHeader.ByteCount - 1 }] ^= 1;
                File.WriteAllBytes(path, bytes);
                break;
        }

        AssertLoads(WeightOrigin.PackedIntoCache);
        AssertLoads(WeightOrigin.Cached);
    }

    [Fact]
    public void Files_are_their_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has other rights.");
            return;
        }

        AssertLoads(WeightOrigin.PackedIntoCache);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_options.Folder!));
        string path = Assert.Single(Entries()).Path;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        // What others could have written is not believed.
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        AssertLoads(WeightOrigin.PackedIntoCache);
        File.SetUnixFileMode(_options.Folder!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupWrite);
        File.Delete(path);
        AssertLoads(WeightOrigin.Packed);
        Assert.Contains("others may write", Assert.Single(_notices), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_in_place_of_a_file_is_not_followed()
    {
        AssertLoads(WeightOrigin.PackedIntoCache);
        string path = Assert.Single(Entries()).Path, elsewhere = Path.Combine(_folder.Path, "elsewhere");
        File.Move(path, elsewhere);
        File.CreateSymbolicLink(path, elsewhere);
        AssertLoads(WeightOrigin.PackedIntoCache);
        Assert.Null(new FileInfo(path).LinkTarget);
        Assert.True(File.Exists(elsewhere));
    }

    [Fact]
    public void A_model_loads_without_a_cache_that_cannot_be_written()
    {
        File.WriteAllText(_options.Folder!, "a file where the folder should be");
        AssertLoads(WeightOrigin.Packed);
        string notice = Assert.Single(_notices);
        Assert.Contains(_model, notice, StringComparison.Ordinal);
        Assert.Contains("not kept", notice, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_used_for_longest_makes_room()
    {
        string other = Copy("other.gguf"), third = Copy("third.gguf");
        File.SetLastWriteTimeUtc(other, DateTime.UtcNow.AddDays(-1));
        File.SetLastWriteTimeUtc(third, DateTime.UtcNow.AddDays(-2));
        AssertLoads(WeightOrigin.PackedIntoCache);
        long bytes = Assert.Single(Entries()).ByteCount;
        PackedCacheOptions two = _options with { MaxBytes = (5 * bytes) / 2 };
        AssertLoads(WeightOrigin.PackedIntoCache, other, two);
        foreach (PackedCacheEntry entry in Entries()) File.SetLastWriteTimeUtc(entry.Path, DateTime.UtcNow.AddMinutes(entry.ModelName == "model.gguf" ? -2 : -1));
        AssertLoads(WeightOrigin.Cached, _model, two); // used last now
        AssertLoads(WeightOrigin.PackedIntoCache, third, two);
        Assert.Equal(["third.gguf", "model.gguf"], Entries().Select(entry => entry.ModelName));

        AssertLoads(WeightOrigin.Packed, other, _options with { MaxBytes = bytes - 1 });
        Assert.Contains("allowed", Assert.Single(_notices), StringComparison.Ordinal);
        Assert.Equal(2, Entries().Count); // nothing is removed for what will not fit
    }

    [Fact]
    public void Small_models_are_not_kept()
    {
        AssertLoads(WeightOrigin.Packed, _model, _options with { MinModelBytes = 1 << 30 });
        Assert.Empty(_notices);
        Assert.False(Directory.Exists(_options.Folder));
    }

    [Fact]
    public void What_a_dead_process_left_is_removed_and_a_living_one_is_left_alone()
    {
        AssertLoads(WeightOrigin.PackedIntoCache);
        string path = Assert.Single(Entries()).Path, unfinished = path + PackedFileWriter.Suffix;
        File.Delete(path);
        File.WriteAllText(unfinished, "half");
        AssertLoads(WeightOrigin.PackedIntoCache);
        Assert.False(File.Exists(unfinished));

        File.Delete(path);
        using (new FileStream(unfinished, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite)) AssertLoads(WeightOrigin.Packed);
        Assert.Contains("another process", Assert.Single(_notices), StringComparison.Ordinal);
        AssertLoads(WeightOrigin.PackedIntoCache);
    }

    [Fact]
    public void Loads_at_once_share_one_file()
    {
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            using LanguageModel model = LanguageModel.Load(_model, new LoadOptions { PackedCache = _options });
            Assert.Equal(32, Evaluation.Greedy(model, [1, 2, 3], 32).Length);
        });
        AssertLoads(WeightOrigin.Cached);
        Assert.Single(Directory.EnumerateFiles(_options.Folder!));
    }

    [Fact]
    public void A_model_goes_on_when_its_file_is_removed()
    {
        AssertLoads(WeightOrigin.PackedIntoCache);
        using LanguageModel model = LanguageModel.Load(_model, new LoadOptions { PackedCache = _options });
        int[] expected = Evaluation.Greedy(model, [1, 2, 3], 8);
        long bytes = Entries()[0].ByteCount;
        Assert.Equal(bytes, new PackedCache(_options).Clear());
        Assert.Empty(Entries());
        Assert.Equal(expected, Evaluation.Greedy(model, [1, 2, 3], 8));
    }

    [Fact]
    public void A_model_that_cannot_be_packed_leaves_nothing()
    {
        byte[] bytes = Robustness.Seeds.Model("deepseek2");
        bytes.AsSpan(Robustness.Seeds.HeaderLength(bytes)).Fill(0xff); // scales that are no numbers
        string path = _folder.Write("damaged.gguf", bytes);
        var options = new LoadOptions { PackedCache = _options };
        Exception? direct = Record.Exception(() => LanguageModel.Load(path, options with { PackedCache = null }).Dispose());
        Exception? cached = Record.Exception(() => LanguageModel.Load(path, options).Dispose());
        Assert.Equal(direct?.Message, cached?.Message);
        Assert.IsType<SeekSharp.Formats.ModelFormatException>(cached);
        Assert.Empty(Directory.EnumerateFiles(_options.Folder!));
    }

    private IReadOnlyList<PackedCacheEntry> Entries() => new PackedCache(_options).List();

    private string Copy(string name)
    {
        string path = Path.Combine(_folder.Path, name);
        File.Copy(Oracle.Load(Name).ModelPath, path);
        return path;
    }

    private void AssertLoads(WeightOrigin origin, string? path = null, PackedCacheOptions? cache = null)
    {
        using LanguageModel model = LanguageModel.Load(path ?? _model, new LoadOptions { PackedCache = cache ?? _options, Notice = _notices.Add });
        Assert.Equal(origin, model.WeightOrigin);
        Assert.NotEmpty(Evaluation.Greedy(model, [1, 2, 3], 4));
    }
}

using SeekSharp.Tests.Formats;
using SeekSharp.Training.Native;

namespace SeekSharp.Training.Tests.Native;

/// <summary>LibTorch loads on systems whose C++ runtime is older than the one it was built with.</summary>
public sealed class LibTorchTests
{
    private const string Version = "GLIBCXX_3.4.32";

    [Fact]
    public void Loads_here()
    {
        LibTorch.Load();
        using Tensor sum = TorchSharp.torch.ones(3).sum();
        Assert.Equal(3, sum.item<float>());
    }

    [Fact]
    public void Makes_one_version_optional_and_changes_nothing_else()
    {
        byte[] library = Library(), before = [.. library];
        Assert.True(VersionNeeds.MakeOptional(library, Version));
        int[] changed = [.. Enumerable.Range(0, library.Length).Where(i => library[i] != before[i])];
        Assert.Single(changed);
        Assert.Equal(before[changed[0]] | 2, library[changed[0]]);
        Assert.True(VersionNeeds.MakeOptional(library, Version)); // once more changes nothing
        Assert.False(VersionNeeds.MakeOptional(library, "GLIBCXX_9.9.99"));
        Assert.False(VersionNeeds.MakeOptional(library, "GLIBCXX_3.4.3")); // no beginning of a name
    }

    [Fact]
    public void Writes_a_copy_once()
    {
        using TemporaryFolder folder = new();
        string original = folder.Write("libLibTorchSharp.so", Library());
        string copy = LibTorch.WriteLoadableCopy(original);
        DateTime written = File.GetLastWriteTimeUtc(copy);
        Assert.NotEqual(original, copy);
        Assert.Equal(copy, LibTorch.WriteLoadableCopy(original));
        Assert.Equal(written, File.GetLastWriteTimeUtc(copy));
        File.WriteAllBytes(copy, [1, 2, 3]); // damaged: written again
        Assert.Equal(new FileInfo(original).Length, new FileInfo(LibTorch.WriteLoadableCopy(original)).Length);
    }

    [Fact]
    public void Says_in_one_sentence_what_is_wrong()
    {
        using TemporaryFolder folder = new();
        byte[] library = Library();
        for (int at; (at = library.AsSpan().IndexOf("GLIBCXX_3.4.32"u8)) >= 0;) library[at] = (byte)'X'; // no such version any more
        LibTorchException exception = Assert.Throws<LibTorchException>(() => LibTorch.WriteLoadableCopy(folder.Write("libLibTorchSharp.so", library)));
        Assert.Contains("does not load", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void Hostile_libraries_are_refused()
    {
        Assert.Throws<InvalidDataException>(() => VersionNeeds.MakeOptional(new byte[200], Version));
        Assert.Throws<InvalidDataException>(() => VersionNeeds.MakeOptional("\u007fELF"u8.ToArray(), Version));
        byte[] library = Library();
        int headers = (int)BitConverter.ToInt64(library, 0x28);
        for (int seed = 0; seed < 200; seed++)
        {
            Random random = new(seed);
            byte[] mutant = [.. library];
            if (seed % 4 == 0) mutant = mutant[..random.Next(mutant.Length)];
            else if (seed % 4 == 1) random.NextBytes(mutant.AsSpan(0x28, 24)); // where the section headers are
            else for (int i = 0; i < 400; i++) mutant[random.Next(headers, mutant.Length)] ^= (byte)random.Next(256); // what they say
            try
            {
                VersionNeeds.MakeOptional(mutant, Version);
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    private static byte[] Library()
    {
        string? path = ((AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string) ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "libLibTorchSharp.so")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, "libLibTorchSharp.so is not here: this is not Linux.");
        return File.ReadAllBytes(path);
    }
}

using System.Runtime.InteropServices;
using SeekSharp.Formats;

namespace SeekSharp.Training.Native;

/// <summary>Loads LibTorch, the native library behind training. Running models never needs it.</summary>
/// <remarks>
/// TorchSharp's part of it is built with GCC 13 and asks for the symbol version GLIBCXX_3.4.32, which Debian 12 and other systems of its age do not
/// have. It needs nothing of that version: the one symbol that is asked for marks a header and is never called. Where the library does not load for
/// that reason, a copy in which the version is optional is loaded instead.
/// </remarks>
public static class LibTorch
{
    private const string Version = "GLIBCXX_3.4.32";
    private static readonly Lock Loading = new();
    private static bool s_isLoaded;

    /// <summary>The OpenMP library that LibTorch's threads belong to, where it is GNU's and comes with LibTorch.</summary>
    internal static string? OpenMpPath { get; private set; }

    /// <summary>Loads the library, once. Called by everything in this assembly that needs it.</summary>
    /// <exception cref="LibTorchException">The library cannot be loaded; the message says why, and what helps.</exception>
    public static void Load()
    {
        lock (Loading)
        {
            if (s_isLoaded) return;
            if (OperatingSystem.IsLinux()) LoadLinux();
            try
            {
                TorchSharp.torch.InitializeDeviceType(TorchSharp.DeviceType.CPU);
            }
            catch (Exception exception) when (exception is not LibTorchException)
            {
                throw Fail(exception.Message, exception);
            }

            s_isLoaded = true;
        }
    }

    private static void LoadLinux()
    {
        string folder = Folder() ?? throw Fail("it is not beside the program", null);
        string library = Path.Combine(folder, "libLibTorchSharp.so");
        ProcessSettings.Apply();
        OpenMpPath = Directory.GetFiles(folder, "libgomp*.so*") is [string openMp] ? openMp : null;
        // In the order in which they need each other. A copy in another folder finds them since they are there already.
        foreach (string name in (ReadOnlySpan<string>)["libc10.so", "libtorch_cpu.so", "libtorch.so"]) Load(Path.Combine(folder, name));
        if (NativeLibrary.TryLoad(library, out _)) return;
        Load(WriteLoadableCopy(library));
    }

    private static void Load(string path)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw Fail(exception.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Trim(), exception);
        }
    }

    private static string? Folder()
    {
        string searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append(AppContext.BaseDirectory)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "libLibTorchSharp.so")));
    }

    /// <summary>The copy, beside the original or, where that folder cannot be written, among the user's data.</summary>
    internal static string WriteLoadableCopy(string library)
    {
        byte[] bytes = File.ReadAllBytes(library);
        if (!VersionNeeds.MakeOptional(bytes, Version)) throw Fail($"'{library}' does not load, and not for want of {Version}", null);
        string data = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "seeksharp");
        Exception? refusal = null;
        foreach (string folder in (ReadOnlySpan<string>)[Path.GetDirectoryName(library)!, Path.Combine(data, "native")])
        {
            try
            {
                Directory.CreateDirectory(folder);
                string copy = Path.Combine(folder, "libLibTorchSharp.optional.so");
                if (File.Exists(copy) && File.ReadAllBytes(copy).AsSpan().SequenceEqual(bytes)) return copy;
                using AtomicFile file = new(copy, bytes.Length, overwrite: true);
                file.Write(bytes);
                file.Commit();
                return copy;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                refusal = exception;
            }
        }

        throw Fail($"a copy for this system cannot be written ({refusal!.Message})", refusal);
    }

    private static LibTorchException Fail(string why, Exception? cause) => new(
        $"LibTorch, which training needs, cannot be loaded: {why.TrimEnd('.')}. It comes with the package libtorch-cpu for linux-x64, osx-arm64 and win-x64; everything but training works without it.", cause);
}

/// <summary>LibTorch cannot be loaded.</summary>
/// <param name="message">One sentence: what is wrong, and what helps.</param>
/// <param name="cause">What the system said, or null.</param>
public sealed class LibTorchException(string message, Exception? cause = null) : Exception(message, cause);

namespace SeekSharp.Cli.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void Help_ends_with_examples()
    {
        Assert.Contains("seek run -m", SeekProcess.Run("--help").RequireSuccess(), StringComparison.Ordinal);
        Assert.Equal(SeekProcess.Run("--help").Output, SeekProcess.Run().RequireSuccess());
        foreach (string command in new[] { "run", "logits", "tokenize", "inspect", "bench", "pull", "list", "remove", "convert", "quantize", "keys", "data", "serve" })
        {
            string help = SeekProcess.Run(command, "--help").RequireSuccess();
            Assert.Contains($"  seek {command}", help[help.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Version_is_a_number() => Assert.Matches(@"^\d+\.\d+\.\d+", SeekProcess.Run("--version").RequireSuccess());

    [Fact]
    public void Usage_errors_point_to_the_help()
    {
        SeekProcess.Run("dance").RequireFailure("'dance'", "seek --help");
        SeekProcess.Run("run", "--dance", "-m", "x", "hi", "ho").RequireFailure("seek run --help");
        SeekProcess.Run("run", "hi").RequireFailure("--model", "seek run --help");
        SeekProcess.Run("run", "-m").RequireFailure("-m");
        SeekProcess.Run("run", "-m", "/no/such/model.gguf", "hi").RequireFailure("/no/such/model.gguf");
    }

    [Fact]
    public void Training_is_a_program_of_its_own()
    {
        // The tests' folder has none, and nothing of it is needed for anything else.
        if (Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "seek-train")))) return;
        SeekProcess.Run("train", "run", "recipe.json", "--out", "x").RequireFailure("'seek-train'", "./seek train");
        Assert.DoesNotContain(Directory.GetFiles(AppContext.BaseDirectory, "*.dll"), file => Path.GetFileName(file).StartsWith("TorchSharp", StringComparison.Ordinal));
    }
}

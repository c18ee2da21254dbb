using System.Diagnostics;
using System.IO.Compression;

namespace SeekSharp.Cli.Tests;

/// <summary>What people get from the packages, in projects outside of the repository. Builds for minutes.</summary>
public sealed class PackageTests : IDisposable
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="SeekSharp" Version="VERSION" />
          </ItemGroup>
        </Project>
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("seek-packages-").FullName;

    // A version of its own: what an earlier test left in the package cache is another package.
    private readonly string _version = $"0.0.0-test.{Guid.NewGuid():N}";

    private string Feed => Path.Combine(_folder, "feed");

    private string Console => Path.Combine(_folder, "console");

    [Fact(Explicit = true)]
    public void Packages_work_outside_of_the_repository()
    {
        foreach (string project in new[] { "src/SeekSharp", "src/SeekSharp.Cli" })
            Dotnet(Repository.Root, "pack", project, "-c", "Release", "-o", Feed, "--artifacts-path", Path.Combine(_folder, "artifacts"), $"-p:Version={_version}");
        Assert.Equal(
            [$"SeekSharp.{_version}.nupkg", $"SeekSharp.{_version}.snupkg", $"SeekSharp.Cli.{_version}.nupkg"],
            Directory.GetFiles(Feed).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using (ZipArchive package = ZipFile.OpenRead(Path.Combine(Feed, $"SeekSharp.{_version}.nupkg")))
            foreach (string file in new[] { "lib/net10.0/SeekSharp.dll", "lib/net10.0/SeekSharp.xml", "buildTransitive/SeekSharp.targets", "README.md" }) Assert.NotNull(package.GetEntry(file));
        CreateProject();

        Dotnet(Console, "build", "-c", "Release", "-o", "built", "-warnaserror");
        RequireAnswer("dotnet", Path.Combine("built", "console.dll"));

        Dotnet(Console, "tool", "install", "SeekSharp.Cli", "--version", _version, "--tool-path", "tool");
        SeekProcess.Result help = SeekProcess.RunProgram(Console, Path.Combine(Console, "tool", "seek"), "--help");
        Assert.Contains("seek chat -m model.gguf", help.RequireSuccess(), StringComparison.Ordinal);

        Assert.SkipUnless(HasProgram("clang") || HasProgram("gcc"), "Compiling ahead of time needs clang or gcc.");
        Dotnet(Console, "publish", "-c", "Release", "-o", "native", "-p:PublishAot=true", "-warnaserror", "--use-current-runtime");
        RequireAnswer(Path.Combine(Console, "native", "console"));
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        string cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (string package in new[] { "seeksharp", "seeksharp.cli" })
        {
            string copies = Path.Combine(cache, package), copy = Path.Combine(copies, _version);
            if (Directory.Exists(copy)) Directory.Delete(copy, recursive: true);
            if (Directory.Exists(copies) && !Directory.EnumerateFileSystemEntries(copies).Any()) Directory.Delete(copies);
        }
    }

    private void CreateProject()
    {
        Directory.CreateDirectory(Console);
        File.WriteAllText(Path.Combine(Console, "console.csproj"), Project.Replace("VERSION", _version, StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(Console, "Program.cs"), ReadmeTests.Example);
        File.WriteAllText(
            Path.Combine(Console, "nuget.config"),
            $"""<configuration><packageSources><add key="local" value="{Feed}" /></packageSources></configuration>""");
        ScriptedModel.Write(Path.Combine(Console, "model.gguf"), ScriptedModel.Thinking, ScriptedModel.ThinkingTemplate);
    }

    private void RequireAnswer(string program, params string[] arguments)
    {
        SeekProcess.Result result = SeekProcess.RunProgram(Console, program, arguments);
        Assert.Equal((0, "It is four.", "two and two"), (result.Code, result.Output, result.Error));
    }

    private static bool HasProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));

    /// <summary>Runs a command of the SDK; it may say no warning.</summary>
    private static void Dotnet(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // Nothing of it stays behind to hold the folder.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        using var process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + error.Result;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}\n{output}");
        Assert.DoesNotContain(": warning ", output, StringComparison.Ordinal);
    }
}

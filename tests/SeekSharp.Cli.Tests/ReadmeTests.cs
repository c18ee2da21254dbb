namespace SeekSharp.Cli.Tests;

public sealed class ReadmeTests
{
    /// <summary>The first program of README.md.</summary>
    public static string Example { get; } = File.ReadAllText(Path.Combine(Repository.Root, "README.md")).Split("```csharp\n")[1].Split("```")[0];

    [Fact]
    public void The_example_is_the_program_that_is_built()
    {
        Assert.Equal(File.ReadAllText(Path.Combine(Repository.Root, "examples", "Ask", "Program.cs")), Example);
        Assert.True(Example.TrimEnd().Split('\n').Length <= 10);
    }

    [Fact]
    public void The_example_answers()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("seek-tests-");
        try
        {
            ScriptedModel.Write(Path.Combine(folder.FullName, "model.gguf"), ScriptedModel.Thinking, ScriptedModel.ThinkingTemplate);
            SeekProcess.Result result = SeekProcess.RunProgram(folder.FullName, "dotnet", Repository.Output("examples/Ask", "Ask.dll"));
            Assert.Equal((0, "It is four.", "two and two"), (result.Code, result.Output, result.Error));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

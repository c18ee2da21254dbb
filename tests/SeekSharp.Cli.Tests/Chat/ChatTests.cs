using SeekSharp.Inference;

namespace SeekSharp.Cli.Tests.Chat;

/// <summary>The chat without a terminal: lines in, answers out.</summary>
public sealed class ChatTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    [Fact]
    public void A_pipe_gets_an_answer_per_line()
    {
        SeekProcess.Result result = Chat("hello\n\nand then?\n");
        Assert.Equal((0, "It is four.\nFour again.\n", "two and two\n"), (result.Code, result.Output, result.Error));
        Assert.Equal("It is four.\n", Chat("hello\n", "--no-think").RequireSuccess());
        Assert.Equal("Sure.\n", Chat("hello", "--system", "s").RequireSuccess());
        Assert.Equal("It is\n", Chat("hello", "--no-think", "--stop", " four").RequireSuccess());
        Assert.Equal("", Chat("").RequireSuccess());
    }

    [Fact]
    public void Commands_steer_the_conversation()
    {
        string file = models.PathOf("saved.json");
        Assert.Equal(
            [
                "It is four.", $"Saved 1 turn to {file}.", "The conversation is forgotten.", "It is four.", $"Loaded 1 turn from {file}.", "Four again.",
                "The system message is set, from the next answer on.", "The conversation is forgotten.", "Sure.",
            ],
            Lines(Chat($"a\n/save {file}\n/clear\nb\n/load {file}\nc\n/system be brief\n/clear\nd\n/exit\nnever asked\n")));
        Assert.Equal(["Four again."], Lines(SeekProcess.RunWithInput("c\n", "chat", "-m", models.ThinkingModel, "--load", file)));
        Assert.Equal(["It is four.", "two and two"], Lines(Chat("a\n/think\n")));
        Assert.Equal(["It is four.", "1 answer, 9 tokens, 5 of them thoughts."], Lines(Chat("a\n/stats\n"))[..2]);
        Assert.StartsWith("scripted: Llama, 1 layers", Chat("/model\n").RequireSuccess(), StringComparison.Ordinal);
        Assert.Contains("tiny llama: Llama", Chat($"/model {models.Model}\n").RequireSuccess(), StringComparison.Ordinal);
        Assert.Equal(10, Lines(Chat("/help\n")).Count(line => line.StartsWith('/')));
    }

    [Fact]
    public void Wrong_commands_say_so_and_the_chat_goes_on()
    {
        string damaged = models.PathOf("damaged.json");
        File.WriteAllText(damaged, "{");
        string[] lines = Lines(Chat($"/nope\n/save\n/load\n/load {damaged}\n/load /no/such/file\n/save /no/such/folder/x\n/model {damaged}\n/model missing.gguf\n/think what\nhello\n"));
        string[] parts = ["/nope", "/save needs", "/load needs", damaged, "/no/such/file", "/no/such/folder", damaged, "missing.gguf", "/think takes", "It is four."];
        Assert.Equal(parts.Length, lines.Length);
        foreach (var (part, line) in parts.Zip(lines)) Assert.Contains(part, line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_conversation_that_is_too_long_says_so_and_goes_on()
    {
        string[] lines = Lines(Chat($"{new string('9', 60)}\nhello\n", "--context", "32"));
        Assert.Contains("context of 32 tokens", lines[0], StringComparison.Ordinal);
        Assert.Contains("/clear", lines[0], StringComparison.Ordinal);
        Assert.Equal("It is four.", lines[1]);
    }

    [Fact]
    public void A_model_that_does_not_fit_says_so_with_numbers()
    {
        var exception = Assert.Throws<CommandException>(() => MemoryCheck.Require(models.ThinkingModel, 0, 8192, CacheType.F16, available: 1 << 20));
        foreach (string part in new[] { "thinking.gguf", "does not fit", "of weights", "1.00 MiB of keys and values for 8,192 tokens", "1.00 MiB are free", "--force" })
            Assert.Contains(part, exception.Message, StringComparison.Ordinal);
        Assert.Equal(8192, MemoryCheck.Require(models.ThinkingModel, 0, 8192, CacheType.F16, available: 1 << 30));
        Assert.Equal(TinyModel.ContextLength, MemoryCheck.Require(models.Model, 0, 8192, CacheType.F16, available: 1 << 30));
        Chat("", "--context", "2000000").RequireFailure("--context 2000000", "1048576");
        SeekProcess.Run("chat", "-m", "missing.gguf").RequireFailure("missing.gguf");
    }

    [Fact]
    public void Experts_are_counted_where_there_are_some()
    {
        Assert.Equal(["This model is dense: it has no experts to choose from."], Lines(Chat("/experts\n")));
        string mixture = Path.Combine(Repository.Root, "tests", "vectors", "models", "tiny-deepseek-v3.gguf");
        string[] lines = Lines(SeekProcess.RunWithInput("/experts\nhello\n/experts\n/experts off\n", "chat", "-m", mixture, "--temperature", "0", "--max-tokens", "8"));
        string[] table = [.. lines.SkipWhile(line => !line.EndsWith("a cell per expert", StringComparison.Ordinal))];
        Assert.Contains("3 of 8 experts each", table[0], StringComparison.Ordinal);
        Assert.StartsWith("layer   1 [", table[1], StringComparison.Ordinal);
        Assert.StartsWith("layer   2 [", table[2], StringComparison.Ordinal);
        Assert.Equal("Experts are not counted any more.", table[3]);
    }

    private SeekProcess.Result Chat(string input, params string[] arguments) => SeekProcess.RunWithInput(input, ["chat", "-m", models.ThinkingModel, .. arguments]);

    private static string[] Lines(SeekProcess.Result result)
    {
        Assert.True(result.Code == 0, result.Error);
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

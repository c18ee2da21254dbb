
namespace SeekSharp.Cli.Tests;

public sealed class RunTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    private static readonly string[] Greedy = ["--raw", "--temperature", "0", "--max-tokens", "24"];

    [Fact]
    public void Greedy_text_is_the_same_each_time_and_from_a_pipe()
    {
        string first = Run([.. Greedy, "in the end"]).RequireSuccess();
        Assert.NotEqual("", first);
        Assert.Equal(first, Run([.. Greedy, "in the end", "-t", "1"]).RequireSuccess());
        Assert.Equal(first, SeekProcess.RunWithInput("in the end\n", ["run", "-m", models.Model, .. Greedy]).RequireSuccess());
    }

    [Fact]
    public void Prints_the_continuation_only()
    {
        Assert.DoesNotContain("in the end", Run([.. Greedy, "in the end"]).RequireSuccess(), StringComparison.Ordinal);
        Assert.Equal("", Run("--raw", "--max-tokens", "0", "in the end").RequireSuccess());
    }

    [Fact]
    public void An_empty_prompt_starts_from_the_beginning_of_text()
    {
        Assert.NotEqual("", Run([.. Greedy, ""]).RequireSuccess());
        Assert.Equal(Run([.. Greedy, ""]).Output, Run(Greedy).RequireSuccess());
    }

    [Fact]
    public void Same_seed_gives_same_text()
    {
        string[] hot = ["--raw", "--temperature", "1.5", "--max-tokens", "24", "the"];
        Assert.Equal(Run([.. hot, "--seed", "5"]).RequireSuccess(), Run([.. hot, "--seed", "5"]).RequireSuccess());
        Assert.NotEqual(Run([.. hot, "--seed", "5"]).RequireSuccess(), Run([.. hot, "--seed", "6"]).RequireSuccess());
    }

    [Fact]
    public void Ends_in_front_of_a_stop_text()
    {
        string text = Run([.. Greedy, "in the end"]).RequireSuccess();
        string stop = text[(text.Length / 2)..];
        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], Run([.. Greedy, "in the end", "--stop", stop]).RequireSuccess());
    }

    [Fact]
    public void Speculation_changes_no_letter_and_is_reported()
    {
        string[] words = ["--raw", "--max-tokens", "100", "--seed", "3", "--temperature", "0.3", "in the end in the end in the end"];
        string plain = Run([.. words, "--speculate", "none"]).RequireSuccess();
        Assert.Equal(plain, Run(words).RequireSuccess());
        var reported = Run([.. words, "--speculate", "ngram", "--stats"]);
        Assert.Equal((0, plain), (reported.Code, reported.Output));
        Assert.Matches(@"^\[\d+ tokens in \d+\.\d\d s with the prompt(, accepted \d+% of \d+ drafts, \d+\.\d tokens per step)?\]\s*$", reported.Error);
        Run([.. words, "--speculate", "mtp"]).RequireFailure("prediction module", "ngram");
    }

    [Fact]
    public void Output_is_whole_characters_whatever_the_bytes()
    {
        // Random weights give random bytes; SeekProcess reads strictly, so that half a character throws.
        for (int seed = 0; seed < 4; seed++) Run("--raw", "--temperature", "3", "--top-p", "1", "--max-tokens", "100", "--seed", $"{seed}", "\u00e9\U00020000").RequireSuccess();
    }

    [Fact]
    public void Without_raw_the_template_is_applied()
    {
        // The template of this model is the prompt itself.
        string[] greedy = ["--temperature", "0", "--max-tokens", "24"];
        string raw = SeekProcess.Run(["run", "-m", models.ChatModel, "--raw", "in the end", .. greedy]).RequireSuccess();
        Assert.Equal(raw.TrimStart(), SeekProcess.Run(["run", "-m", models.ChatModel, "in the end", .. greedy]).RequireSuccess());
        Assert.Equal(raw.TrimStart(), SeekProcess.RunWithInput("in the end\n", ["run", "-m", models.ChatModel, .. greedy]).RequireSuccess());
        // This one has none, and gets that of its family.
        Run([.. greedy, "hi"]).RequireSuccess();
        SeekProcess.Run("run", "-m", models.BrokenChatModel, "hi").RequireFailure("template", "line 1");
        Run("--context", "20", new string('9', 60)).RequireFailure("context of 20");
    }

    [Fact]
    public void The_answer_goes_to_output_and_thoughts_to_error()
    {
        string[] arguments = ["run", "-m", models.ThinkingModel, "--temperature", "0", "?"];
        SeekProcess.Result apart = SeekProcess.Run(arguments);
        Assert.Equal((0, "It is four.", "two and two\n"), (apart.Code, apart.Output, apart.Error));
        Assert.Equal("<think>\ntwo and two\n</think>\n\nIt is four.", SeekProcess.Run([.. arguments, "--think"]).RequireSuccess());
        Assert.Equal("It is", SeekProcess.Run([.. arguments, "--think", "--stop", " four", "--no-think"]).RequireSuccess());
        Assert.Equal("Sure.", SeekProcess.Run([.. arguments, "--system", "s"]).RequireSuccess());
    }

    [Fact]
    public void A_prompt_that_does_not_fit_is_an_error_and_a_full_context_ends_the_text()
    {
        string prompt = string.Concat(Enumerable.Repeat("z9", 60));
        Run("--raw", "--context", "16", prompt).RequireFailure("context of 16", "at most 128");
        Run("--raw", "--context", "129", "a").RequireFailure("--context 129", "128");
        Run("--raw", "--context", "16", "--temperature", "0", "abc").RequireSuccess();
    }

    [Theory]
    [InlineData("--max-tokens", "many")]
    [InlineData("--max-tokens", "-1")]
    [InlineData("--temperature", "-0.1")]
    [InlineData("--temperature", "NaN")]
    [InlineData("--top-p", "0")]
    [InlineData("--min-p", "2")]
    [InlineData("--top-k", "1.5")]
    [InlineData("--seed", "x")]
    [InlineData("--threads", "0")]
    [InlineData("--kv", "q1")]
    public void Wrong_values_name_the_option_and_the_value(string option, string value) => Run("--raw", "hi", option, value).RequireFailure(option, $"'{value}'");

    [Fact]
    public void Interrupted_it_ends_with_130_and_prints_what_it_had()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals to send to another process.");
        using var process = SeekProcess.Start("run", "-m", models.Model, "--raw", "--temperature", "0", "--context", "128", "--stop", "never", "the");
        // The tiny model may be done before the signal arrives: either end is clean.
        Assert.NotEqual(-1, process.StandardOutput.Read());
        SeekProcess.SendInterrupt(process);
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)));
        Assert.Contains(process.ExitCode, new[] { 0, 130 });
        Assert.Equal("", process.StandardError.ReadToEnd());
    }

    [Fact]
    public void The_story_model_continues_as_its_author_says()
    {
        string? path = SharedFixtures.Find("stories260K.gguf");
        Assert.SkipWhen(path is null, "../shared/fixtures/stories260K.gguf is not here.");
        string text = SeekProcess.Run("run", "-m", path!, "--raw", "--temperature", "0", "--max-tokens", "200", "").RequireSuccess();
        Assert.Equal(
            """
            Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.
            Lily's mom said, "Lily, let's go to the park." Lily was sad and didn't know what to do. She said, "I want to play with your ball, but I can't find it."
            Lily was sad and didn't know what to do. She said, "I'm sorry, Lily. I didn't know what to do."
            Lily didn't want to help her mom, so she
            """,
            text.Trim());
    }

    private SeekProcess.Result Run(params string[] arguments) => SeekProcess.Run(["run", "-m", models.Model, .. arguments]);
}

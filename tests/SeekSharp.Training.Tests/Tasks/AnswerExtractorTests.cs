using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Tests.Tasks;

public sealed class AnswerExtractorTests
{
    [Theory]
    [InlineData("7+5=12</think>12", "12")]
    [InlineData("<think>7+5=12</think>\n\n12\n", "12")]
    [InlineData("12", "12")]
    [InlineData("7+5=12", "7+5=12")]
    [InlineData("<think>7+5", "")]
    [InlineData("a</think>b</think>c", "")]
    [InlineData("a<think>b</think>c", "")]
    [InlineData("a</think>b<think>", "")]
    [InlineData("", "")]
    public void Strict_takes_what_follows_the_thought(string reply, string expected) => Assert.Equal(expected, AnswerExtractor.Strict(reply));

    [Theory]
    [InlineData("so it is</think>The answer is 12.", "12")]
    [InlineData("We get 3, 5 and \\boxed{12} apples", "12")]
    [InlineData("12 apples", "12")]
    [InlineData("first 5, then 1,234", "1234")]
    [InlineData("3, 5", "5")]
    [InlineData("x = -7", "-7")]
    [InlineData("10-7", "7")]
    [InlineData("It is 3.50.", "3.50")]
    [InlineData("The answer is 12, not 13", "13")]
    [InlineData("Answer: 5\nCheck: 2+3", "5")]
    [InlineData("nothing", "nothing")]
    [InlineData("", "")]
    public void Lenient_takes_the_number_that_a_reader_would_take(string reply, string expected) => Assert.Equal(expected, AnswerExtractor.Lenient(reply, AnswerForm.Number));

    [Theory]
    [InlineData("The answer is **Thursday**.", "Thursday")]
    [InlineData("Let me see.\n\"Thursday\"", "Thursday")]
    [InlineData("\\boxed{a{b}c}", "a{b}c")]
    [InlineData("\\boxed{a{b", "\\boxed{a{b")]
    public void Lenient_takes_the_text_that_a_reader_would_take(string reply, string expected) => Assert.Equal(expected, AnswerExtractor.Lenient(reply, AnswerForm.Text));

    [Fact]
    public void Any_text_is_taken()
    {
        var random = new Random(5);
        const string alphabet = "ab01,.-{}\\boxed{</think><think>answer is\n ";
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            AnswerExtractor.Strict(text);
            foreach (AnswerForm form in Enum.GetValues<AnswerForm>()) AnswerExtractor.Lenient(text, form);
        }

        Assert.Equal("1", AnswerExtractor.Lenient(new string('x', 1_000_000) + "1", AnswerForm.Number));
    }
}

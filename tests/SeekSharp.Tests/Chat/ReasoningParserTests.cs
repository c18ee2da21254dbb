using System.Text;
using CsCheck;
using SeekSharp.Chat;

namespace SeekSharp.Tests.Chat;

public sealed class ReasoningParserTests
{
    private static readonly string[] Parts = ["<think>", "</think>", "<", "</", "a", " ", "\n", "think>", "b c"];

    [Theory]
    [InlineData("<think>\nLet me see.\n</think>\n\nFour.", "Let me see.", "Four.")]
    [InlineData("\n <think>a < b </thin b</think>c", "a < b </thin b", "c")]
    [InlineData("Four.", "", "Four.")]
    [InlineData("  Four.\n", "", "Four.\n")]
    [InlineData("<thinking> is a tag", "", "<thinking> is a tag")]
    [InlineData("<thi", "", "<thi")]
    [InlineData("A tag: <think>x</think>", "", "A tag: <think>x</think>")]
    [InlineData("<think>\n\n</think>\n\nx", "", "x")]
    [InlineData("<think>never ends </thi", "never ends </thi", "")]
    [InlineData("</think>x", "", "x")]
    [InlineData("<think>a</think>b</think>c", "a", "b</think>c")]
    [InlineData("<think>a\n\n b \n</think>", "a\n\n b", "")]
    [InlineData("", "", "")]
    public void Splits(string text, string reasoning, string answer) => AssertSplits(text, thinks: true, startsInside: false, reasoning, answer);

    [Theory]
    [InlineData("Let me see.\n</think>\n\nFour.", "Let me see.", "Four.")]
    [InlineData("<think>\nagain</think>Four.", "again", "Four.")]
    [InlineData("</think>Four.", "", "Four.")]
    [InlineData("cut off ", "cut off", "")]
    [InlineData("<thi", "<thi", "")]
    public void Splits_behind_an_open_tag(string text, string reasoning, string answer) => AssertSplits(text, thinks: true, startsInside: true, reasoning, answer);

    [Theory]
    [InlineData("<think>x</think>y")]
    [InlineData("x</think>")]
    public void A_model_without_thoughts_may_write_tags(string text) => AssertSplits(text, thinks: false, startsInside: false, "", text);

    [Fact]
    public void Counts_the_tokens_of_the_reasoning_with_its_tags()
    {
        var parser = new ReasoningParser(thinks: true, startsInside: false);
        foreach (string token in new[] { "<th", "ink>", "a", " b", "</thi", "nk>", "c", "d" }) parser.Add(token);
        Assert.Equal(6, parser.ReasoningTokens);

        parser = new ReasoningParser(thinks: true, startsInside: true);
        foreach (string token in new[] { "a", "b", "</think>", "c" }) parser.Add(token);
        Assert.Equal(3, parser.ReasoningTokens);

        parser = new ReasoningParser(thinks: true, startsInside: false);
        foreach (string token in new[] { "<", "b" }) parser.Add(token);
        Assert.Equal(0, parser.ReasoningTokens);
    }

    [Fact]
    public void How_text_is_cut_into_pieces_does_not_matter() =>
        Gen.Select(Gen.Int[0, Parts.Length - 1].Array[0, 12], Gen.Int[1, 5].Array[1, 20], Gen.Bool)
            .Sample((parts, cuts, inside) =>
            {
                string text = string.Concat(parts.Select(part => Parts[part]));
                return Split(text, [text.Length], true, inside) == Split(text, cuts, true, inside);
            });

    private static void AssertSplits(string text, bool thinks, bool startsInside, string reasoning, string answer)
    {
        for (int length = 1; length <= Math.Max(text.Length, 1); length++) Assert.Equal((reasoning, answer), Split(text, [length], thinks, startsInside));
    }

    private static (string Reasoning, string Answer) Split(string text, int[] cuts, bool thinks, bool startsInside)
    {
        var parser = new ReasoningParser(thinks, startsInside);
        var parts = new Dictionary<ReplyPart, StringBuilder> { [ReplyPart.Reasoning] = new(), [ReplyPart.Answer] = new() };
        for (int start = 0, i = 0; start < text.Length; i++)
        {
            int length = Math.Min(Math.Max(cuts[i % cuts.Length], 1), text.Length - start);
            Append(parser.Add(text.Substring(start, length)));
            start += length;
        }

        Append(parser.Flush());
        return (parts[ReplyPart.Reasoning].ToString(), parts[ReplyPart.Answer].ToString());

        void Append(IReadOnlyList<ReplyPiece> pieces)
        {
            foreach (ReplyPiece piece in pieces)
            {
                Assert.NotEqual("", piece.Text);
                parts[piece.Part].Append(piece.Text);
            }
        }
    }
}

using SeekSharp.Inference;

namespace SeekSharp.Tests.Inference;

public sealed class StopStringFilterTests
{
    [Fact]
    public void Nothing_of_a_stop_string_comes_through()
    {
        var filter = new StopStringFilter(["<end>"]);
        Assert.Equal("a", filter.Add("a<e"));
        Assert.Equal("", filter.Add("nd"));
        Assert.Equal("", filter.Add("> more"));
        Assert.True(filter.Stopped);
        Assert.Equal("", filter.Flush());
    }

    [Fact]
    public void What_only_looked_like_one_comes_through()
    {
        var filter = new StopStringFilter(["<end>"]);
        Assert.Equal("", filter.Add("<en"));
        Assert.Equal("<en ", filter.Add(" "));
        Assert.Equal("", filter.Add("<e"));
        Assert.False(filter.Stopped);
        Assert.Equal("<e", filter.Flush());
    }

    [Fact]
    public void The_first_of_several_ends_the_text()
    {
        var filter = new StopStringFilter(["world", "lo w"]);
        Assert.Equal("hel", filter.Add("hello world"));
        Assert.True(filter.Stopped);
    }

    [Fact]
    public void Any_cut_of_a_text_gives_the_same()
    {
        string[] stops = ["aab", "ba!"];
        string[] texts = ["aaaaab", "abababa!", "aaaaaa", "bab", "xyz", "aabaab"];
        foreach (string text in texts)
        {
            int stop = stops.Select(s => text.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(text.Length).Min();
            for (int cuts = 0; cuts < 1 << (text.Length - 1); cuts++)
            {
                var filter = new StopStringFilter(stops);
                string result = "", piece = "";
                for (int i = 0; i < text.Length; i++)
                {
                    piece += text[i];
                    if ((cuts >> i & 1) == 0 && i < text.Length - 1) continue;
                    result += filter.Add(piece);
                    piece = "";
                }

                Assert.Equal(text[..stop], result + filter.Flush());
            }
        }
    }
}

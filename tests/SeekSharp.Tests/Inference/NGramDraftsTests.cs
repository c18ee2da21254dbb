using SeekSharp.Inference;

namespace SeekSharp.Tests.Inference;

public sealed class NGramDraftsTests
{
    [Fact]
    public void TheLongestMatchGoesOn()
    {
        Assert.Equal([9, 1, 2], Propose([5, 1, 2, 9, 1, 2, 8, 5, 1, 2], 3, shortest: 2)); // 5 1 2 beats the newer 1 2
        Assert.Equal([8, 7], Propose([1, 2, 9, 1, 2, 8, 7, 1, 2], 2, shortest: 2)); // the newer of two equals
        Assert.Empty(Propose([1, 2, 3, 4, 5, 2], 4, shortest: 2));
        Assert.Equal([3, 4], Propose([1, 2, 3, 4, 5, 2], 2, shortest: 1));
        Assert.Empty(Propose([1], 4, shortest: 1));
        Assert.Empty(Propose([1, 1], 4, shortest: 2));
    }

    [Fact]
    public void ATextThatRepeatsItselfDoesSoOnceMore()
    {
        Assert.Equal([3, 1, 2, 3, 1, 2, 3], Propose([1, 2, 3, 1, 2, 3, 1, 2], 7, shortest: 2));
        Assert.Equal([4, 4, 4], Propose([4, 4, 4], 3, shortest: 2));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(4, 2)]
    [InlineData(8, 3)]
    [InlineData(300, 1)]
    public void AGrowingTextGivesWhatItGivesAnew(int vocabulary, int shortest)
    {
        var random = new Random(vocabulary);
        int[] text = [.. Enumerable.Range(0, 60).Select(_ => random.Next(vocabulary))];
        var growing = new NGramDrafts(text.Length, shortest);
        int[] drafts = new int[5];
        for (int length = 1; length <= text.Length; length += random.Next(1, 3))
        {
            int count = growing.Propose(text.AsSpan(0, length), drafts);
            Assert.Equal(Search(text[..length], 5, shortest), drafts[..count]);
        }
    }

    [Fact]
    public void NothingIsAllocated()
    {
        var random = new Random(1);
        int[] text = [.. Enumerable.Range(0, 2000).Select(_ => random.Next(8))], drafts = new int[8];
        var source = new NGramDrafts(text.Length, 3);
        source.Propose(text.AsSpan(0, 10), drafts);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int length = 11; length <= text.Length; length++) source.Propose(text.AsSpan(0, length), drafts);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static int[] Propose(int[] tokens, int count, int shortest)
    {
        int[] drafts = new int[count];
        return drafts[..new NGramDrafts(tokens.Length, shortest).Propose(tokens, drafts)];
    }

    /// <summary>The same by looking at every place.</summary>
    private static int[] Search(int[] tokens, int count, int shortest)
    {
        (int best, int bestLength) = (0, shortest - 1);
        for (int place = tokens.Length - 1; place >= shortest; place--)
        {
            int length = 0;
            while (length < Math.Min(place, NGramDrafts.LongestMatch) && tokens[place - 1 - length] == tokens[^(1 + length)]) length++;
            if (length > bestLength) (best, bestLength) = (place, length);
        }

        List<int> all = [.. tokens];
        for (int i = 0; best > 0 && i < count; i++) all.Add(all[best + i]);
        return [.. all.Skip(tokens.Length)];
    }
}

namespace SeekSharp.Tokenizers;

/// <summary>What a pattern says at one place.</summary>
/// <param name="Success">Whether it matches there.</param>
/// <param name="End">Behind the match; without a match, the next place where one can start.</param>
internal readonly record struct SplitMatch(bool Success, int End);

/// <summary>One regular expression of a pre-tokenizer, written by hand over code points. Each takes time proportional to what it steps over.</summary>
internal abstract class SplitPattern
{
    /// <summary>The regular expression, in the spelling of tokenizer.json with escaped line breaks.</summary>
    public abstract string Expression { get; }

    /// <summary>Tries the pattern at one place of a piece.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The place.</param>
    /// <param name="end">The end of the piece; the pattern sees nothing behind it.</param>
    /// <returns>The match, or where to try next.</returns>
    public abstract SplitMatch Match(CodePoints text, int start, int end);

    /// <summary>A match where <paramref name="matchEnd"/> lies behind <paramref name="start"/>, else none.</summary>
    protected static SplitMatch MatchTo(int start, int matchEnd) => matchEnd > start ? new(true, matchEnd) : new(false, start + 1);

    /// <summary>The three alternatives "\s*[\r\n]+|\s+(?!\S)|\s+", which end most patterns.</summary>
    /// <returns>Behind the match, or <paramref name="start"/> where there is no white space.</returns>
    protected static int EndOfWhiteSpace(CodePoints text, int start, int end)
    {
        int run = text.EndOfRun(start, end, CodePointClass.WhiteSpace);

        // \s*[\r\n]+ : \s* takes the whole run and gives back until a line break follows, so that the match ends behind the run's last line break.
        for (int last = run; last > start; last--)
            if (text.Is(last - 1, CodePointClass.LineBreak)) return last;

        // \s+(?!\S) : in front of other text the last white space is given back, to lead the next word.
        return run < end && run - 1 > start ? run - 1 : run;
    }
}

/// <summary>[\r\n]</summary>
internal sealed class LineBreakPattern : SplitPattern
{
    public override string Expression => @"[\r\n]";

    public override SplitMatch Match(CodePoints text, int start, int end) => new(text.Is(start, CodePointClass.LineBreak), start + 1);
}

/// <summary>\p{N}, \p{N}{1,3} or \p{N}+</summary>
/// <param name="most">Most digits of a match.</param>
internal sealed class NumberPattern(int most) : SplitPattern
{
    public override string Expression => most switch { 1 => @"\p{N}", int.MaxValue => @"\p{N}+", _ => $@"\p{{N}}{{1,{most}}}" };

    public override SplitMatch Match(CodePoints text, int start, int end) =>
        MatchTo(start, text.EndOfRun(start, Math.Min(end, (int)Math.Min((long)start + most, end)), CodePointClass.Number));
}

/// <summary>\s?\p{L}+ or \s?\p{P}+</summary>
/// <param name="run">The class of the run.</param>
internal sealed class SpacedRunPattern(CodePointClass run) : SplitPattern
{
    public override string Expression => run == CodePointClass.Letter ? @"\s?\p{L}+" : @"\s?\p{P}+";

    public override SplitMatch Match(CodePoints text, int start, int end)
    {
        int first = text.Is(start, CodePointClass.WhiteSpace) ? start + 1 : start;
        int last = text.EndOfRun(first, end, run);
        return MatchTo(start, last > first ? last : start);
    }
}

/// <summary>\s+$</summary>
internal sealed class TrailingSpacePattern : SplitPattern
{
    public override string Expression => @"\s+$";

    public override SplitMatch Match(CodePoints text, int start, int end)
    {
        int run = text.EndOfRun(start, end, CodePointClass.WhiteSpace);
        return run == end ? new(true, end) : new(false, Math.Max(run, start + 1));
    }
}

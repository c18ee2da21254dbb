using System.Globalization;
using System.Text;

namespace SeekSharp.Tokenizers;

/// <summary>What the patterns of pre-tokenizers ask of a code point.</summary>
[Flags]
internal enum CodePointClass : byte
{
    /// <summary>None of the classes below: control and format characters, unassigned code points.</summary>
    None = 0,
    /// <summary>\p{L}.</summary>
    Letter = 1,
    /// <summary>\p{M}.</summary>
    Mark = 2,
    /// <summary>\p{N}.</summary>
    Number = 4,
    /// <summary>\p{P}.</summary>
    Punctuation = 8,
    /// <summary>\p{S}.</summary>
    Symbol = 16,
    /// <summary>\s: Unicode's White_Space. (JavaScript's \s has U+FEFF more and U+0085 less; the tokenizers' own engines do as we do.)</summary>
    WhiteSpace = 32,
    /// <summary>[\r\n].</summary>
    LineBreak = 64,
}

/// <summary>
/// A text as code points, each with its class and its place in UTF-8. The patterns of pre-tokenizers are written for code points; .NET's own
/// regular expressions see UTF-16 units, for which U+20000 is no letter and an emoji is no symbol.
/// </summary>
internal sealed class CodePoints
{
    private static readonly CodePointClass[] s_basicPlane = CreateBasicPlane();

    private readonly int[] _values;
    private readonly CodePointClass[] _classes;
    private readonly int[] _byteStarts;
    private readonly byte[] _utf8;

    /// <summary>Takes a text apart.</summary>
    /// <param name="text">Any text; unpaired surrogates become U+FFFD.</param>
    public CodePoints(ReadOnlySpan<char> text)
    {
        _values = new int[text.Length];
        _classes = new CodePointClass[text.Length];
        _byteStarts = new int[text.Length + 1];
        _utf8 = new byte[text.Length * 3L];
        int bytes = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            _values[Count] = rune.Value;
            _classes[Count] = Classify(rune.Value);
            _byteStarts[Count++] = bytes;
            bytes += rune.EncodeToUtf8(_utf8.AsSpan(bytes));
        }

        _byteStarts[Count] = bytes;
    }

    /// <summary>Number of code points.</summary>
    public int Count { get; }

    /// <summary>A code point.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    public int this[int index] => _values[index];

    /// <summary>Whether a code point is of one of some classes.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    /// <param name="classes">The classes.</param>
    /// <returns>True where it is.</returns>
    public bool Is(int index, CodePointClass classes) => (_classes[index] & classes) != 0;

    /// <summary>The UTF-8 of some code points.</summary>
    /// <param name="start">The first.</param>
    /// <param name="end">Behind the last.</param>
    /// <returns>The bytes.</returns>
    public ReadOnlySpan<byte> Utf8(int start, int end) => _utf8.AsSpan(_byteStarts[start], _byteStarts[end] - _byteStarts[start]);

    /// <summary>Where a run of some classes ends.</summary>
    /// <param name="start">Where it may start.</param>
    /// <param name="end">Where the text ends.</param>
    /// <param name="classes">The classes.</param>
    /// <returns>Behind the last code point of the run; <paramref name="start"/> where there is none.</returns>
    public int EndOfRun(int start, int end, CodePointClass classes)
    {
        while (start < end && Is(start, classes)) start++;
        return start;
    }

    /// <summary>Where a run of everything but some classes ends.</summary>
    /// <param name="start">Where it may start.</param>
    /// <param name="end">Where the text ends.</param>
    /// <param name="classes">The classes that end it.</param>
    /// <returns>Behind the last code point of the run; <paramref name="start"/> where there is none.</returns>
    public int EndOfRunWithout(int start, int end, CodePointClass classes)
    {
        while (start < end && !Is(start, classes)) start++;
        return start;
    }

    private static CodePointClass Classify(int codePoint) =>
        codePoint < s_basicPlane.Length ? s_basicPlane[codePoint] : Compute(codePoint);

    private static CodePointClass[] CreateBasicPlane()
    {
        var classes = new CodePointClass[0x10000];
        for (int codePoint = 0; codePoint < classes.Length; codePoint++) classes[codePoint] = Compute(codePoint);
        return classes;
    }

    private static CodePointClass Compute(int codePoint)
    {
        CodePointClass general = CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            <= UnicodeCategory.OtherLetter => CodePointClass.Letter,
            <= UnicodeCategory.EnclosingMark => CodePointClass.Mark,
            <= UnicodeCategory.OtherNumber => CodePointClass.Number,
            >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation => CodePointClass.Punctuation,
            >= UnicodeCategory.MathSymbol and <= UnicodeCategory.OtherSymbol => CodePointClass.Symbol,
            _ => CodePointClass.None,
        };
        if (codePoint is '\r' or '\n') general |= CodePointClass.LineBreak;
        return codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint) ? general | CodePointClass.WhiteSpace : general;
    }
}

namespace SeekSharp.Tokenizers;

/// <summary>
/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// (Llama 3; Qwen2 with \p{N} in place of \p{N}{1,3})
/// </summary>
/// <param name="mostDigits">Most digits of a number.</param>
internal sealed class WordPattern(int mostDigits) : SplitPattern
{
    private const CodePointClass LetterOrNumber = CodePointClass.Letter | CodePointClass.Number;

    public override string Expression { get; } =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|" + new NumberPattern(mostDigits).Expression +
        @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public override SplitMatch Match(CodePoints text, int start, int end)
    {
        // (?i:'s|'t|'re|'ve|'m|'ll|'d)
        if (text[start] == '\'' && EndOfContraction(text, start + 1, end) is var contraction && contraction > 0) return new(true, contraction);

        // [^\r\n\p{L}\p{N}]?\p{L}+
        int letters = text.Is(start, LetterOrNumber | CodePointClass.LineBreak) ? start : start + 1;
        int word = text.EndOfRun(letters, end, CodePointClass.Letter);
        if (word > letters) return new(true, word);

        // \p{N}{1,3}
        int number = text.EndOfRun(start, (int)Math.Min((long)start + mostDigits, end), CodePointClass.Number);
        if (number > start) return new(true, number);

        //  ?[^\s\p{L}\p{N}]+[\r\n]*
        int signs = text[start] == ' ' ? start + 1 : start;
        int other = text.EndOfRunWithout(signs, end, LetterOrNumber | CodePointClass.WhiteSpace);
        if (other > signs) return new(true, text.EndOfRun(other, end, CodePointClass.LineBreak));

        // \s*[\r\n]+|\s+(?!\S)|\s+
        return MatchTo(start, EndOfWhiteSpace(text, start, end));
    }

    /// <summary>
    /// The end of a contraction behind its apostrophe, or 0. Only ASCII letters change case here, as in llama.cpp and transformers.js; full Unicode
    /// case folding would also take "'ſ" (U+017F) for "'s".
    /// </summary>
    private static int EndOfContraction(CodePoints text, int start, int end)
    {
        int first = start < end ? Lower(text[start]) : 0;
        if (first is 's' or 't' or 'm' or 'd') return start + 1;
        int second = start + 1 < end ? Lower(text[start + 1]) : 0;
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? start + 2 : 0;

        static int Lower(int codePoint) => codePoint is >= 'A' and <= 'Z' ? codePoint | 0x20 : codePoint;
    }
}

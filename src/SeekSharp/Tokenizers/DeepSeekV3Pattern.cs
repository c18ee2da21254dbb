namespace SeekSharp.Tokenizers;

/// <summary>
/// [!"#$%&amp;'()*+,\-./:;&lt;=&gt;?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// </summary>
internal sealed class DeepSeekV3Pattern : SplitPattern
{
    private const CodePointClass LetterOrMark = CodePointClass.Letter | CodePointClass.Mark;
    private const CodePointClass Sign = CodePointClass.Punctuation | CodePointClass.Symbol;

    public override string Expression =>
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public override SplitMatch Match(CodePoints text, int start, int end)
    {
        // [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+
        if (text[start] < 0x80 && text.Is(start, Sign))
        {
            int ascii = start + 1;
            while (ascii < end && text[ascii] < 0x80 && char.IsAsciiLetter((char)text[ascii])) ascii++;
            if (ascii > start + 1) return new(true, ascii);
        }

        // [^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+ : a mark that leads belongs to the run either way.
        int letters = text.Is(start, LetterOrMark | Sign | CodePointClass.LineBreak) ? start : start + 1;
        int word = text.EndOfRun(letters, end, LetterOrMark);
        if (word > letters) return new(true, word);

        //  ?[\p{P}\p{S}]+[\r\n]*
        int signs = text[start] == ' ' ? start + 1 : start;
        int other = text.EndOfRun(signs, end, Sign);
        if (other > signs) return new(true, text.EndOfRun(other, end, CodePointClass.LineBreak));

        // \s*[\r\n]+|\s+(?!\S)|\s+
        return MatchTo(start, EndOfWhiteSpace(text, start, end));
    }
}

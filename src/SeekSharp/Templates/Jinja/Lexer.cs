using System.Globalization;
using System.Text;

namespace SeekSharp.Templates.Jinja;

/// <summary>
/// Cuts a template into words, in one pass. White space follows Jinja2 with trim_blocks (the line break after a block or comment goes) and lstrip_blocks
/// (the indentation before one goes); a minus inside the braces takes all white space, a plus keeps it.
/// </summary>
internal sealed class Lexer
{
    internal const int MaximumLength = 1 << 20;
    private const int MaximumNameLength = 256;

    // Longest first, so that the first match is right.
    private static readonly string[] Operators =
        ["**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ","];

    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _position;
    private int _line = 1;
    private int _counted;

    private Lexer(string source) => _source = source;

    private enum Trim
    {
        Nothing,
        LineBreak,
        WhiteSpace,
    }

    internal static List<Token> Read(string source)
    {
        if (source.Length > MaximumLength)
            throw new ChatTemplateException($"it has {source.Length} characters, more than {MaximumLength}", 1);
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (source.EndsWith('\n')) source = source[..^1];
        return new Lexer(source).Run();
    }

    private List<Token> Run()
    {
        var trim = Trim.Nothing;
        bool atLineStart = true;
        while (true)
        {
            int start = SkipTrimmed(trim, ref atLineStart);
            int tag = FindTag(start);
            if (tag < 0)
            {
                AddText(start, _source.Length);
                break;
            }

            char kind = _source[tag + 1];
            char sign = tag + 2 < _source.Length && _source[tag + 2] is '-' or '+' ? _source[tag + 2] : ' ';
            AddText(start, EndOfText(start, tag, sign, kind != '{', atLineStart));
            _position = tag + (sign == ' ' ? 2 : 3);
            trim = kind switch
            {
                '#' => ReadComment(),
                '%' => ReadTag(TokenKind.BlockStart, TokenKind.BlockEnd, "%}"),
                _ => ReadTag(TokenKind.PrintStart, TokenKind.PrintEnd, "}}"),
            };
            atLineStart = false;
        }

        _position = _source.Length;
        _tokens.Add(new Token(TokenKind.End, "", LineHere()));
        return _tokens;
    }

    private int SkipTrimmed(Trim trim, ref bool atLineStart)
    {
        int start = _position;
        if (trim == Trim.WhiteSpace)
        {
            while (_position < _source.Length && Characters.IsSpace(_source[_position])) _position++;
        }
        else if (trim == Trim.LineBreak && _position < _source.Length && _source[_position] == '\n')
        {
            _position++;
        }

        if (_position > start) atLineStart = _source[_position - 1] == '\n';
        return _position;
    }

    private int FindTag(int start)
    {
        for (int at = start; (at = _source.IndexOf('{', at)) >= 0 && at + 1 < _source.Length; at++)
        {
            if (_source[at + 1] is '{' or '%' or '#') return at;
        }

        return -1;
    }

    private int EndOfText(int start, int tag, char sign, bool isBlock, bool atLineStart)
    {
        int end = tag;
        if (sign == '-')
        {
            while (end > start && Characters.IsSpace(_source[end - 1])) end--;
            return end;
        }

        if (!isBlock || sign == '+') return tag;
        while (end > start && _source[end - 1] != '\n' && Characters.IsSpace(_source[end - 1])) end--;
        bool wholeIndentation = end > start ? _source[end - 1] == '\n' : atLineStart;
        return wholeIndentation ? end : tag;
    }

    private void AddText(int start, int end)
    {
        if (end <= start) return;
        _position = start;
        _tokens.Add(new Token(TokenKind.Text, _source[start..end], LineHere()));
    }

    private Trim ReadComment()
    {
        int end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0) throw Fail("a comment is not closed");
        char sign = end > _position ? _source[end - 1] : ' ';
        _position = end + 2;
        return TrimAfter(sign, isBlock: true);
    }

    private static Trim TrimAfter(char sign, bool isBlock) => sign switch
    {
        '-' => Trim.WhiteSpace,
        '+' => Trim.Nothing,
        _ => isBlock ? Trim.LineBreak : Trim.Nothing,
    };

    private Trim ReadTag(TokenKind opening, TokenKind closing, string end)
    {
        Add(opening, end == "%}" ? "{%" : "{{");
        var brackets = new Stack<char>();
        while (true)
        {
            while (_position < _source.Length && Characters.IsSpace(_source[_position])) _position++;
            if (_position >= _source.Length) throw Fail($"a tag is not closed with '{end}'");
            char c = _source[_position];
            if (brackets.Count == 0)
            {
                char sign = c is '-' or '+' ? c : ' ';
                int at = sign == ' ' ? _position : _position + 1;
                if (string.CompareOrdinal(_source, at, end, 0, 2) == 0 && !(sign == '+' && end == "}}"))
                {
                    Add(closing, end);
                    _position = at + 2;
                    return TrimAfter(sign, isBlock: end == "%}");
                }
            }

            if (c is '\'' or '"') ReadString(c);
            else if (char.IsAsciiDigit(c)) ReadNumber();
            else if (c == '_' || char.IsLetter(c)) ReadName();
            else ReadOperator(brackets);
        }
    }

    private void ReadName()
    {
        int end = _position;
        while (end < _source.Length && (_source[end] == '_' || char.IsLetterOrDigit(_source[end]))) end++;
        if (end - _position > MaximumNameLength) throw Fail($"a name is longer than {MaximumNameLength} characters");
        Add(TokenKind.Name, _source[_position..end]);
        _position = end;
    }

    private void ReadNumber()
    {
        int end = SkipDigits(_position);
        var kind = TokenKind.Integer;
        bool afterDot = _tokens[^1].Is(TokenKind.Operator, ".");
        if (!afterDot && end + 1 < _source.Length && _source[end] == '.' && char.IsAsciiDigit(_source[end + 1]))
        {
            kind = TokenKind.Float;
            end = SkipDigits(end + 1);
        }

        if (!afterDot && end < _source.Length && _source[end] is 'e' or 'E')
        {
            int digits = end + 1 < _source.Length && _source[end + 1] is '+' or '-' ? end + 2 : end + 1;
            if (digits < _source.Length && char.IsAsciiDigit(_source[digits]))
            {
                kind = TokenKind.Float;
                end = SkipDigits(digits);
            }
        }

        Add(kind, _source[_position..end].Replace("_", "", StringComparison.Ordinal));
        _position = end;
    }

    private int SkipDigits(int at)
    {
        while (IsDigit(at) || (at < _source.Length && _source[at] == '_' && IsDigit(at + 1))) at++;
        return at;
    }

    private bool IsDigit(int at) => at < _source.Length && char.IsAsciiDigit(_source[at]);

    private void ReadString(char quote)
    {
        int end = _position + 1;
        while (end < _source.Length && _source[end] != quote) end += _source[end] == '\\' ? 2 : 1;
        if (end >= _source.Length) throw Fail("a string is not closed");
        Add(TokenKind.String, Unescape(_source.AsSpan(_position + 1, end - _position - 1)));
        _position = end + 1;
    }

    /// <summary>Python's string escapes; one that it does not know stays as written.</summary>
    private string Unescape(ReadOnlySpan<char> text)
    {
        if (!text.Contains('\\')) return text.ToString();
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            char escape = text[++i];
            int hexadecimal = escape switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (hexadecimal > 0)
            {
                AppendCodePoint(result, text[(i + 1)..], hexadecimal);
                i += hexadecimal;
                continue;
            }

            const string Names = "ntrbfva0\\'\"";
            int known = Names.IndexOf(escape, StringComparison.Ordinal);
            if (known >= 0) result.Append("\n\t\r\b\f\v\a\0\\'\""[known]);
            else if (escape != '\n') result.Append('\\').Append(escape);
        }

        return result.ToString();
    }

    private void AppendCodePoint(StringBuilder result, ReadOnlySpan<char> digits, int count)
    {
        int code = -1;
        bool isNumber = digits.Length >= count && int.TryParse(digits[..count], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code);
        if (!isNumber || code is < 0 or > 0x10FFFF) throw Fail("a string has a malformed escape");
        if (code > 0xFFFF) result.Append(char.ConvertFromUtf32(code));
        else result.Append((char)code);
    }

    private void ReadOperator(Stack<char> brackets)
    {
        foreach (string candidate in Operators)
        {
            if (string.CompareOrdinal(_source, _position, candidate, 0, candidate.Length) != 0) continue;
            char c = candidate[0];
            if (c is '(' or '[' or '{') brackets.Push(c);
            else if (c is ')' or ']' or '}' && !Closes(brackets, c)) throw Fail($"unexpected '{c}'");
            Add(TokenKind.Operator, candidate);
            _position += candidate.Length;
            return;
        }

        throw Fail($"unexpected character '{_source[_position]}'");
    }

    private static bool Closes(Stack<char> brackets, char closing) =>
        brackets.TryPop(out char opening) && closing == (opening switch { '(' => ')', '[' => ']', _ => '}' });

    private void Add(TokenKind kind, string text) => _tokens.Add(new Token(kind, text, LineHere()));

    private int LineHere()
    {
        int end = Math.Min(_position, _source.Length);
        if (end > _counted)
        {
            _line += _source.AsSpan(_counted, end - _counted).Count('\n');
            _counted = end;
        }

        return _line;
    }

    private ChatTemplateException Fail(string problem) => new(problem, LineHere());
}

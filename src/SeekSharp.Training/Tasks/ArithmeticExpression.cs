namespace SeekSharp.Training.Tasks;

/// <summary>
/// Reads and computes expressions of whole numbers, + - * / and parentheses, exactly, as fractions. The text is a model's: length and depth are
/// bounded, and
/// whatever is no expression, divides by zero or grows too large is refused without an exception.
/// </summary>
internal ref struct ArithmeticExpression
{
    private const int Longest = 256, Deepest = 32, MostDigits = 9;

    private readonly ReadOnlySpan<char> _text;
    private readonly List<long> _numbers = [];
    private int _at;
    private int _depth;

    private ArithmeticExpression(ReadOnlySpan<char> text) => _text = text;

    private readonly record struct Fraction(long Numerator, long Denominator);

    /// <summary>Computes an expression.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="numerator">Numerator of the value, in lowest terms.</param>
    /// <param name="denominator">Its denominator, positive.</param>
    /// <param name="numbers">The numbers that are written in it, in order.</param>
    /// <returns>Whether it is an expression and has a value.</returns>
    public static bool TryCompute(ReadOnlySpan<char> text, out long numerator, out long denominator, out IReadOnlyList<long> numbers)
    {
        (numerator, denominator) = (0, 1);
        numbers = [];
        if (text.Length > Longest) return false;
        var reader = new ArithmeticExpression(text);
        if (!reader.TrySum(out Fraction value)) return false;
        reader.SkipSpaces();
        if (reader._at != text.Length) return false;
        (numerator, denominator) = (value.Numerator, value.Denominator);
        numbers = reader._numbers;
        return true;
    }

    private bool TrySum(out Fraction value)
    {
        if (!TryProduct(out value)) return false;
        while (Peek() is '+' or '-' or '−')
        {
            bool isSum = Take() == '+';
            if (!TryProduct(out Fraction right) || !TryCombine(isSum ? '+' : '-', value, right, out value)) return false;
        }

        return true;
    }

    private bool TryProduct(out Fraction value)
    {
        if (!TryFactor(out value)) return false;
        while (Peek() is '*' or '×' or '·' or '/' or '÷')
        {
            bool isProduct = Take() is '*' or '×' or '·';
            if (!TryFactor(out Fraction right) || !TryCombine(isProduct ? '*' : '/', value, right, out value)) return false;
        }

        return true;
    }

    private bool TryFactor(out Fraction value)
    {
        value = default;
        if (Peek() != '(') return TryNumber(out value);
        if (++_depth > Deepest) return false;
        _at++;
        if (!TrySum(out value) || Peek() != ')') return false;
        _at++;
        _depth--;
        return true;
    }

    private bool TryNumber(out Fraction value)
    {
        int start = _at;
        long number = 0;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]) && _at - start < MostDigits) number = (number * 10) + (_text[_at++] - '0');
        value = new Fraction(number, 1);
        if (_at == start) return false;
        _numbers.Add(number);
        return true;
    }

    private static bool TryCombine(char operation, Fraction left, Fraction right, out Fraction value)
    {
        value = default;
        if (operation == '/')
        {
            if (right.Numerator == 0) return false;
            right = right.Numerator < 0 ? new Fraction(-right.Denominator, -right.Numerator) : new Fraction(right.Denominator, right.Numerator);
        }

        // Parts are kept below 2^62, so that no product of two leaves 128 bits.
        Int128 numerator = operation switch
        {
            '+' => ((Int128)left.Numerator * right.Denominator) + ((Int128)right.Numerator * left.Denominator),
            '-' => ((Int128)left.Numerator * right.Denominator) - ((Int128)right.Numerator * left.Denominator),
            _ => (Int128)left.Numerator * right.Numerator,
        };
        Int128 denominator = (Int128)left.Denominator * right.Denominator;
        Int128 divisor = GreatestDivisor(Int128.Abs(numerator), denominator);
        (numerator, denominator) = (numerator / divisor, denominator / divisor);
        if (Int128.Abs(numerator) >= 1L << 62 || denominator >= 1L << 62) return false;
        value = new Fraction((long)numerator, (long)denominator);
        return true;
    }

    private static Int128 GreatestDivisor(Int128 a, Int128 b)
    {
        while (b != 0) (a, b) = (b, a % b);
        return a;
    }

    private char Peek()
    {
        SkipSpaces();
        return _at < _text.Length ? _text[_at] : '\0';
    }

    private char Take() => _text[_at++];

    private void SkipSpaces()
    {
        while (_at < _text.Length && _text[_at] == ' ') _at++;
    }
}

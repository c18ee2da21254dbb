using System.Globalization;
using System.Text;

namespace SeekSharp.Training.Tasks;

/// <summary>
/// Arithmetic as it is written down on the way to an answer. Every family writes its sums and products like this, so that what is learned in one
/// helps in
/// all. One line holds one step that a small model can take: a fact about digits, and in brackets what is known of the result so far.
/// </summary>
/// <remarks>
/// 457 + 86 is "457+086:", "7+6=13 (3)", "5+8+1=14 (43)", "4+0+1=5 (543)", "457+86=543". Numbers are nonnegative unless a method says otherwise.
/// </remarks>
internal sealed class Working
{
    private const int Base = 10;
    private readonly StringBuilder _text = new();

    /// <summary>What was written, without a line break at its end.</summary>
    public string Text => _text.ToString();

    /// <summary>Writes a line.</summary>
    public Working Line(string text)
    {
        if (_text.Length > 0) _text.Append('\n');
        _text.Append(text);
        return this;
    }

    /// <summary>Adds: at once where it is one step in the head, else column by column.</summary>
    public long Add(long left, long right)
    {
        if (left == 0 || right == 0 || (Math.Min(left, right) < Base && Math.Max(left, right) < 100)) return Fact(left, '+', right, left + right);
        (string upper, string lower) = Padded(left, right);
        Line($"{upper}+{lower}:");
        string written = "";
        int carry = 0;
        for (int i = upper.Length - 1; i >= 0; i--)
        {
            int sum = Digit(upper, i) + Digit(lower, i) + carry;
            string digits = sum.ToString(CultureInfo.InvariantCulture);
            written = (i == 0 ? digits : digits[^1..]) + written;
            Line($"{upper[i]}+{lower[i]}{(carry > 0 ? "+1" : "")}={sum} ({written})");
            carry = sum / Base;
        }

        return Fact(left, '+', right, left + right);
    }

    /// <summary>Subtracts; where the result is negative, the other way round first.</summary>
    public long Subtract(long left, long right)
    {
        if (left < right)
        {
            Line($"{left}<{right}");
            Subtract(right, left);
            return Fact(left, '-', right, left - right);
        }

        if (right == 0 || left < 20 || (right < Base && left < 100)) return Fact(left, '-', right, left - right);
        SubtractColumns(left, right);
        return Fact(left, '-', right, left - right);
    }

    /// <summary>
    /// Multiplies: small facts at once, powers of ten by their zeros, a last zero set aside, else digit by digit of the shorter factor.
    /// </summary>
    public long Multiply(long left, long right)
    {
        if (Math.Max(left, right) <= 12 || IsRound(left) || IsRound(right) || Math.Min(left, right) <= 1) return Fact(left, '*', right, left * right);
        (long longer, long shorter) = left >= right ? (left, right) : (right, left);
        if (longer % Base == 0) Multiply(longer / Base, shorter);
        else if (shorter % Base == 0) Multiply(longer, shorter / Base);
        else if (shorter < Base) MultiplyColumns(longer, shorter);
        else MultiplyParts(longer, shorter);
        return Fact(left, '*', right, left * right);
    }

    /// <summary>Divides with remainder, from the first digit to the last.</summary>
    /// <returns>Quotient and remainder.</returns>
    public (long Quotient, long Remainder) Divide(long dividend, long divisor)
    {
        if (dividend >= Base && dividend / divisor >= Base)
        {
            Line($"{dividend}/{divisor}:");
            long rest = 0;
            string written = "";
            foreach (char digit in dividend.ToString(CultureInfo.InvariantCulture))
            {
                rest = (rest * Base) + (digit - '0');
                written += (rest / divisor).ToString(CultureInfo.InvariantCulture);
                Line($"{rest}={divisor}*{rest / divisor}+{rest % divisor} ({written})");
                rest %= divisor;
            }
        }

        Line($"{dividend}={divisor}*{dividend / divisor}+{dividend % divisor}");
        return (dividend / divisor, dividend % divisor);
    }

    /// <summary>Divides where nothing remains.</summary>
    public long DivideExactly(long dividend, long divisor)
    {
        if (dividend >= Base && dividend / divisor > 12 && !IsRound(divisor)) Divide(dividend, divisor);
        return Fact(dividend, '/', divisor, dividend / divisor);
    }

    /// <summary>Writes one line that says what an operation gives.</summary>
    public long Fact(long left, char operation, long right, long result)
    {
        Line($"{left}{operation}{(right < 0 ? $"({right})" : right)}={result}");
        return result;
    }

    /// <summary>A calculation by its sign.</summary>
    public long Calculate(long left, char operation, long right) => operation switch
    {
        '+' => Add(left, right),
        '-' => Subtract(left, right),
        '*' => Multiply(left, right),
        '/' => DivideExactly(left, right),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    /// <summary>As <see cref="Calculate(long, char, long)"/>, for numbers of either sign: signs are settled first.</summary>
    public long CalculateSigned(long left, char operation, long right)
    {
        if (left >= 0 && right >= 0) return Calculate(left, operation, right);
        long result = operation switch { '+' => left + right, '-' => left - right, '*' => left * right, _ => left / right };
        return Fact(left, operation, right, result);
    }

    private void SubtractColumns(long left, long right)
    {
        (string upper, string lower) = Padded(left, right);
        Line($"{upper}-{lower}:");
        string written = "";
        int borrow = 0;
        for (int i = upper.Length - 1; i >= 0; i--)
        {
            int difference = Digit(upper, i) - Digit(lower, i) - borrow;
            bool borrows = difference < 0;
            int digit = borrows ? difference + Base : difference;
            written = digit.ToString(CultureInfo.InvariantCulture) + written;
            Line($"{(borrows ? "1" : "")}{upper[i]}-{lower[i]}{(borrow > 0 ? "-1" : "")}={digit} ({written})");
            borrow = borrows ? 1 : 0;
        }
    }

    private void MultiplyColumns(long number, long digit)
    {
        string digits = number.ToString(CultureInfo.InvariantCulture);
        Line($"{number}*{digit}:");
        string written = "";
        long carry = 0;
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            long product = (Digit(digits, i) * digit) + carry;
            string result = product.ToString(CultureInfo.InvariantCulture);
            written = (i == 0 ? result : result[^1..]) + written;
            string sum = carry > 0 ? $"+{carry}={Digit(digits, i) * digit}+{carry}" : "";
            Line($"{digits[i]}*{digit}{sum}={product} ({written})");
            carry = product / Base;
        }
    }

    /// <summary>One product per digit of the shorter factor, then their sum.</summary>
    private void MultiplyParts(long longer, long shorter)
    {
        long total = -1, place = 1;
        foreach (char digit in shorter.ToString(CultureInfo.InvariantCulture).Reverse())
        {
            if (digit != '0')
            {
                long product = Multiply(longer, digit - '0') * place;
                if (place > 1) Line($"{longer}*{(digit - '0') * place}={product}");
                total = total < 0 ? product : Add(total, product);
            }

            place *= Base;
        }
    }

    private static int Digit(string digits, int at) => digits[at] - '0';

    private static bool IsRound(long number) => number is 10 or 100 or 1000 or 10_000;

    private static (string Upper, string Lower) Padded(long left, long right)
    {
        string upper = left.ToString(CultureInfo.InvariantCulture), lower = right.ToString(CultureInfo.InvariantCulture);
        int length = Math.Max(upper.Length, lower.Length);
        return (upper.PadLeft(length, '0'), lower.PadLeft(length, '0'));
    }
}

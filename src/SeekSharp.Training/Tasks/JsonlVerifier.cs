using System.Text.Json;
using System.Text.RegularExpressions;

namespace SeekSharp.Training.Tasks;

/// <summary>How the answer to a user's problem is checked. Immutable; total and bounded in time, whatever the answer is.</summary>
internal abstract class JsonlVerifier
{
    /// <summary>The verifiers' names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["exact", "number", "regex", "json"];

    /// <summary>An answer that is right, or null where none is known.</summary>
    public abstract string? Example { get; }

    /// <summary>What a lenient grader looks for.</summary>
    public virtual AnswerForm Form => AnswerForm.Text;

    /// <summary>Whether an answer, trimmed and of bounded length, is right.</summary>
    public abstract bool Accepts(string answer);

    /// <summary>Makes a verifier.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="answer">The right answer; for "regex" a pattern that the whole answer must match.</param>
    /// <param name="example">An answer to learn from where <paramref name="answer"/> is a pattern, or null.</param>
    /// <exception cref="FormatException">The answer is not what this verifier needs; the message ends a sentence.</exception>
    public static JsonlVerifier Create(string name, string answer, string? example) => name switch
    {
        "exact" => new Exact(answer.Trim()),
        "number" => new Number(answer.Trim()),
        "regex" => new Pattern(answer, example),
        "json" => new Json(answer),
        _ => throw new FormatException($"has the verifier '{name}', which is none of {string.Join(", ", Names)}"),
    };

    private sealed class Exact(string expected) : JsonlVerifier
    {
        public override string Example => expected;

        public override bool Accepts(string answer) => string.Equals(expected, answer, StringComparison.Ordinal);
    }

    private sealed class Number : JsonlVerifier
    {
        private readonly decimal _expected;

        public Number(string expected)
        {
            if (!AnswerText.TryNumber(expected, out _expected))
                throw new FormatException("has the verifier 'number', but its answer is no plain decimal number of at most 28 digits");
            Example = expected;
        }

        public override string Example { get; }

        public override AnswerForm Form => AnswerForm.Number;

        public override bool Accepts(string answer) => AnswerText.TryNumber(answer, out decimal given) && given == _expected;
    }

    private sealed class Pattern : JsonlVerifier
    {
        private const int LongestPattern = 1000;
        private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(100);
        private readonly Regex _pattern;

        public Pattern(string pattern, string? example)
        {
            if (pattern.Length > LongestPattern)
                throw new FormatException($"has a regular expression of {pattern.Length} characters; {LongestPattern} are allowed");
            try
            {
                _pattern = new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, s_timeout);
            }
            catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
            {
                throw new FormatException("has a regular expression that cannot be used (back references and look-around are not supported)", exception);
            }

            if (example is not null && !Accepts(example.Trim()))
                throw new FormatException("has an example that its own regular expression does not match");
            Example = example?.Trim();
        }

        public override string? Example { get; }

        public override bool Accepts(string answer)
        {
            try
            {
                return _pattern.IsMatch(answer);
            }
            catch (RegexMatchTimeoutException)
            {
                return false;
            }
        }
    }

    private sealed class Json : JsonlVerifier
    {
        private readonly JsonElement _expected;

        public Json(string expected)
        {
            _expected = TryParse(expected) ?? throw new FormatException("has the verifier 'json', but its answer is no JSON");
            Example = expected.Trim();
        }

        public override string Example { get; }

        public override bool Accepts(string answer) => TryParse(answer) is { } given && AreEqual(given);

        private bool AreEqual(JsonElement given)
        {
            try
            {
                return JsonElement.DeepEquals(_expected, given);
            }
            catch (InvalidOperationException)
            {
                // Half a surrogate pair, noticed when the text is read.
                return false;
            }
        }

        private static JsonElement? TryParse(string text)
        {
            try
            {
                return JsonElement.Parse(text);
            }
            catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
            {
                return null;
            }
        }
    }
}

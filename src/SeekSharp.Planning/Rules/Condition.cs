using System.Globalization;

namespace SeekSharp.Planning.Rules;

/// <summary>One comparison of a rule: "tpp &gt;= 4800", "density &lt; 5.92", "not data centre", "vendor NVIDIA", "closed".</summary>
internal sealed record Condition
{
    private const string VendorPrefix = "vendor ";
    private static readonly string[] Comparisons = [">=", "<=", ">", "<"];

    private Condition(string text) => Text = text;

    /// <summary>As rules.json has it.</summary>
    public string Text { get; }

    /// <summary>What is compared with a number; null for a property that an item has or has not.</summary>
    public Measure? Measure { get; private init; }

    public string Comparison { get; private init; } = "";

    public double Threshold { get; private init; }

    /// <exception cref="FormatException">The text is no condition.</exception>
    public static Condition Parse(string text)
    {
        if (text is "data centre" or "not data centre" or "closed" || text.StartsWith(VendorPrefix, StringComparison.Ordinal)) return new Condition(text);
        string[] words = text.Split(' ');
        if (words.Length == 3 && Comparisons.Contains(words[1]) && double.TryParse(words[2], NumberStyles.Float, CultureInfo.InvariantCulture, out double threshold))
        {
            foreach (Measure measure in Enum.GetValues<Measure>())
                if (measure.Key() == words[0]) return new Condition(text) { Measure = measure, Comparison = words[1], Threshold = threshold };
        }

        throw new FormatException($"'{text}' is no condition of a rule.");
    }

    /// <summary>Whether an item meets it; null where the item's figure is unknown.</summary>
    public bool? Holds(RuledItem item)
    {
        if (Measure is not { } measure)
        {
            return Text switch
            {
                "data centre" => item.IsDataCenter,
                "not data centre" => !item.IsDataCenter,
                "closed" => item.IsClosed,
                _ => item.Vendor.Equals(Text[VendorPrefix.Length..], StringComparison.OrdinalIgnoreCase),
            };
        }

        if (!item.Values.TryGetValue(measure, out double value)) return null;
        return Comparison switch
        {
            ">=" => value >= Threshold,
            "<=" => value <= Threshold,
            ">" => value > Threshold,
            _ => value < Threshold,
        };
    }

    /// <summary>How the item stands to it, in words: "TPP 15,832 is 11,032 over 4,800".</summary>
    public string Describe(RuledItem item)
    {
        if (Measure is not { } measure)
        {
            return Text switch
            {
                "data centre" or "not data centre" => item.IsDataCenter ? "it is designed or marketed for data centres" : "it is not designed or marketed for data centres",
                "closed" => item.IsClosed ? "the weights are closed" : "the weights are open",
                _ => $"its vendor is {(item.Vendor.Length > 0 ? item.Vendor : "unknown")}",
            };
        }

        string limit = measure.Text(Threshold);
        if (!item.Values.TryGetValue(measure, out double value)) return $"{measure.Words()} is unknown, the threshold is {limit}";
        double difference = value - Threshold;
        string how = difference == 0 ? "equal to" : $"{measure.Text(Math.Abs(difference))} {(difference > 0 ? "over" : "under")}";
        return $"{measure.Words()} {measure.Text(value)} is {how} {limit}";
    }
}

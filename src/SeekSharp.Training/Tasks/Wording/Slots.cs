using System.Collections;
using System.Globalization;

namespace SeekSharp.Training.Tasks.Wording;

/// <summary>What stands in the slots of a phrase, by name.</summary>
internal sealed class Slots : IEnumerable
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>What stands in a slot.</summary>
    /// <exception cref="InvalidOperationException">The family gives no such slot: an error in its wordings.</exception>
    public string this[string name] =>
        _values.TryGetValue(name, out string? value) ? value : throw new InvalidOperationException($"A wording has the slot '{name}', which its family does not fill.");

    /// <summary>Fills a slot.</summary>
    public void Add(string name, string value) => _values[name] = value;

    /// <summary>Fills a slot with a number.</summary>
    public void Add(string name, long value) => _values[name] = value.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public IEnumerator GetEnumerator() => _values.GetEnumerator();
}

namespace SeekSharp.Inference;

/// <summary>Lets text through up to a stop string, and holds back what may be the beginning of one.</summary>
/// <param name="stopStrings">Strings that end the text; none may be empty.</param>
internal sealed class StopStringFilter(IReadOnlyList<string> stopStrings)
{
    private string _held = "";

    /// <summary>Whether a stop string was found; nothing comes through after it.</summary>
    public bool Stopped => Stop is not null;

    /// <summary>The stop string that was found, or null.</summary>
    public string? Stop { get; private set; }

    /// <summary>Takes text in.</summary>
    /// <param name="text">What follows.</param>
    /// <returns>What is certainly not a part of a stop string.</returns>
    public string Add(string text)
    {
        if (Stopped) return "";
        if (stopStrings.Count == 0) return text;
        string all = _held + text;
        int end = FindStop(all);
        if (!Stopped) end = all.Length - LongestBeginning(all);
        _held = Stopped ? "" : all[end..];
        return all[..end];
    }

    /// <summary>Says that no text follows.</summary>
    /// <returns>What was held back.</returns>
    public string Flush()
    {
        string rest = _held;
        _held = "";
        return rest;
    }

    /// <summary>Where the first stop string begins, or -1; notes which one it is.</summary>
    private int FindStop(string text)
    {
        int first = -1;
        foreach (string stop in stopStrings)
        {
            int index = text.IndexOf(stop, StringComparison.Ordinal);
            if (index < 0 || (first >= 0 && index >= first)) continue;
            first = index;
            Stop = stop;
        }

        return first;
    }

    // Length of the longest end of the text that a stop string begins with.
    private int LongestBeginning(string text)
    {
        int longest = 0;
        foreach (string stop in stopStrings)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length))) longest = length;
            }
        }

        return longest;
    }
}

namespace SeekSharp.Training.Tasks.Wording;

/// <summary>A piece of an expanded phrase.</summary>
/// <param name="Text">The text.</param>
/// <param name="IsSlot">Whether it is what the problem is about, which must stay as it is; else it is wording.</param>
internal readonly record struct PhrasePart(string Text, bool IsSlot);

/// <summary>
/// A text with alternatives and slots: "[What is|Compute] {a} + {b}". Alternatives stand in brackets, may be empty and may be nested; each expansion
/// draws one of each. Immutable.
/// </summary>
internal sealed class Phrase
{
    private readonly List<Part> _parts;

    private Phrase(List<Part> parts) => _parts = parts;

    private abstract record Part;

    private sealed record Literal(string Text) : Part;

    private sealed record Slot(string Name) : Part;

    private sealed record Choice(List<Phrase> Options) : Part;

    /// <summary>Reads a phrase.</summary>
    /// <exception cref="FormatException">A bracket or brace has no partner.</exception>
    public static Phrase Parse(string text)
    {
        int at = 0;
        Phrase phrase = ParseSequence(text, ref at, isNested: false);
        return at == text.Length ? phrase : throw new FormatException($"The phrase '{text}' has a stray ']' or '|'.");
    }

    /// <summary>Draws one text of the phrase.</summary>
    public List<PhrasePart> Expand(Random random, Slots slots)
    {
        List<PhrasePart> parts = [];
        Expand(random, slots, parts);
        return parts;
    }

    private void Expand(Random random, Slots slots, List<PhrasePart> parts)
    {
        foreach (Part part in _parts)
        {
            switch (part)
            {
                case Literal literal:
                    parts.Add(new PhrasePart(literal.Text, false));
                    break;
                case Slot slot:
                    parts.Add(new PhrasePart(slots[slot.Name], true));
                    break;
                case Choice choice:
                    choice.Options[random.Next(choice.Options.Count)].Expand(random, slots, parts);
                    break;
            }
        }
    }

    private static Phrase ParseSequence(string text, ref int at, bool isNested)
    {
        List<Part> parts = [];
        while (at < text.Length && !(isNested && text[at] is '|' or ']'))
        {
            int start = at;
            if (text[at] == '{')
            {
                int end = text.IndexOf('}', at);
                if (end < 0) throw new FormatException($"The phrase '{text}' has a '{{' without '}}'.");
                parts.Add(new Slot(text[(at + 1)..end]));
                at = end + 1;
            }
            else if (text[at] == '[')
            {
                parts.Add(ParseChoice(text, ref at));
            }
            else
            {
                while (at < text.Length && text[at] is not ('[' or '{') && !(isNested && text[at] is '|' or ']')) at++;
                if (at == start) break;
                parts.Add(new Literal(text[start..at]));
            }
        }

        return new Phrase(parts);
    }

    private static Choice ParseChoice(string text, ref int at)
    {
        List<Phrase> options = [];
        do
        {
            at++;
            options.Add(ParseSequence(text, ref at, isNested: true));
        }
        while (at < text.Length && text[at] == '|');
        if (at >= text.Length) throw new FormatException($"The phrase '{text}' has a '[' without ']'.");
        at++;
        return new Choice(options);
    }
}

using System.Text;

namespace SeekSharp.Training.Tasks.Wording;

/// <summary>
/// The manners of people: polite or not, with or without capitals and full stops, rarely with a typing error. What is asked stays as it is.
/// </summary>
internal static class PromptStyle
{
    private static readonly string[] s_greetings = ["Hi! ", "Hello! ", "Hey, ", "Hi there! ", "Good morning! ", "Hello, "];

    private static readonly string[] s_openings =
    [
        "Quick question: ", "Question: ", "I have a question: ", "Please help me: ", "Help me with this: ", "One more: ", "Next: ", "OK, ", "So, ",
        "Tell me: ",
        "A question for you: ", "My homework: ", "Another one: ", "Here is one: ", "Try this: ",
    ];

    private static readonly string[] s_demands =
        ["Please ", "Please ", "I need you to ", "I want you to ", "Now ", "I would like you to ", "Help me "];

    private static readonly string[] s_questions =
        ["Can you ", "Could you ", "Could you please ", "Would you ", "Can you please ", "Will you "];

    private static readonly string[] s_closings =
    [
        " Please.", " Thanks!", " Thank you.", " Think step by step.", " Just the answer, please.", " Answer briefly.", " Thanks",
        " Only the result.",
        " Show me the result.", " Be careful.",
    ];

    /// <summary>Writes a phrase as somebody might.</summary>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="parts">The phrase.</param>
    /// <param name="isCommand">Whether it starts with a verb.</param>
    /// <param name="keepsCase">Whether slots stay as they are even where all is lower case.</param>
    /// <param name="isFramed">Whether a greeting, an opening or a closing may be put around it.</param>
    /// <returns>The prompt.</returns>
    public static string Write(Random random, List<PhrasePart> parts, bool isCommand, bool keepsCase, bool isFramed)
    {
        List<PhrasePart> styled = [.. parts.Where(part => part.Text.Length > 0)];
        if (isCommand && random.Chance(0.35)) TurnIntoRequest(random, styled);
        else if (isFramed && random.Chance(0.08)) Prepend(styled, random.Pick(s_openings));
        if (isFramed && random.Chance(0.05)) Prepend(styled, random.Pick(s_greetings));
        if (random.Chance(0.2)) DropEnd(styled);
        else if (isFramed && random.Chance(0.08)) Append(styled, random.Pick(s_closings));
        if (random.Chance(0.02)) MistypeOnce(random, styled);
        ChangeCase(random, styled, keepsCase);
        return string.Concat(styled.Select(part => part.Text));
    }

    private static void TurnIntoRequest(Random random, List<PhrasePart> parts)
    {
        bool isQuestion = random.Chance(0.5);
        parts[0] = parts[0] with { Text = parts[0].IsSlot ? parts[0].Text : LowerFirst(parts[0].Text) };
        Prepend(parts, random.Pick(isQuestion ? s_questions : s_demands));
        if (!isQuestion) return;
        if (parts[^1] is { IsSlot: false } last && last.Text.EndsWith('.')) parts[^1] = last with { Text = last.Text[..^1] };
        parts.Add(new PhrasePart("?", false));
    }

    private static void Prepend(List<PhrasePart> parts, string text)
    {
        if (text.EndsWith(", ", StringComparison.Ordinal) && !parts[0].IsSlot) parts[0] = parts[0] with { Text = LowerFirst(parts[0].Text) };
        parts.Insert(0, new PhrasePart(text, false));
    }

    private static void Append(List<PhrasePart> parts, string text)
    {
        bool isOpen = parts[^1].IsSlot || char.IsLetterOrDigit(parts[^1].Text[^1]);
        parts.Add(new PhrasePart(isOpen ? "." + text : text, false));
    }

    /// <summary>People leave the last full stop or question mark out.</summary>
    private static void DropEnd(List<PhrasePart> parts)
    {
        if (parts[^1] is { IsSlot: false, Text: [.., '.' or '?'] and { Length: > 1 } } last) parts[^1] = last with { Text = last.Text[..^1] };
        else if (parts[^1] is { IsSlot: false, Text: "." or "?" }) parts.RemoveAt(parts.Count - 1);
    }

    private static void ChangeCase(Random random, List<PhrasePart> parts, bool keepsCase)
    {
        double style = random.NextDouble();
        if (style >= 0.26) return;
        for (int i = 0; i < parts.Count; i++)
        {
            (string text, bool isSlot) = parts[i];
            if (style < 0.01 && !isSlot) parts[i] = new PhrasePart(text.ToUpperInvariant(), false);
            else if (style >= 0.01 && !(isSlot && keepsCase)) parts[i] = new PhrasePart(text.ToLowerInvariant(), isSlot);
        }
    }

    /// <summary>Swaps two neighbouring letters inside a word, or leaves one out.</summary>
    private static void MistypeOnce(Random random, List<PhrasePart> parts)
    {
        List<(int Part, int At)> places = [];
        for (int part = 0; part < parts.Count; part++)
        {
            string text = parts[part].Text;
            if (parts[part].IsSlot) continue;
            for (int at = 1; at + 2 < text.Length; at++)
                if (char.IsAsciiLetter(text[at - 1]) && char.IsAsciiLetter(text[at]) && char.IsAsciiLetter(text[at + 1]) && char.IsAsciiLetter(text[at + 2])) places.Add((part, at));
        }

        if (places.Count == 0) return;
        (int chosen, int place) = random.Pick(places);
        var typed = new StringBuilder(parts[chosen].Text);
        if (random.Chance(0.5)) (typed[place], typed[place + 1]) = (typed[place + 1], typed[place]);
        else typed.Remove(place, 1);
        parts[chosen] = new PhrasePart(typed.ToString(), false);
    }

    private static string LowerFirst(string text) => text.Length == 0 ? text : char.ToLowerInvariant(text[0]) + text[1..];
}

using System.Text;

namespace SeekSharp.Templates;

/// <summary>A part of a prompt as the tokenizer must take it.</summary>
/// <param name="Text">The spelling of a special token, or ordinary text.</param>
/// <param name="IsSpecial">Whether the text is one special token.</param>
internal readonly record struct PromptPart(string Text, bool IsSpecial);

/// <summary>
/// Finds special tokens in a rendered prompt, only where the template wrote every character of them, and joins all ordinary text between two special
/// tokens, so that it is cut into tokens as one run whichever segments it came from. Immutable.
/// </summary>
internal sealed class SpecialTokenSplitter
{
    private readonly Dictionary<char, string[]> _byFirst;

    /// <summary>Prepares the search.</summary>
    /// <param name="specialTokens">Spellings of all tokens that are never ordinary text; empty ones are ignored.</param>
    public SpecialTokenSplitter(IEnumerable<string> specialTokens)
    {
        ArgumentNullException.ThrowIfNull(specialTokens);
        _byFirst = specialTokens.Where(token => token.Length > 0).Distinct(StringComparer.Ordinal).GroupBy(token => token[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Length).ToArray());
    }

    /// <summary>Splits a prompt.</summary>
    /// <param name="segments">The segments of <see cref="RenderedPrompt.Segments"/>.</param>
    /// <returns>Special tokens (the longest at each place, from the left) and the ordinary texts between them, none of them empty.</returns>
    public IReadOnlyList<PromptPart> Split(IEnumerable<TextSegment> segments)
    {
        ArgumentNullException.ThrowIfNull(segments);
        var parts = new List<PromptPart>();
        var ordinary = new StringBuilder();
        foreach (TextSegment segment in Joined(segments))
        {
            if (segment.IsTemplate) SplitTemplate(segment.Text, parts, ordinary);
            else ordinary.Append(segment.Text);
        }

        Flush(ordinary, parts);
        return parts;
    }

    private void SplitTemplate(string text, List<PromptPart> parts, StringBuilder ordinary)
    {
        int start = 0;
        for (int i = 0; i < text.Length;)
        {
            if (Match(text, i) is not { } token)
            {
                i++;
                continue;
            }

            ordinary.Append(text, start, i - start);
            Flush(ordinary, parts);
            parts.Add(new PromptPart(token, true));
            start = i += token.Length;
        }

        ordinary.Append(text, start, text.Length - start);
    }

    private string? Match(string text, int at)
    {
        if (!_byFirst.TryGetValue(text[at], out string[]? candidates)) return null;
        foreach (string candidate in candidates)
        {
            if (string.CompareOrdinal(text, at, candidate, 0, candidate.Length) == 0) return candidate;
        }

        return null;
    }

    private static void Flush(StringBuilder ordinary, List<PromptPart> parts)
    {
        if (ordinary.Length == 0) return;
        parts.Add(new PromptPart(ordinary.ToString(), false));
        ordinary.Clear();
    }

    /// <summary>Neighbours of one origin become one segment: a token may be written by two parts of a template.</summary>
    private static IEnumerable<TextSegment> Joined(IEnumerable<TextSegment> segments)
    {
        var text = new StringBuilder();
        bool isTemplate = false;
        foreach (TextSegment segment in segments)
        {
            if (text.Length > 0 && segment.IsTemplate != isTemplate)
            {
                yield return new TextSegment(text.ToString(), isTemplate);
                text.Clear();
            }

            isTemplate = segment.IsTemplate;
            text.Append(segment.Text);
        }

        if (text.Length > 0) yield return new TextSegment(text.ToString(), isTemplate);
    }
}

using System.Text;

namespace SeekSharp.Templates.Jinja;

/// <summary>Builds a <see cref="TemplateText"/>; what is appended is paid for from the budget.</summary>
internal sealed class TextBuilder(Budget budget)
{
    private readonly StringBuilder _text = new();
    private readonly List<TemplateText.Run> _runs = [];

    internal void Append(TemplateText text) => text.CopyTo(this, 0, text.Length);

    internal void Append(TemplateText text, int start, int length) => text.CopyTo(this, start, length);

    internal void AppendData(ReadOnlySpan<char> text) => Append(text, isTemplate: false);

    internal void Append(ReadOnlySpan<char> text, bool isTemplate)
    {
        if (text.IsEmpty) return;
        budget.Characters(text.Length);
        _text.Append(text);
        var run = new TemplateText.Run(_text.Length, isTemplate);
        if (_runs.Count > 0 && _runs[^1].IsTemplate == isTemplate)
        {
            _runs[^1] = run;
            return;
        }

        budget.Step();
        _runs.Add(run);
    }

    internal TemplateText ToText() => TemplateText.FromRuns(_text.ToString(), _runs);

    internal IReadOnlyList<TextSegment> ToSegments()
    {
        var segments = new TextSegment[_runs.Count];
        for (int i = 0, start = 0; i < segments.Length; start = _runs[i++].End)
            segments[i] = new TextSegment(_text.ToString(start, _runs[i].End - start), _runs[i].IsTemplate);
        return segments;
    }
}

namespace SeekSharp.Templates.Jinja;

/// <summary>Text of which every character remembers whether the template or the data wrote it. Immutable.</summary>
internal sealed class TemplateText
{
    internal static readonly TemplateText Empty = FromTemplate("");

    // Runs are null where all characters have one origin, which is nearly always.
    private readonly Run[]? _runs;
    private readonly bool _isTemplate;

    private TemplateText(string text, bool isTemplate, Run[]? runs)
    {
        Text = text;
        _isTemplate = isTemplate;
        _runs = runs;
    }

    internal readonly record struct Run(int End, bool IsTemplate);

    internal string Text { get; }

    internal int Length => Text.Length;

    internal static TemplateText FromTemplate(string text) => new(text, true, null);

    internal static TemplateText FromData(string text) => new(text, false, null);

    internal static TemplateText FromRuns(string text, List<Run> runs) => runs.Count switch
    {
        0 => Empty,
        1 => new TemplateText(text, runs[0].IsTemplate, null),
        _ => new TemplateText(text, false, [.. runs]),
    };

    internal TemplateText Slice(int start, int length, Budget budget)
    {
        if (start == 0 && length == Length) return this;
        if (length == 0) return Empty;
        if (_runs is null)
        {
            budget.Characters(length);
            return new TemplateText(Text.Substring(start, length), _isTemplate, null);
        }

        var builder = new TextBuilder(budget);
        CopyTo(builder, start, length);
        return builder.ToText();
    }

    internal static TemplateText Concat(TemplateText left, TemplateText right, Budget budget)
    {
        if (left.Length == 0) return right;
        if (right.Length == 0) return left;
        var builder = new TextBuilder(budget);
        builder.Append(left);
        builder.Append(right);
        return builder.ToText();
    }

    /// <summary>The same text with every run mapped, keeping the origins.</summary>
    internal TemplateText Map(Func<string, string> map, Budget budget)
    {
        if (_runs is null)
        {
            budget.Characters(Length);
            string mapped = map(Text);
            budget.Characters(Math.Max(mapped.Length - Length, 0));
            return new TemplateText(mapped, _isTemplate, null);
        }

        var builder = new TextBuilder(budget);
        int start = 0;
        foreach (Run run in _runs)
        {
            builder.Append(map(Text[start..run.End]), run.IsTemplate);
            start = run.End;
        }

        return builder.ToText();
    }

    internal void CopyTo(TextBuilder target, int start, int length)
    {
        if (_runs is null)
        {
            target.Append(Text.AsSpan(start, length), _isTemplate);
            return;
        }

        int end = start + length;
        for (int i = FirstRunAfter(start); start < end; i++)
        {
            int stop = Math.Min(_runs[i].End, end);
            target.Append(Text.AsSpan(start, stop - start), _runs[i].IsTemplate);
            start = stop;
        }
    }

    private int FirstRunAfter(int position)
    {
        int low = 0, high = _runs!.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_runs[middle].End > position) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    public override string ToString() => Text;
}

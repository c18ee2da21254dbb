namespace SeekSharp.Templates;

/// <summary>What a chat template makes of a conversation: text that remembers which parts the template wrote and which came from messages.</summary>
public sealed class RenderedPrompt
{
    internal RenderedPrompt(IReadOnlyList<TextSegment> segments) => Segments = segments;

    /// <summary>The pieces in order; neighbours differ in <see cref="TextSegment.IsTemplate"/>.</summary>
    public IReadOnlyList<TextSegment> Segments { get; }

    /// <summary>The whole prompt as one text, for people to read. A tokenizer must be given the segments.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => string.Concat(Segments.Select(segment => segment.Text));
}

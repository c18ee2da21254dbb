using System.Text.Json;
using SeekSharp.Templates;

namespace SeekSharp.Training.Tasks;

/// <summary>One problem: what the model reads, and what is needed to judge its answer.</summary>
public record Problem
{
    /// <summary>Name of the task that made it.</summary>
    public required string Task { get; init; }

    /// <summary>The conversation up to the question.</summary>
    public required IReadOnlyList<TemplateMessage> Messages { get; init; }

    /// <summary>Tools on offer, as chat templates take them.</summary>
    public IReadOnlyList<JsonElement> Tools { get; init; } = [];

    /// <summary>A right answer. Where there are several, one of them.</summary>
    public required string Answer { get; init; }

    /// <summary>What the answer looks like.</summary>
    public required AnswerForm Form { get; init; }

    /// <summary>Canonical form of what is asked, whatever the words: problems with one key are one problem.</summary>
    public required string Key { get; init; }

    /// <summary>The part that it belongs to.</summary>
    public required Split Split { get; init; }

    /// <summary>Whether it is asked in words that no problem of <see cref="Split.Train"/> is asked in.</summary>
    public bool HasHeldOutWording { get; init; }

    /// <summary>The answer to "Why?", one sentence, or null where there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>The last message's text.</summary>
    public string Prompt => Messages[^1].Content ?? "";
}

/// <summary>A problem that remembers what it was made of.</summary>
/// <typeparam name="T">What the task draws.</typeparam>
/// <param name="Content">What was drawn.</param>
internal sealed record Problem<T>(T Content) : Problem;

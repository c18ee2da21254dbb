using System.Text.Json;
using Microsoft.Extensions.AI;
using SeekSharp.Inference;
using SeekSharp.Templates;

namespace SeekSharp.Chat;

/// <summary>A conversation that a model continues, with everything that <see cref="ChatOptions"/> has no name for.</summary>
public sealed record ChatRequest
{
    /// <summary>The conversation, oldest first. Special tokens that a message spells are text.</summary>
    public required IReadOnlyList<TemplateMessage> Messages { get; init; }

    /// <summary>Tools that the model may call, each as <c>{"type": "function", "function": {"name", "description", "parameters"}}</c>.</summary>
    public IReadOnlyList<JsonElement> Tools { get; init; } = [];

    /// <summary>Whether the model thinks first. Null: as its template has it. Default null.</summary>
    public bool? Thinking { get; init; }

    /// <summary>
    /// How long it may think; <see cref="GenerationOptions.ReasoningBudget"/> is stronger. Low: a fifth of the tokens that are left for the reply, at most 1,024. Medium: half of them,
    /// at most 8,192. High: four fifths, at most 32,768. ExtraHigh: no limit. None is <see cref="Thinking"/> = false. Default null: no limit.
    /// </summary>
    public ReasoningEffort? Effort { get; init; }

    /// <summary>
    /// Whether the reply continues the last message, which is the assistant's (DeepSeek's "prefix": true): its text, or its thoughts where it has no text yet. Default false.
    /// </summary>
    public bool ContinuesLastMessage { get; init; }

    /// <summary>How the reply is generated. Stop strings are looked for in the answer only.</summary>
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>What is meant by both switches together.</summary>
    internal bool? EffectiveThinking => Effort == ReasoningEffort.None ? false : Thinking ?? (Effort is null ? null : true);
}

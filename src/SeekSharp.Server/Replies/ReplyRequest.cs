using SeekSharp.Chat;
using SeekSharp.Inference;
using SeekSharp.Server.Models;

namespace SeekSharp.Server.Replies;

/// <summary>What a client wants said, whichever API it speaks.</summary>
/// <param name="Model">Who answers.</param>
/// <param name="Options">How tokens are chosen, and when to end.</param>
internal abstract record ReplyRequest(ModelChoice Model, GenerationOptions Options)
{
    /// <summary>Number of replies. Default 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>"chat" or "text_completion", for measurements.</summary>
    public abstract string Operation { get; }

    /// <summary>Starts the replies.</summary>
    /// <param name="model">The model, loaded.</param>
    /// <param name="cancellation">Ends them.</param>
    public abstract IReadOnlyList<RunningReply> Start(LoadedModel model, CancellationToken cancellation);
}

/// <summary>A conversation to go on with.</summary>
/// <param name="Model">Who answers.</param>
/// <param name="Chat">The conversation.</param>
internal sealed record ConversationRequest(ModelChoice Model, ChatRequest Chat) : ReplyRequest(Model, Chat.Generation)
{
    public override string Operation => "chat";

    public override IReadOnlyList<RunningReply> Start(LoadedModel model, CancellationToken cancellation) =>
        [.. model.Client.Start(Chat with { Generation = Options }, Count, cancellation).Select(reply => new RunningChat(reply))];
}

/// <summary>A text to go on with, or one with a gap to fill.</summary>
/// <param name="Model">Who writes.</param>
/// <param name="Options">How tokens are chosen, and when to end.</param>
/// <param name="Text">The text, up to the gap.</param>
/// <param name="Suffix">What stands behind the gap; null: there is none.</param>
internal sealed record TextRequest(ModelChoice Model, GenerationOptions Options, string Text, string? Suffix) : ReplyRequest(Model, Options)
{
    public override string Operation => "text_completion";

    public override IReadOnlyList<RunningReply> Start(LoadedModel model, CancellationToken cancellation)
    {
        if (Suffix is not null && !model.Prompts.CanFill)
            throw Errors.ApiException.Unsupported("suffix", $"The model '{model.Name}' was not made to fill gaps; leave 'suffix' out.");
        int[] prompt = Suffix is null ? model.Prompts.Continue(Text) : model.Prompts.Fill(Text, Suffix);
        if (prompt.Length == 0) throw Errors.ApiException.Invalid("prompt", "'prompt' must not be empty: this model has no token that starts a text.");
        return [.. model.Generator.Start(prompt, Options, Count, cancellation).Select(reply => new RunningText(reply))];
    }
}

namespace SeekSharp.Templates;

/// <summary>A piece of a prompt and where it comes from.</summary>
/// <param name="Text">The text, never empty in a <see cref="RenderedPrompt"/>.</param>
/// <param name="IsTemplate">
/// True: written in the template itself (or a token that the application vouches for): special tokens spelled in it are meant. False: it comes
/// from a message, a tool or a variable: whatever it spells is ordinary text.
/// </param>
public readonly record struct TextSegment(string Text, bool IsTemplate);

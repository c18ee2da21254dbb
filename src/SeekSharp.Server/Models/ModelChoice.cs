namespace SeekSharp.Server.Models;

/// <summary>What the "model" of a request means.</summary>
/// <param name="Model">The model.</param>
/// <param name="Name">What the response calls it: the name that was asked for.</param>
/// <param name="Thinking">Whether the name says that the model thinks first; null where it says nothing.</param>
internal sealed record ModelChoice(ServedModel Model, string Name, bool? Thinking);

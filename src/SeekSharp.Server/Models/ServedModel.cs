namespace SeekSharp.Server.Models;

/// <summary>A model that a server may be asked for.</summary>
/// <param name="Name">What requests call it.</param>
/// <param name="Path">GGUF file (any part of a split one) or Hugging Face folder.</param>
public sealed record ServedModel(string Name, string Path);

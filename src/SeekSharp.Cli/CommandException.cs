namespace SeekSharp.Cli;

/// <summary>Something the user can put right. The message is one sentence: what, where, and how to fix it.</summary>
internal sealed class CommandException(string message) : Exception(message);

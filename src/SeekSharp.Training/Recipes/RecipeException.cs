namespace SeekSharp.Training.Recipes;

/// <summary>A recipe, or what it refers to, is not what it must be. The message is one sentence: what, where, and how to put it right.</summary>
/// <param name="message">The sentence.</param>
/// <param name="cause">What was thrown below, or null.</param>
public sealed class RecipeException(string message, Exception? cause = null) : Exception(message, cause);

namespace SeekSharp.Training.Text;

/// <summary>A conversation and the reply to learn, as tokens.</summary>
/// <param name="Tokens">Prompt and reply, with the token that ends the reply.</param>
/// <param name="ResponseStart">Index of the reply's first token; the loss is taken where tokens from here on are predicted.</param>
/// <param name="Task">Name of the task that it comes from.</param>
internal sealed record TrainingExample(int[] Tokens, int ResponseStart, string Task);

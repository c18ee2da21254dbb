namespace SeekSharp.Training.Text;

/// <summary>Where reading goes on: a window of examples, and a batch within it.</summary>
/// <param name="Window">Number of the window, from 0.</param>
/// <param name="Batch">Number of the batch within it, from 0.</param>
internal readonly record struct DataPosition(long Window, int Batch);

/// <summary>Sequences of one length.</summary>
/// <param name="Tokens">Rows x length, row by row; short rows are filled with padding behind their end.</param>
/// <param name="IsLearned">Rows x length: whether the loss of predicting this token counts. Never at the first token of a row.</param>
/// <param name="Rows">Number of sequences.</param>
/// <param name="Length">Tokens per row, a multiple of 16.</param>
/// <param name="LearnedTokens">How many tokens count.</param>
/// <param name="Next">Where reading goes on behind this batch.</param>
internal sealed record TokenBatch(int[] Tokens, bool[] IsLearned, int Rows, int Length, int LearnedTokens, DataPosition Next);

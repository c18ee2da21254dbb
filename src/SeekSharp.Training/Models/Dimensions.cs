namespace SeekSharp.Training.Models;

/// <summary>Shape of a batch. Activations are [tokens, width] with tokens = rows · length, row by row.</summary>
/// <param name="Rows">Sequences.</param>
/// <param name="Length">Positions of each, padding included.</param>
internal readonly record struct Dimensions(int Rows, int Length)
{
    public int Tokens => Rows * Length;
}

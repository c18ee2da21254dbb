namespace SeekSharp.Quantization;

/// <summary>Finds scale and minimum of sub-blocks of 32 weights.</summary>
internal unsafe interface IAffineSearch
{
    /// <summary>Weights of a sub-block.</summary>
    const int Length = 32;

    /// <summary>Searches neighbouring sub-blocks.</summary>
    /// <param name="x">The weights.</param>
    /// <param name="weights">
    /// How much the error of each counts, or null: the root mean square of the sub-block plus the weight's own magnitude.
    /// </param>
    /// <param name="count">Number of sub-blocks: 8 or 16.</param>
    /// <param name="grid">What to try.</param>
    /// <param name="scales">Receives the scale of each sub-block.</param>
    /// <param name="minima">Receives the minimum of each sub-block.</param>
    static abstract void Search(float* x, float* weights, int count, AffineSearchGrid grid, float* scales, float* minima);
}

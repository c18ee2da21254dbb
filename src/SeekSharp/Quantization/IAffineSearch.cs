namespace SeekSharp.Quantization;

/// <summary>Finds scale and minimum of sub-blocks of 32 weights.</summary>
internal unsafe interface IAffineSearch
{
    /// <summary>Weights of a sub-block.</summary>
    const int Length = 32;

    /// <summary>Searches neighbouring sub-blocks.</summary>
    /// <param name="x">The weights.</param>
    /// <param name="weights">How much the error of each counts.</param>
    /// <param name="count">Number of sub-blocks: 8 or 16.</param>
    /// <param name="grid">What to try.</param>
    /// <param name="scales">Receives the scale of each sub-block.</param>
    /// <param name="minima">Receives the minimum of each sub-block.</param>
    static abstract void Search(float* x, float* weights, int count, AffineSearchGrid grid, float* scales, float* minima);

    /// <summary>How much errors count without an importance matrix: the root mean square of the sub-block plus the weight's own magnitude.</summary>
    /// <param name="x">The weights.</param>
    /// <param name="count">Number of sub-blocks: 8 or 16.</param>
    /// <param name="weights">Receives the numbers.</param>
    static abstract void WeighByMagnitude(float* x, int count, float* weights);
}

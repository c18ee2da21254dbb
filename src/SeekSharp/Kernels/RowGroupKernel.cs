namespace SeekSharp.Kernels;

/// <summary>Computes products for one type of weights at one level.</summary>
/// <remarks>
/// One token streams the weights and multiplies them as they come. More tokens share an unpacked panel of 16 rows, tile by tile; the sums of
/// all tokens wait in memory between panels. Each output's additions happen in the same order either way.
/// </remarks>
internal abstract unsafe class RowGroupKernel
{
    /// <summary>Bytes of activations that a pass over the weights may use, so that they stay in the second-level cache.</summary>
    private const int ActivationBytes = 256 * 1024;

    /// <summary>Computes the outputs of some row groups.</summary>
    /// <param name="product">The product; its activations are quantised.</param>
    /// <param name="firstGroup">First group of 16 rows.</param>
    /// <param name="endGroup">Group after the last one.</param>
    /// <param name="scratch">Working memory of the thread.</param>
    public void Run(in Product product, int firstGroup, int endGroup, KernelScratch scratch)
    {
        int tokensPerPass = Math.Clamp(ActivationBytes / (product.Matrix.Columns * ActivationBytesPerColumn), 32, KernelScratch.MaxTokens);
        for (int firstToken = 0; firstToken < product.RowCount; firstToken += tokensPerPass)
        {
            int tokens = Math.Min(tokensPerPass, product.RowCount - firstToken);
            for (int i = 0; i < tokens + KernelScratch.TokenPadding; i++) scratch.Rows[i] = product.InputRow(firstToken + Math.Min(i, tokens - 1));
            for (int group = firstGroup; group < endGroup; group++)
            {
                byte* weights = product.Matrix.Data + (group * product.Matrix.GroupBytes);
                if (tokens == 1) MultiplyOne(product, weights, scratch);
                else MultiplyMany(product, weights, tokens, scratch);
                StoreSums(product, group, firstToken, tokens, scratch.Sums);
            }
        }
    }

    /// <summary>Bytes that one activation takes.</summary>
    protected abstract int ActivationBytesPerColumn { get; }

    /// <summary>Computes the sums of 16 rows for the token in the scratch's rows.</summary>
    protected abstract void MultiplyOne(in Product product, byte* group, KernelScratch scratch);

    /// <summary>Computes the sums of 16 rows for the tokens in the scratch's rows.</summary>
    protected abstract void MultiplyMany(in Product product, byte* group, int tokens, KernelScratch scratch);

    private static void StoreSums(in Product product, int group, int firstToken, int tokens, float* sums)
    {
        int firstRow = group * Lines.Rows, rows = Math.Min(Lines.Rows, product.Matrix.Rows - firstRow);
        float* output = product.Output + (firstToken * product.OutputStride) + firstRow;
        for (int token = 0; token < tokens; token++, output += product.OutputStride)
            new ReadOnlySpan<float>(sums + (token * Lines.Rows), rows).CopyTo(new Span<float>(output, rows));
    }
}

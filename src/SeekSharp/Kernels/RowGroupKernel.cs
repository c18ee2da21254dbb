namespace SeekSharp.Kernels;

/// <summary>Computes products for one type of weights at one level.</summary>
/// <remarks>
/// A few tokens stream the weights and multiply them as they come. More tokens share an unpacked panel of 16 rows, tile by tile; the sums of
/// all tokens wait in memory between panels. Each output's additions happen in the same order either way.
/// </remarks>
internal abstract unsafe class RowGroupKernel
{
    /// <summary>Bytes of activations that a pass over the weights may use, so that they stay in the second-level cache, or near it.</summary>
    private const int ActivationBytes = 1024 * 1024;

    /// <summary>Multiply-adds that take as long as reading and unpacking one byte of weights, roughly.</summary>
    private const int MultiplyAddsPerByte = 6;

    /// <summary>Time of one row group, in the time of one multiply-add: balances lists of products with few and many tokens.</summary>
    public virtual long GroupCost(in Product product) => (product.Matrix.GroupBytes * MultiplyAddsPerByte) + MultiplyAdds(product);

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
            if (tokens <= MostStreamedTokens) RunStreamed(product, firstToken, tokens, firstGroup, endGroup, scratch);
            else RunMany(product, firstToken, tokens, firstGroup, endGroup, scratch);
        }
    }

    /// <summary>Computes the outputs of a few tokens, whose input rows stand in the scratch.</summary>
    protected virtual void RunStreamed(in Product product, int firstToken, int tokens, int firstGroup, int endGroup, KernelScratch scratch)
    {
        for (int group = firstGroup; group < endGroup; group += GroupsAtOnce)
        {
            int groups = Math.Min(GroupsAtOnce, endGroup - group);
            MultiplyStreamed(product, product.Matrix.Data + (group * product.Matrix.GroupBytes), groups, tokens, scratch);
            for (int i = 0; i < groups; i++) StoreSums(product, group + i, firstToken, tokens, scratch.Sums + (i * tokens * Lines.Rows));
        }
    }

    /// <summary>Computes the outputs of several tokens, whose input rows stand in the scratch.</summary>
    protected virtual void RunMany(in Product product, int firstToken, int tokens, int firstGroup, int endGroup, KernelScratch scratch)
    {
        for (int group = firstGroup; group < endGroup; group++)
        {
            MultiplyMany(product, product.Matrix.Data + (group * product.Matrix.GroupBytes), tokens, scratch);
            StoreSums(product, group, firstToken, tokens, scratch.Sums);
        }
    }

    /// <summary>Multiply-adds of one row group.</summary>
    protected static long MultiplyAdds(in Product product) => (long)product.Matrix.Columns * Lines.Rows * product.RowCount;

    /// <summary>Bytes that one activation takes.</summary>
    protected abstract int ActivationBytesPerColumn { get; }

    /// <summary>Most tokens that stream.</summary>
    protected abstract int MostStreamedTokens { get; }

    /// <summary>Most row groups that <see cref="MultiplyStreamed"/> takes.</summary>
    protected abstract int GroupsAtOnce { get; }

    /// <summary>Computes the sums [group][token][16] of consecutive row groups for the tokens in the scratch's rows.</summary>
    protected abstract void MultiplyStreamed(in Product product, byte* group, int groups, int tokens, KernelScratch scratch);

    /// <summary>Computes the sums of 16 rows for the tokens in the scratch's rows.</summary>
    protected abstract void MultiplyMany(in Product product, byte* group, int tokens, KernelScratch scratch);

    /// <summary>Stores the sums [token][16] of a row group where the product wants them.</summary>
    protected static void StoreSums(in Product product, int group, int firstToken, int tokens, float* sums)
    {
        int firstRow = group * Lines.Rows, rows = Math.Min(Lines.Rows, product.Matrix.Rows - firstRow);
        float* output = product.Output + (firstToken * product.OutputStride) + firstRow;
        for (int token = 0; token < tokens; token++, output += product.OutputStride)
            new ReadOnlySpan<float>(sums + (token * Lines.Rows), rows).CopyTo(new Span<float>(output, rows));
    }
}

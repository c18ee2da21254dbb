namespace SeekSharp.Conversion;

/// <summary>
/// The two orders of the rows of a head of Llama's queries and keys: Hugging Face has the partners of RoPE half a head apart, GGUF has them side by side.
/// </summary>
internal static class HeadRows
{
    /// <summary>Where Hugging Face has the row that GGUF has at a place.</summary>
    public static int ToHalves(int row, int dimension)
    {
        (int head, int within) = Math.DivRem(row, dimension);
        return head * dimension + within % 2 * (dimension / 2) + within / 2;
    }

    /// <summary>Where GGUF has the row that Hugging Face has at a place.</summary>
    public static int ToNeighbours(int row, int dimension)
    {
        (int head, int within) = Math.DivRem(row, dimension);
        int half = dimension / 2;
        return head * dimension + within % half * 2 + within / half;
    }
}

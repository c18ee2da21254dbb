namespace SeekSharp.Formats;

/// <summary>Sizes of the tensor types.</summary>
public static class TensorTypes
{
    /// <summary>Number of weights in one block; 1 for the plain types.</summary>
    /// <param name="type">The tensor type.</param>
    /// <returns>1, 32 or 256.</returns>
    public static int BlockLength(this TensorType type) => type switch
    {
        TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.F8E4M3 => 1,
        TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1 or TensorType.Q8_0 or TensorType.IQ4_NL => 32,
        _ => 256,
    };

    /// <summary>Number of bytes of one block.</summary>
    /// <param name="type">The tensor type.</param>
    /// <returns>Bytes per <see cref="BlockLength"/> weights.</returns>
    public static int BlockBytes(this TensorType type) => type switch
    {
        TensorType.F32 => 4,
        TensorType.F16 or TensorType.BF16 => 2,
        TensorType.F8E4M3 => 1,
        TensorType.Q4_0 or TensorType.IQ4_NL => 18,
        TensorType.Q4_1 => 20,
        TensorType.Q5_0 => 22,
        TensorType.Q5_1 => 24,
        TensorType.Q8_0 => 34,
        TensorType.Q2_K => 84,
        TensorType.Q3_K => 110,
        TensorType.Q4_K => 144,
        TensorType.Q5_K => 176,
        TensorType.Q6_K => 210,
        TensorType.IQ4_XS => 136,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown tensor type."),
    };

    /// <summary>Bytes that a tensor of this type and shape occupies.</summary>
    /// <param name="type">The tensor type.</param>
    /// <param name="shape">Lengths of the dimensions, outermost first.</param>
    /// <returns>The number of bytes.</returns>
    /// <exception cref="ArgumentException">The row length is not a multiple of the block length.</exception>
    public static long ByteCount(TensorType type, IReadOnlyList<int> shape)
    {
        long elements = 1;
        foreach (int length in shape) elements = checked(elements * length);
        int columns = shape.Count == 0 ? 1 : shape[^1];
        if (columns % type.BlockLength() != 0)
            throw new ArgumentException($"A row of {columns} weights cannot be stored as {type}: blocks hold {type.BlockLength()} weights.", nameof(shape));
        return checked(elements / type.BlockLength() * type.BlockBytes());
    }
}

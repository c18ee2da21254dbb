namespace SeekSharp.Kernels;

/// <summary>One matrix product: output row i = matrix x input row r(i), where r(i) is RowIndices[i], or RowStart + i * RowStep.</summary>
internal unsafe struct Product
{
    /// <summary>The weights, [outputs, inputs].</summary>
    public PackedMatrix Matrix;

    /// <summary>The rows to multiply.</summary>
    public Activations Input;

    /// <summary>Which input row each output row reads (the tokens that chose an expert), or null for <see cref="RowStart"/> and <see cref="RowStep"/>.</summary>
    public int* RowIndices;

    /// <summary>First input row.</summary>
    public int RowStart;

    /// <summary>From input row to input row.</summary>
    public int RowStep;

    /// <summary>Number of output rows; may be 0.</summary>
    public int RowCount;

    /// <summary>First output row; each receives Matrix.Rows floats.</summary>
    public float* Output;

    /// <summary>Floats from output row to output row.</summary>
    public long OutputStride;

    /// <summary>The input row that output row <paramref name="i"/> reads.</summary>
    public readonly int InputRow(int i) => RowIndices is null ? RowStart + (i * RowStep) : RowIndices[i];
}

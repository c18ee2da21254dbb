namespace SeekSharp.Kernels;

/// <summary>One matrix product: output row i = matrix x input row r(i), where r(i) is RowIndices[i], or RowStart + i * RowStep.</summary>
internal unsafe struct Product
{
    /// <summary>A product of the first input rows.</summary>
    /// <param name="matrix">The weights, [outputs, inputs].</param>
    /// <param name="input">The rows to multiply.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="output">Receives [rowCount, outputs].</param>
    /// <param name="outputStride">Floats from output row to output row; 0 where rows lie one behind the other.</param>
    public Product(PackedMatrix matrix, Activations input, int rowCount, float* output, long outputStride = 0)
    {
        Matrix = matrix;
        Input = input;
        RowStep = 1;
        RowCount = rowCount;
        Output = output;
        OutputStride = outputStride == 0 ? matrix.Rows : outputStride;
    }

    /// <summary>A product of one head's part of rows that are cut into heads: input rows head, head + heads, ...</summary>
    public static Product OfHead(PackedMatrix matrix, Activations input, int head, int heads, int rowCount, float* output, long outputStride) =>
        new(matrix, input, rowCount, output, outputStride) { RowStart = head, RowStep = heads };

    /// <summary>A product of neighbouring input rows.</summary>
    public static Product OfRange(PackedMatrix matrix, Activations input, int firstRow, int rowCount, float* output) =>
        new(matrix, input, rowCount, output) { RowStart = firstRow };

    /// <summary>A product of chosen input rows.</summary>
    public static Product OfRows(PackedMatrix matrix, Activations input, int* rows, int rowCount, float* output) =>
        new(matrix, input, rowCount, output) { RowIndices = rows };

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

namespace SeekSharp.Kernels;

/// <summary>The emitted code of attention in this process, made when it is first needed and kept.</summary>
internal static unsafe class AttentionCode
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<LaneProductShape, nint> Products = [];
    private static nint _rows;

    /// <summary>The product of a shape.</summary>
    /// <exception cref="InsufficientMemoryException">The system gives no memory for code any more.</exception>
    public static nint Product(LaneProductShape shape)
    {
        lock (Gate)
        {
            if (!Products.TryGetValue(shape, out nint code)) Products[shape] = code = Place(LaneProductCode.Emit(shape, OperatingSystem.IsWindows()));
            return code;
        }
    }

    /// <summary>The conversion of rows to bfloat16.</summary>
    /// <exception cref="InsufficientMemoryException">The system gives no memory for code any more.</exception>
    public static nint Rows()
    {
        lock (Gate)
        {
            if (_rows == 0) _rows = Place(BFloat16RowsCode.Emit(OperatingSystem.IsWindows()));
            return _rows;
        }
    }

    private static nint Place(byte[] bytes)
    {
        void* code = ExecutableMemory.TryPlace(bytes);
        if (code is null) throw new InsufficientMemoryException("The system gives no more memory for emitted code.");
        return (nint)code;
    }
}

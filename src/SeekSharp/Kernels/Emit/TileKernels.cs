namespace SeekSharp.Kernels;

/// <summary>The emitted tile kernels of this process, each made when it is first needed.</summary>
internal static unsafe class TileKernels
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<TileShape, nint[]> Kernels = [];

    /// <summary>The kernels of a shape by number of tokens: void (TileArguments*), 0 where one has not been asked for yet.</summary>
    public static nint[] Of(TileShape shape)
    {
        lock (Gate)
        {
            if (!Kernels.TryGetValue(shape, out nint[]? kernels)) Kernels[shape] = kernels = new nint[TileCode.MaxTokens + 1];
            return kernels;
        }
    }

    /// <summary>Emits one kernel.</summary>
    /// <exception cref="InsufficientMemoryException">The system gives no memory for code any more.</exception>
    public static nint Make(TileShape shape, int tokens)
    {
        nint[] kernels = Of(shape);
        lock (Gate)
        {
            if (kernels[tokens] != 0) return kernels[tokens];
            void* kernel = ExecutableMemory.TryPlace(TileCode.Emit(shape, tokens, OperatingSystem.IsWindows()));
            if (kernel is null) throw new InsufficientMemoryException("The system gives no more memory for emitted code.");
            return kernels[tokens] = (nint)kernel;
        }
    }
}

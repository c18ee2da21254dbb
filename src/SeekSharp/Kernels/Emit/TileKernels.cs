namespace SeekSharp.Kernels;

/// <summary>The emitted tile kernels of a type, each made when it is first needed.</summary>
/// <typeparam name="TFormat">The type's layout.</typeparam>
internal static unsafe class TileKernels<TFormat> where TFormat : struct, IQuantizedFormat
{
    private static readonly Lock Gate = new();
    private static readonly nint[] Kernels = new nint[TileCode.MaxGroups * TileCode.MaxTokens];

    /// <summary>The kernel for a number of row groups and of tokens.</summary>
    /// <exception cref="InsufficientMemoryException">The system gives no memory for code any more.</exception>
    public static delegate* unmanaged<TileArguments*, void> Of(int groups, int tokens)
    {
        int index = ((groups - 1) * TileCode.MaxTokens) + tokens - 1;
        nint kernel = Volatile.Read(ref Kernels[index]);
        return (delegate* unmanaged<TileArguments*, void>)(kernel != 0 ? kernel : Make(index, groups, tokens));
    }

    private static nint Make(int index, int groups, int tokens)
    {
        lock (Gate)
        {
            if (Kernels[index] != 0) return Kernels[index];
            void* kernel = ExecutableMemory.TryPlace(TileCode.Emit<TFormat>(groups, tokens, OperatingSystem.IsWindows()));
            if (kernel is null) throw new InsufficientMemoryException("The system gives no more memory for emitted code.");
            return Kernels[index] = (nint)kernel;
        }
    }
}

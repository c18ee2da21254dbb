using TorchSharp;
using static TorchSharp.torch;

namespace SeekSharp.Training.Operations;

/// <summary>
/// Ground of the fused operations: element-wise work and gathers, not matrix products, are what small models spend their time on in LibTorch. Each
/// operation has a plain form in LibTorch's own operations, which says what it computes, serves float64 and other devices, and is what tests compare with.
/// </summary>
internal static unsafe class Fused
{
    /// <summary>Whether kernels can read a tensor.</summary>
    public static bool Supports(Tensor tensor) =>
        tensor.device_type == DeviceType.CPU && (tensor.dtype == ScalarType.Float32 || tensor.dtype == ScalarType.BFloat16);

    /// <summary>Runs a body on all threads, each with its share of rows.</summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="body">Called with the first row, the row behind the last, and the thread.</param>
    public static void ForRows(int count, Action<int, int, int> body)
    {
        int threads = ThreadTeam.Count;
        if (count < 2 * threads) body(0, count, 0);
        else ThreadTeam.Run(thread => body((int)((long)count * thread / threads), (int)((long)count * (thread + 1) / threads), thread));
    }

    /// <summary>Threads that <see cref="ForRows"/> uses.</summary>
    public static int ThreadCount => ThreadTeam.Count;

    /// <summary>Start of a tensor's numbers, which must lie one behind the other.</summary>
    public static byte* Pointer(Tensor tensor)
    {
        fixed (byte* pointer = tensor.bytes) return pointer;
    }

    /// <summary>A new tensor without values.</summary>
    public static Tensor Empty(ReadOnlySpan<long> shape, ScalarType type) => empty(shape, type);
}

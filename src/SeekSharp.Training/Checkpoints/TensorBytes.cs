using SeekSharp.Formats;
using static TorchSharp.torch;

namespace SeekSharp.Training.Checkpoints;

/// <summary>Numbers of TorchSharp's tensors as files and the engine keep them.</summary>
internal static class TensorBytes
{
    /// <summary>The bytes, valid in the current dispose scope.</summary>
    /// <param name="values">The tensor, on any device.</param>
    /// <param name="type">F32 or BF16.</param>
    public static Span<byte> Of(Tensor values, TensorType type) =>
        values.detach().to(type == TensorType.F32 ? ScalarType.Float32 : ScalarType.BFloat16, CPU).contiguous().bytes;
}

using TorchSharp;

namespace SeekSharp.Training.Models;

/// <summary>In which type a model computes. Parameters, gradients and optimizer state are float32 (float64 with <see cref="Float64"/>).</summary>
public enum Precision
{
    /// <summary>Everything in float32: the reference.</summary>
    Float32,
    /// <summary>
    /// Activations and the inputs of matrix products in bfloat16, as DeepSeek-V3 §3.3 keeps them; norms, router, softmax and loss in float32.
    /// </summary>
    BFloat16,
    /// <summary>Everything in float64: for comparing gradients with finite differences.</summary>
    Float64,
}

/// <summary>The types behind a <see cref="Precision"/>.</summary>
internal static class Precisions
{
    /// <summary>Type of parameters and of everything that sums.</summary>
    public static torch.ScalarType Master(this Precision precision) => precision == Precision.Float64 ? torch.float64 : torch.float32;

    /// <summary>Type of activations and of the inputs of matrix products.</summary>
    public static torch.ScalarType Compute(this Precision precision) => precision switch
    {
        Precision.BFloat16 => torch.bfloat16,
        Precision.Float64 => torch.float64,
        _ => torch.float32,
    };
}

namespace SeekSharp.Quantization;

/// <summary>How the weights of a GGUF file are stored as a whole: most tensors in one type, some in others that they bear better.</summary>
/// <remarks>The numbers are those of GGUF's key "general.file_type" (llama_ftype in llama.h).</remarks>
public enum FileType
{
    /// <summary>Everything in float32.</summary>
    F32 = 0,
    /// <summary>Matrices in float16.</summary>
    F16 = 1,
    /// <summary>Matrices in Q4_0, the head in Q6_K.</summary>
    Q4_0 = 2,
    /// <summary>Matrices in Q8_0.</summary>
    Q8_0 = 7,
    /// <summary>Matrices in Q4_K; the head, and half of the value and down projections, in Q6_K.</summary>
    Q4_K_M = 15,
    /// <summary>Matrices in Q5_K; the head, and half of the value and down projections, in Q6_K.</summary>
    Q5_K_M = 17,
    /// <summary>Matrices in Q6_K.</summary>
    Q6_K = 18,
    /// <summary>Matrices in bfloat16.</summary>
    BF16 = 32,
}

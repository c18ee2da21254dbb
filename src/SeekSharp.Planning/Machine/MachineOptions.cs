using SeekSharp.Inference;
using SeekSharp.Kernels;

namespace SeekSharp.Planning.Machine;

/// <summary>What is predicted, and with what of the machine.</summary>
public sealed record MachineOptions
{
    /// <summary>Threads; 0 takes one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Instructions to use; null takes the best that the processor has.</summary>
    public KernelLevel? KernelLevel { get; init; }

    /// <summary>Storage of keys and values.</summary>
    public CacheType CacheType { get; init; } = CacheType.F16;

    /// <summary>Tokens of the prompt.</summary>
    public int Prompt { get; init; } = 512;

    /// <summary>Tokens that are decoded one by one.</summary>
    public int Decode { get; init; } = 64;

    /// <summary>Tokens in the context before both.</summary>
    public int Depth { get; init; }
}

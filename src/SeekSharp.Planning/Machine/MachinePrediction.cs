using SeekSharp.Kernels;

namespace SeekSharp.Planning.Machine;

/// <summary>What a machine should reach with a model: from its measured speed, and from bytes and operations counted in the file.</summary>
public sealed record MachinePrediction
{
    /// <summary>Threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Kernels.</summary>
    public required KernelLevel Level { get; init; }

    /// <summary>Bytes a second that all threads read from memory.</summary>
    public required double MemoryBandwidth { get; init; }

    /// <summary>Multiply-adds a second of a product of 8-bit integers with 512 rows.</summary>
    public required double IntegerMultiplyAdds { get; init; }

    /// <summary>Multiply-adds a second of the same product in float32.</summary>
    public required double FloatMultiplyAdds { get; init; }

    /// <summary>Bytes of weights that a token reads.</summary>
    public required long BytesPerToken { get; init; }

    /// <summary>Bytes of the cache that a token reads, in the middle of what is decoded.</summary>
    public required long CacheBytesPerToken { get; init; }

    /// <summary>Multiply-adds of a token in the matrices, without attention and head.</summary>
    public required long MultiplyAddsPerToken { get; init; }

    /// <summary>Seconds that a prompt takes.</summary>
    public required TimeShare Prefill { get; init; }

    /// <summary>Seconds that a decoded token takes.</summary>
    public required TimeShare Decode { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public required int Prompt { get; init; }

    /// <summary>Tokens a second of the prompt.</summary>
    public double PrefillTokensPerSecond => Prompt / Prefill.Total;

    /// <summary>Tokens a second that are decoded one by one.</summary>
    public double DecodeTokensPerSecond => 1 / Decode.Total;

    /// <summary>Tokens a second that memory would allow if nothing but reading took time.</summary>
    public double DecodeCeiling => MemoryBandwidth / (BytesPerToken + CacheBytesPerToken);
}

/// <summary>What time goes into, in seconds.</summary>
/// <param name="Common">Products that every token takes part in.</param>
/// <param name="Experts">Products of routed experts.</param>
/// <param name="Output">The output head.</param>
/// <param name="Attention">Scores, softmax and sums over the cache.</param>
public sealed record TimeShare(double Common, double Experts, double Output, double Attention)
{
    /// <summary>All together.</summary>
    public double Total => Common + Experts + Output + Attention;
}

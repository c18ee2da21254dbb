using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SeekSharp.Kernels;

/// <summary>Which <see cref="KernelLevel"/>s this processor can run.</summary>
internal static class KernelLevels
{
    /// <summary>The fastest level that this processor supports.</summary>
    public static KernelLevel Best { get; } = Enum.GetValues<KernelLevel>().OrderDescending().First(IsSupported);

    /// <summary>Tells whether this processor supports a level.</summary>
    /// <param name="level">The level.</param>
    /// <returns>True when kernels of this level run here.</returns>
    public static bool IsSupported(KernelLevel level) => level switch
    {
        KernelLevel.Scalar => true,
        KernelLevel.Vector128 => Vector128.IsHardwareAccelerated,
        KernelLevel.Vector256 => Vector256.IsHardwareAccelerated && Avx2.IsSupported && Fma.IsSupported,
        KernelLevel.Vector512 => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported,
        KernelLevel.Avx512Vnni => IsSupported(KernelLevel.Vector512) && HasAvx512Vnni() && ExecutableMemory.IsAllowed,
        _ => false,
    };

    /// <summary>Whether the processor has dot products of bfloat16 in 512-bit vectors. Asked only beside <see cref="KernelLevel.Avx512Vnni"/>.</summary>
    public static bool HasAvx512BFloat16 { get; } = X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;

    // CPUID leaf 7, ECX bit 11. That the system saves the registers follows from the level below.
    private static bool HasAvx512Vnni() => X86Base.IsSupported && (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0;
}

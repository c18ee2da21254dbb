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

    // CPUID leaf 7, ECX bit 11. That the system saves the registers follows from the level below.
    private static bool HasAvx512Vnni() => X86Base.IsSupported && (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0;
}

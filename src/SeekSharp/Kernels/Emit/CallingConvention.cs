using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SeekSharp.Kernels;

/// <summary>What the calling conventions of x64 want saved: System V no vector registers, Windows xmm6 to xmm15.</summary>
internal static class CallingConvention
{
    private static readonly AssemblerRegisterXMM[] Saved = [xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    public static void SaveVectors(Assembler code, bool isWindows)
    {
        if (!isWindows) return;
        code.sub(rsp, Saved.Length * 16);
        for (int i = 0; i < Saved.Length; i++) code.movups(__xmmword_ptr[rsp + (i * 16)], Saved[i]);
    }

    public static void RestoreVectors(Assembler code, bool isWindows)
    {
        if (!isWindows) return;
        for (int i = 0; i < Saved.Length; i++) code.movups(Saved[i], __xmmword_ptr[rsp + (i * 16)]);
        code.add(rsp, Saved.Length * 16);
    }
}

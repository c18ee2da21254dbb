using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SeekSharp.Kernels;

/// <summary>Arguments of the conversion.</summary>
internal unsafe struct BFloat16RowsArguments
{
    /// <summary>float16 [rows][columns], <see cref="SourceStride"/> bytes apart.</summary>
    public Half* Source;

    /// <summary>Receives bfloat16 [rows][columns rounded up to 32], the rest zero; <see cref="DestinationStride"/> bytes apart.</summary>
    public ushort* Destination;

    public long SourceStride, DestinationStride, Rows;

    /// <summary>Whole runs of 32 columns in a row.</summary>
    public long Runs;

    /// <summary>One bit for each column behind the whole runs.</summary>
    public ulong Tail;
}

/// <summary>Emits the conversion of rows of float16 to bfloat16, to nearest even: .NET has an intrinsic for neither of the two instructions.</summary>
internal static class BFloat16RowsCode
{
    private static readonly AssemblerRegister64 Source = rax, Runs = rcx, Destination = rdx, SourceOffset = r8, DestinationOffset = r9, Rows = r10, Arguments = r11;

    /// <summary>Machine code: void (BFloat16RowsArguments*).</summary>
    public static byte[] Emit(bool isWindows)
    {
        var code = new Assembler(64);
        code.mov(Arguments, isWindows ? rcx : rdi);
        code.mov(Source, __qword_ptr[Arguments]);
        code.mov(Destination, __qword_ptr[Arguments + 8]);
        code.mov(Rows, __qword_ptr[Arguments + 32]);
        code.mov(rcx, __qword_ptr[Arguments + 48]);
        code.kmovd(k1, ecx);
        code.shr(rcx, 16);
        code.kmovd(k2, ecx);
        Label row = code.CreateLabel(), run = code.CreateLabel(), tail = code.CreateLabel(), next = code.CreateLabel();
        code.Label(ref row);
        code.xor(r8d, r8d);
        code.xor(r9d, r9d);
        code.mov(Runs, __qword_ptr[Arguments + 40]);
        code.test(Runs, Runs);
        code.jz(tail);
        code.Label(ref run);
        code.vcvtph2ps(zmm0, __ymmword_ptr[Source + SourceOffset]);
        code.vcvtph2ps(zmm1, __ymmword_ptr[Source + SourceOffset + 32]);
        Store(code);
        code.dec(Runs);
        code.jnz(run);
        code.Label(ref tail);
        code.cmp(__qword_ptr[Arguments + 48], 0);
        code.je(next);
        code.vcvtph2ps(zmm0.k1.z, __ymmword_ptr[Source + SourceOffset]);
        code.vcvtph2ps(zmm1.k2.z, __ymmword_ptr[Source + SourceOffset + 32]);
        Store(code);
        code.Label(ref next);
        code.add(Source, __qword_ptr[Arguments + 16]);
        code.add(Destination, __qword_ptr[Arguments + 24]);
        code.dec(Rows);
        code.jnz(row);
        code.vzeroupper();
        code.ret();
        var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private static void Store(Assembler code)
    {
        code.vcvtne2ps2bf16(zmm2, zmm1, zmm0);
        code.vmovups(__zmmword_ptr[Destination + DestinationOffset], zmm2);
        code.add(SourceOffset, 64);
        code.add(DestinationOffset, 64);
    }
}

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SeekSharp.Kernels;

/// <summary>What a tile kernel depends on besides its number of tokens.</summary>
/// <param name="SubBlockLength">Columns per scale: 16 or 32.</param>
/// <param name="HasOffset">Whether quants are unsigned with an offset, which the sums of activations take back.</param>
/// <param name="HasMinima">Whether scales have minima beside them.</param>
internal readonly record struct TileShape(int SubBlockLength, bool HasOffset, bool HasMinima)
{
    /// <summary>Columns of one turn of the kernel's loop: 16-column sub-blocks are visited in an order that repeats after 256 columns.</summary>
    public int TurnLength => SubBlockLength == 16 ? 256 : 32;

    /// <summary>32-bit words beside the activations, per token and 32 columns: a scale, then an offset or a scaled sum per sub-block.</summary>
    public int WordsPerBlock => 1 + (32 / SubBlockLength);
}

/// <summary>Arguments of a tile kernel.</summary>
internal unsafe struct TileArguments
{
    /// <summary>Unpacked weights [sub-block][step][16 rows][4], their scales [sub-block][16] and minima likewise.</summary>
    public byte* Panel;
    public float* Scales;
    public float* Minima;

    /// <summary>Activations [column / 4][token][4], and what belongs to them [column / 32][word][token].</summary>
    public sbyte* Activations;
    public int* Words;

    /// <summary>Sums [token][16], read and written.</summary>
    public float* Sums;

    /// <summary>Turns of the loop.</summary>
    public long Turns;
}

/// <summary>
/// Emits the product of an unpacked panel of 16 rows with a tile of up to 12 tokens: each vpdpbusd multiplies 16 rows x 4 columns with 4 activations of
/// one token, which it broadcasts from memory. 12 integer and 12 float32 sums stay in registers; one load of weights serves 12 products.
/// </summary>
internal static class TileCode
{
    /// <summary>Most tokens of a tile.</summary>
    public const int MaxTokens = 12;

    private static readonly AssemblerRegisterZMM[] Vectors =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    // Registers that a callee may use freely under both calling conventions of x64.
    private static readonly AssemblerRegister64 Sums = rax, Turns = rcx, Panel = rdx, Scales = r8, Minima = r9, Activations = r10, Words = r11;

    private static AssemblerRegisterZMM Weights(int step) => Vectors[24 + (step & 1)];

    private static AssemblerRegisterZMM Scale => zmm26;

    private static AssemblerRegisterZMM Minimum => zmm27;

    private static AssemblerRegisterZMM Temporary(int token) => Vectors[28 + (token & 3)];

    private static AssemblerRegisterZMM Integer(int token) => Vectors[token];

    private static AssemblerRegisterZMM Float(int token) => Vectors[12 + token];

    /// <summary>Machine code of a kernel: void (TileArguments*).</summary>
    public static byte[] Emit(TileShape shape, int tokens, bool isWindows)
    {
        var code = new Assembler(64);
        LoadArguments(code, isWindows ? rcx : rdi, isWindows);
        for (int token = 0; token < tokens; token++) code.vmovups(Float(token), __zmmword_ptr[Sums + (token * Lines.LineBytes)]);
        Label turn = code.CreateLabel();
        code.Label(ref turn);
        int subBlocks = shape.TurnLength / shape.SubBlockLength;
        for (int subBlock = 0; subBlock < subBlocks; subBlock++) SubBlock(code, shape, tokens, subBlock);
        code.add(Panel, shape.TurnLength * Lines.Rows);
        code.add(Scales, subBlocks * Lines.LineBytes);
        if (shape.HasMinima) code.add(Minima, subBlocks * Lines.LineBytes);
        code.add(Activations, shape.TurnLength * tokens);
        code.add(Words, shape.TurnLength / 32 * shape.WordsPerBlock * tokens * sizeof(int));
        code.dec(Turns);
        code.jnz(turn);
        for (int token = 0; token < tokens; token++) code.vmovups(__zmmword_ptr[Sums + (token * Lines.LineBytes)], Float(token));
        CallingConvention.RestoreVectors(code, isWindows);
        code.vzeroupper();
        code.ret();
        var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private static void SubBlock(Assembler code, TileShape shape, int tokens, int subBlock)
    {
        int start = shape.SubBlockLength == 16 ? Lines.InterleavedStart(subBlock) : 0;
        int blockWords = start / 32 * shape.WordsPerBlock, scaleWord = blockWords * tokens;
        int extraWord = (blockWords + 1 + (start % 32 / shape.SubBlockLength)) * tokens;
        for (int token = 0; token < tokens; token++)
        {
            if (shape.HasOffset) code.vpbroadcastd(Integer(token), __dword_ptr[Words + ((extraWord + token) * sizeof(int))]);
            else code.vpxord(Integer(token), Integer(token), Integer(token));
        }

        for (int step = 0; step < shape.SubBlockLength / 4; step++)
        {
            code.vmovdqu32(Weights(step), __zmmword_ptr[Panel + (((subBlock * shape.SubBlockLength / 4) + step) * Lines.LineBytes)]);
            for (int token = 0; token < tokens; token++)
                code.vpdpbusd(Integer(token), Weights(step), __dword_bcst[Activations + ((((start / 4) + step) * tokens) + token) * sizeof(int)]);
        }

        code.vmovups(Scale, __zmmword_ptr[Scales + (subBlock * Lines.LineBytes)]);
        if (shape.HasMinima) code.vmovups(Minimum, __zmmword_ptr[Minima + (subBlock * Lines.LineBytes)]);
        for (int token = 0; token < tokens; token++)
        {
            // The same operations in the same order as QuantizedKernel, so that the bits are the same.
            code.vcvtdq2ps(Integer(token), Integer(token));
            code.vmulps(Temporary(token), Scale, __dword_bcst[Words + ((scaleWord + token) * sizeof(int))]);
            code.vfmadd231ps(Float(token), Integer(token), Temporary(token));
            if (shape.HasMinima) code.vfmadd231ps(Float(token), Minimum, __dword_bcst[Words + ((extraWord + token) * sizeof(int))]);
        }
    }

    private static void LoadArguments(Assembler code, AssemblerRegister64 arguments, bool isWindows)
    {
        CallingConvention.SaveVectors(code, isWindows);
        code.mov(rax, arguments);
        code.mov(Panel, __qword_ptr[rax]);
        code.mov(Scales, __qword_ptr[rax + 8]);
        code.mov(Minima, __qword_ptr[rax + 16]);
        code.mov(Activations, __qword_ptr[rax + 24]);
        code.mov(Words, __qword_ptr[rax + 32]);
        code.mov(Turns, __qword_ptr[rax + 48]);
        code.mov(Sums, __qword_ptr[rax + 40]);
    }
}

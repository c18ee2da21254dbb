using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SeekSharp.Kernels;

/// <summary>What the code of a lane product depends on.</summary>
/// <param name="Groups">Groups of 16 lanes that share each row: 1 or 2.</param>
/// <param name="RowStride">Bytes between rows.</param>
/// <param name="StepStride">Bytes between steps of a row.</param>
/// <param name="Prefetches">Whether memory is prefetched for what comes next.</param>
internal readonly record struct LaneProductShape(int Groups, int RowStride, int StepStride, bool Prefetches)
{
    /// <summary>Rows of one tile: with the groups, 16 sums, which hide the latency of the products.</summary>
    public int TileRows => 16 / Groups;
}

/// <summary>Arguments of a lane product.</summary>
internal unsafe struct LaneProductArguments
{
    /// <summary>Pairs of bfloat16 [group][step][16 lanes][2]; groups are <see cref="LanesStride"/> bytes apart.</summary>
    public byte* Lanes;

    /// <summary>Pairs of bfloat16, one per row and step.</summary>
    public byte* Rows;

    /// <summary>Receives [group][row][16 lanes]; groups are <see cref="SumsStride"/> bytes apart.</summary>
    public float* Sums;

    /// <summary>What will be read next, if the shape prefetches: each turn prefetches as many bytes of it as it reads of the rows.</summary>
    public byte* Ahead;

    public long LanesStride, SumsStride;

    /// <summary>Turns of the inner loop, each <see cref="LaneProductCode.TurnSteps"/> steps, and tiles of rows.</summary>
    public long Turns, Tiles;
}

/// <summary>
/// Emits sums[row][lane] = sum over steps of lanes[step][lane] · rows[row][step], where each factor is a pair of bfloat16 (vdpbf16ps): 16 queries
/// are the lanes, and keys (or values) are broadcast, so that no sum ever goes across lanes. The sums of a lane and row are added in the order of steps, whatever else is computed.
/// </summary>
internal static class LaneProductCode
{
    /// <summary>Steps in one turn of the inner loop.</summary>
    public const int TurnSteps = 4;

    private static readonly AssemblerRegisterZMM[] Sum =
        [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15];

    private static readonly AssemblerRegister64 Lanes = rax, Turns = rcx, Rows = rdx, LanesStride = r8, Sums = r9, SumsStride = r10, Arguments = r11;

    // These belong to the caller under both calling conventions and are saved.
    private static readonly AssemblerRegister64 TileStart = rbx, Ahead = r12, Tiles = r13;

    /// <summary>Machine code: void (LaneProductArguments*).</summary>
    public static byte[] Emit(LaneProductShape shape, bool isWindows)
    {
        var code = new Assembler(64);
        LoadArguments(code, isWindows);
        Label tile = code.CreateLabel(), turn = code.CreateLabel();
        code.Label(ref tile);
        for (int i = 0; i < 16; i++) code.vpxord(Sum[i], Sum[i], Sum[i]);
        code.mov(Lanes, __qword_ptr[Arguments]);
        code.mov(Turns, __qword_ptr[Arguments + 48]);
        code.mov(Rows, TileStart);
        code.Label(ref turn);
        for (int step = 0; step < TurnSteps; step++) Step(code, shape, step);
        int aheadLines = shape.Prefetches ? shape.TileRows * TurnSteps * sizeof(int) / Lines.LineBytes : 0;
        for (int i = 0; i < aheadLines; i++) code.prefetcht1(__byte_ptr[Ahead + (i * Lines.LineBytes)]);
        if (aheadLines > 0) code.add(Ahead, aheadLines * Lines.LineBytes);
        code.add(Lanes, TurnSteps * Lines.LineBytes);
        code.add(Rows, TurnSteps * shape.StepStride);
        code.dec(Turns);
        code.jnz(turn);
        for (int i = 0; i < 16; i++)
        {
            int row = i % shape.TileRows * Lines.LineBytes;
            code.vmovups(i < shape.TileRows ? __zmmword_ptr[Sums + row] : __zmmword_ptr[Sums + SumsStride + row], Sum[i]);
        }

        code.add(Sums, shape.TileRows * Lines.LineBytes);
        code.add(TileStart, shape.TileRows * shape.RowStride);
        code.dec(Tiles);
        code.jnz(tile);
        Return(code, isWindows);
        var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private static void Step(Assembler code, LaneProductShape shape, int step)
    {
        AssemblerRegisterZMM first = zmm16, second = zmm17;
        code.vmovups(first, __zmmword_ptr[Lanes + (step * Lines.LineBytes)]);
        if (shape.Groups == 2) code.vmovups(second, __zmmword_ptr[Lanes + LanesStride + (step * Lines.LineBytes)]);
        for (int row = 0; row < shape.TileRows; row++)
        {
            int offset = (row * shape.RowStride) + (step * shape.StepStride);
            if (shape.Groups == 1)
            {
                code.vdpbf16ps(Sum[row], first, __dword_bcst[Rows + offset]);
                continue;
            }

            AssemblerRegisterZMM pair = (row & 1) == 0 ? zmm18 : zmm19;
            code.vpbroadcastd(pair, __dword_ptr[Rows + offset]);
            code.vdpbf16ps(Sum[row], first, pair);
            code.vdpbf16ps(Sum[shape.TileRows + row], second, pair);
        }
    }

    private static void LoadArguments(Assembler code, bool isWindows)
    {
        code.push(rbx);
        code.push(r12);
        code.push(r13);
        CallingConvention.SaveVectors(code, isWindows);
        code.mov(Arguments, isWindows ? rcx : rdi);
        code.mov(TileStart, __qword_ptr[Arguments + 8]);
        code.mov(Sums, __qword_ptr[Arguments + 16]);
        code.mov(Ahead, __qword_ptr[Arguments + 24]);
        code.mov(LanesStride, __qword_ptr[Arguments + 32]);
        code.mov(SumsStride, __qword_ptr[Arguments + 40]);
        code.mov(Tiles, __qword_ptr[Arguments + 56]);
    }

    private static void Return(Assembler code, bool isWindows)
    {
        CallingConvention.RestoreVectors(code, isWindows);
        code.pop(r13);
        code.pop(r12);
        code.pop(rbx);
        code.vzeroupper();
        code.ret();
    }
}

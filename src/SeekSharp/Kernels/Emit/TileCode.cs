using System.Runtime.Intrinsics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SeekSharp.Kernels;

/// <summary>Arguments of a tile kernel.</summary>
internal unsafe struct TileArguments
{
    /// <summary>Packed units of the first row group, and of the second.</summary>
    public byte* Units;
    public byte* SecondUnits;

    /// <summary>Their scales [group][sub-block][16], at a distance of <see cref="TileCode.ScaleStride"/> bytes, and minima likewise.</summary>
    public float* Scales;
    public float* Minima;

    /// <summary>Records of the activations [sub-block][token].</summary>
    public byte* Records;

    /// <summary>Sums so far [token][group][16], and bytes from token to token.</summary>
    public float* Sums;
    public long SumStride;

    /// <summary>Receives the new sums [token][group][16], and bytes from token to token.</summary>
    public float* Output;
    public long OutputStride;

    /// <summary>Number of units.</summary>
    public long UnitCount;
}

/// <summary>
/// Emits the product of the packed weights of 32 (or 16) rows with a tile of up to 6 tokens: each vpdpbusd multiplies 16 rows x 4 columns with 4
/// activations of one token. 12 integer and 12 float32 sums stay in registers.
/// </summary>
/// <remarks>
/// Zen 5 executes two vpdpbusd and two loads per cycle: a load of activations must serve both row groups, for with 16 rows alone the loads bind.
/// What remains are the multiplications of scales, which share the two pipes of vpdpbusd; conversions, and the shifts and masks that take quants out
/// of their packed form, run beside them.
/// </remarks>
internal static unsafe class TileCode
{
    /// <summary>Most tokens of a tile.</summary>
    public const int MaxTokens = 6;

    /// <summary>Most row groups of a tile.</summary>
    public const int MaxGroups = 2;

    /// <summary>Most columns that a kernel is called for: the packed weights of 32 rows then stay in the first-level cache from tile to tile.</summary>
    public const int MaxColumns = KernelScratch.QuantizedColumns;

    /// <summary>Bytes from the scales of one group to those of the next.</summary>
    public const int ScaleStride = MaxColumns / 16 * Lines.LineBytes;

    private const int AccumulatorCount = MaxTokens * MaxGroups;

    private static readonly AssemblerRegisterZMM[] Vectors =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    // Registers that a callee may use freely under both calling conventions of x64. Some serve before and after the loop for something else.
    private static readonly AssemblerRegister64 Units = rdx, SecondUnits = rax, Scales = r8, Minima = r9, Records = r10, UnitCount = rcx;
    // Turns must be saved.
    private static readonly AssemblerRegister64 Turns = rbx, Arguments = r11, Sums = rax, Stride = rcx;

    private static AssemblerRegisterZMM Integer(int group, int token) => Vectors[(token * MaxGroups) + group];

    private static AssemblerRegisterZMM Float(int group, int token) => Vectors[AccumulatorCount + (token * MaxGroups) + group];

    /// <summary>Weights, scales or minima of a group.</summary>
    private static AssemblerRegisterZMM Weights(int group) => Vectors[(2 * AccumulatorCount) + group];

    /// <summary>What is broadcast of a token.</summary>
    private static AssemblerRegisterZMM Broadcast(int token) => Vectors[(2 * AccumulatorCount) + MaxGroups + (token & 1)];

    private static AssemblerRegisterZMM Temporary(int group) => Vectors[(2 * AccumulatorCount) + MaxGroups + 2 + group];

    /// <summary>Bytes of a record, what a tile holds of one token per sub-block: activations, their scale, and an offset or a scaled sum.</summary>
    public static int RecordBytes<TFormat>() where TFormat : struct, IQuantizedFormat => TFormat.SubBlockLength + (2 * sizeof(float));

    /// <summary>Machine code of a kernel: void (TileArguments*).</summary>
    public static byte[] Emit<TFormat>(int groups, int tokens, bool isWindows) where TFormat : struct, IQuantizedFormat
    {
        int turns = PackedUnit.Length<TFormat>() / TFormat.SubBlockLength / TFormat.TurnSubBlocks;
        QuantConstants constants = CollectConstants<TFormat>();
        Assembler code = new(64);
        Label[] table = [.. constants.Known.Select(_ => code.CreateLabel())];
        Label unit = code.CreateLabel(), turn = code.CreateLabel();
        code.push(Turns);
        CallingConvention.SaveVectors(code, isWindows);
        code.mov(Arguments, isWindows ? rcx : rdi);
        MoveSums(code, groups, tokens, isLoad: true);
        LoadArguments(code, constants, table);
        code.Label(ref unit);
        code.mov(ebx, turns);
        code.Label(ref turn);
        for (int subBlock = 0; subBlock < TFormat.TurnSubBlocks; subBlock++) SubBlock<TFormat>(code, constants, groups, tokens, subBlock);
        AddToUnits(code, TFormat.TurnBytes);
        code.add(Scales, TFormat.TurnSubBlocks * Lines.LineBytes);
        if (TFormat.HasMinima) code.add(Minima, TFormat.TurnSubBlocks * Lines.LineBytes);
        code.dec(Turns);
        code.jnz(turn);
        AddToUnits(code, TFormat.UnitBytes - (turns * TFormat.TurnBytes));
        code.dec(UnitCount);
        code.jnz(unit);
        MoveSums(code, groups, tokens, isLoad: false);
        CallingConvention.RestoreVectors(code, isWindows);
        code.pop(Turns);
        code.vzeroupper();
        code.ret();
        EmitTable(code, constants, table);
        var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    private static void SubBlock<TFormat>(Assembler code, QuantConstants constants, int groups, int tokens, int subBlock)
        where TFormat : struct, IQuantizedFormat
    {
        int scale = TFormat.SubBlockLength, extra = scale + sizeof(float);
        for (int token = 0; token < tokens; token++)
        {
            for (int group = 0; group < groups; group++)
            {
                AssemblerRegisterZMM integer = Integer(group, token);
                if (TFormat.OffsetShift < 0) code.vpxord(integer, integer, integer);
                else if (group == 0) code.vpbroadcastd(integer, __dword_ptr[At(token, extra)]);
                else code.vmovdqa32(integer, Integer(0, token));
            }
        }

        for (int step = 0; step < TFormat.SubBlockLength / 4; step++)
        {
            for (int group = 0; group < groups; group++)
                EmittingLanes.Emit<TFormat>(code, group == 0 ? Units : SecondUnits, subBlock, step, Weights(group), Temporary(group), constants);
            for (int token = 0; token < tokens; token++)
            {
                code.vpbroadcastd(Broadcast(token), __dword_ptr[At(token, step * 4)]);
                for (int group = 0; group < groups; group++) code.vpdpbusd(Integer(group, token), Weights(group), Broadcast(token));
            }
        }

        // The same operations in the same order as QuantizedKernel, so that the bits are the same.
        LoadFactors(code, Scales, groups, subBlock);
        for (int token = 0; token < tokens; token++)
        {
            code.vbroadcastss(Broadcast(token), __dword_ptr[At(token, scale)]);
            for (int group = 0; group < groups; group++)
            {
                code.vcvtdq2ps(Integer(group, token), Integer(group, token));
                code.vmulps(Temporary(group), Weights(group), Broadcast(token));
                code.vfmadd231ps(Float(group, token), Integer(group, token), Temporary(group));
            }
        }

        if (TFormat.HasMinima)
        {
            LoadFactors(code, Minima, groups, subBlock);
            for (int token = 0; token < tokens; token++)
            {
                code.vbroadcastss(Broadcast(token), __dword_ptr[At(token, extra)]);
                for (int group = 0; group < groups; group++) code.vfmadd231ps(Float(group, token), Weights(group), Broadcast(token));
            }
        }

        // From sub-block to sub-block, so that displacements stay short: long ones take room in the cache of decoded instructions.
        code.add(Records, tokens * RecordBytes<TFormat>());

        AssemblerMemoryOperand At(int token, int offset) => Records + ((token * RecordBytes<TFormat>()) + offset);
    }

    private static void AddToUnits(Assembler code, int bytes)
    {
        code.add(Units, bytes);
        code.add(SecondUnits, bytes);
    }

    private static void LoadFactors(Assembler code, AssemblerRegister64 factors, int groups, int subBlock)
    {
        for (int group = 0; group < groups; group++) code.vmovups(Weights(group), __zmmword_ptr[factors + ((group * ScaleStride) + (subBlock * Lines.LineBytes))]);
    }

    private static void MoveSums(Assembler code, int groups, int tokens, bool isLoad)
    {
        code.mov(Sums, __qword_ptr[Arguments + (isLoad ? 40 : 56)]);
        code.mov(Stride, __qword_ptr[Arguments + (isLoad ? 48 : 64)]);
        for (int token = 0; token < tokens; token++)
        {
            for (int group = 0; group < groups; group++)
            {
                AssemblerMemoryOperand memory = __zmmword_ptr[Sums + (group * Lines.LineBytes)];
                if (isLoad) code.vmovups(Float(group, token), memory);
                else code.vmovups(memory, Float(group, token));
            }

            if (token < tokens - 1) code.add(Sums, Stride);
        }
    }

    private static void LoadArguments(Assembler code, QuantConstants constants, Label[] table)
    {
        code.mov(Units, __qword_ptr[Arguments]);
        code.mov(SecondUnits, __qword_ptr[Arguments + 8]);
        code.mov(Scales, __qword_ptr[Arguments + 16]);
        code.mov(Minima, __qword_ptr[Arguments + 24]);
        code.mov(Records, __qword_ptr[Arguments + 32]);
        code.mov(UnitCount, __qword_ptr[Arguments + 72]);
        for (int i = 0; i < constants.Known.Count; i++) code.vbroadcasti32x4(constants.Known[i].Register, __xmmword_ptr[table[i]]);
    }

    /// <summary>Finds the constants of a format by a rehearsal.</summary>
    private static QuantConstants CollectConstants<TFormat>() where TFormat : struct, IQuantizedFormat
    {
        var constants = new QuantConstants(Vectors[^1], Vectors[^2]);
        var discarded = new Assembler(64);
        for (int subBlock = 0; subBlock < PackedUnit.Length<TFormat>() / TFormat.SubBlockLength; subBlock++)
        {
            for (int step = 0; step < TFormat.SubBlockLength / 4; step++)
                EmittingLanes.Emit<TFormat>(discarded, Units, subBlock, step, Weights(0), Temporary(0), constants);
        }

        return constants;
    }

    private static void EmitTable(Assembler code, QuantConstants constants, Label[] table)
    {
        Span<byte> bytes = stackalloc byte[Vector128<byte>.Count];
        for (int i = 0; i < constants.Known.Count; i++)
        {
            code.Label(ref table[i]);
            constants.Known[i].Bytes.CopyTo(bytes);
            code.db(bytes);
        }
    }
}

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SeekSharp.Kernels;

/// <summary>Arguments of a streaming kernel.</summary>
internal unsafe struct StreamArguments
{
    /// <summary>Packed units of consecutive row groups.</summary>
    public byte* Units;

    /// <summary>Activations [column / 4][token][4], and what belongs to them [column / 32][word][token], as in a tile of <see cref="TileCode"/>.</summary>
    public sbyte* Activations;
    public int* Words;

    /// <summary>Working space for unpacking scales.</summary>
    public byte* Temporary;

    /// <summary>Receives the sums [group][token][16].</summary>
    public float* Sums;

    /// <summary>Units per row group, and number of row groups.</summary>
    public long UnitCount;
    public long GroupCount;
}

/// <summary>
/// Emits the product of packed weights with a few tokens, which takes every weight once from memory to the sums: what decoding spends its time on. The code
/// comes from the format's own description, traced with <see cref="TracingLanes"/>, and does the same operations in the same order as
/// <see cref="QuantizedKernel{TFormat, TLanes, TInt, TFloat}"/>.
/// </summary>
internal static unsafe class StreamCode
{
    /// <summary>Most tokens: their float32 and integer sums take two registers each, and half of all are left for weights.</summary>
    public const int MaxTokens = 8;

    /// <summary>Bytes between use and prefetch: 4,096 and less leave the memory's latency uncovered, 12,288 and more gain nothing (Zen 5).</summary>
    private const int PrefetchDistance = 8 * 1024;

    private static readonly AssemblerRegisterZMM[] Vectors =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    // rbx and rbp are saved; the others are free under both calling conventions.
    private static readonly AssemblerRegister64 Units = rax, UnitCount = rcx, Activations = rdx, Words = r8, Temporary = r9, Sums = r10, Groups = rbx, Arguments = rbp;

    /// <summary>32-bit words beside the activations, per token and 32 columns: a scale, then an offset or a scaled sum per sub-block.</summary>
    public static int WordsPerBlock<TFormat>() where TFormat : struct, IQuantizedFormat => 1 + (QuantizedRow.BlockLength / TFormat.SubBlockLength);

    /// <summary>Machine code of a kernel: void (StreamArguments*).</summary>
    public static byte[] Emit<TFormat>(int tokens, bool isWindows) where TFormat : struct, IQuantizedFormat
    {
        List<TraceStep> steps = Trace<TFormat>(tokens);
        List<int> order = StreamSchedule.Order(steps);
        if (!StreamSchedule.TryAllocate(steps, order, tokens, Vectors.Length, out int[] registers, out Dictionary<int, int> constants))
            throw new InvalidOperationException($"A unit of {typeof(TFormat).Name} with {tokens} tokens needs more than {Vectors.Length} registers.");
        int unitLength = PackedUnit.Length<TFormat>(), wordsPerBlock = WordsPerBlock<TFormat>();
        var code = new Assembler(64);
        Label group = code.CreateLabel(), unit = code.CreateLabel();
        Prologue(code, isWindows, constants);
        code.Label(ref group);
        code.mov(Activations, __qword_ptr[Arguments + 8]);
        code.mov(Words, __qword_ptr[Arguments + 16]);
        code.mov(UnitCount, __qword_ptr[Arguments + 40]);
        for (int token = 0; token < tokens; token++) code.vpxord(Vectors[token], Vectors[token], Vectors[token]);
        code.Label(ref unit);
        Unit(code, steps, order, registers, TFormat.UnitBytes / Lines.LineBytes);
        code.add(Units, TFormat.UnitBytes);
        code.add(Activations, unitLength * tokens);
        code.add(Words, unitLength / 32 * wordsPerBlock * tokens * sizeof(int));
        code.dec(UnitCount);
        code.jnz(unit);
        for (int token = 0; token < tokens; token++) code.vmovups(__zmmword_ptr[Sums + (token * Lines.LineBytes)], Vectors[token]);
        code.add(Sums, tokens * Lines.LineBytes);
        code.dec(Groups);
        code.jnz(group);
        Epilogue(code, isWindows);
        var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    /// <summary>Writes down what one unit does. The first steps of the trace are the sums before it.</summary>
    private static List<TraceStep> Trace<TFormat>(int tokens) where TFormat : struct, IQuantizedFormat
    {
        TracingLanes.Begin();
        int[] sums = new int[tokens], integers = new int[tokens];
        for (int token = 0; token < tokens; token++) sums[token] = TracingLanes.Record(TraceKind.Sum);
        TFormat.UnpackScales<TracingLanes, TraceInt, TraceFloat>(TraceMemory.Unit, TraceMemory.Scales, TraceMemory.Minima, TraceMemory.Temporary);
        int subBlocks = PackedUnit.Length<TFormat>() / TFormat.SubBlockLength, wordsPerBlock = WordsPerBlock<TFormat>();
        for (int subBlock = 0; subBlock < subBlocks; subBlock++)
        {
            int start = TFormat.SubBlockStart(subBlock), scaleWord = start / 32 * wordsPerBlock, extraWord = scaleWord + 1 + (start % 32 / TFormat.SubBlockLength);
            for (int token = 0; token < tokens; token++)
            {
                integers[token] = TFormat.OffsetShift >= 0
                    ? TracingLanes.Record(TraceKind.BroadcastLoad, immediate: Word(extraWord, token))
                    : TracingLanes.Record(TraceKind.Constant);
            }

            for (int step = 0; step < TFormat.SubBlockLength / 4; step++)
            {
                int weights = TFormat.Quants<TracingLanes, TraceInt, TraceFloat>(TraceMemory.Unit, subBlock, step).Number;
                byte* activations = TraceMemory.Activations + ((start + (step * 4)) * tokens);
                for (int token = 0; token < tokens; token++)
                    integers[token] = TracingLanes.Record(TraceKind.DotBroadcast, integers[token], weights, immediate: (long)(activations + (token * 4)));
            }

            int scale = TracingLanes.LoadFloats(TraceMemory.Scales + (subBlock * Lines.Rows)).Number;
            for (int token = 0; token < tokens; token++)
            {
                int tokenScale = TracingLanes.Record(TraceKind.MultiplyBroadcast, scale, immediate: Word(scaleWord, token));
                int products = TracingLanes.Record(TraceKind.ToFloat, integers[token]);
                sums[token] = TracingLanes.Record(TraceKind.FusedMultiplyAdd, products, tokenScale, sums[token]);
                if (!TFormat.HasMinima) continue;
                int minima = TracingLanes.LoadFloats(TraceMemory.Minima + (subBlock * Lines.Rows)).Number;
                sums[token] = TracingLanes.Record(TraceKind.MultiplyAddBroadcast, minima, sums[token], immediate: Word(extraWord, token));
            }
        }

        return TracingLanes.End();

        long Word(int word, int token) => (long)(TraceMemory.Words + (((word * tokens) + token) * sizeof(int)));
    }

    /// <summary>The steps of a unit, and between them the prefetches of a later one, evenly spread: the memory is never left without requests.</summary>
    private static void Unit(Assembler code, List<TraceStep> steps, List<int> order, int[] registers, int lines)
    {
        int line = 0;
        for (int i = 0; i < order.Count; i++)
        {
            for (; line < lines && line * order.Count <= i * lines; line++) code.prefetcht0(__byte_ptr[Units + (PrefetchDistance + (line * Lines.LineBytes))]);
            Step(code, steps[order[i]], order[i], registers);
        }
    }

    private static void Step(Assembler code, TraceStep step, int number, int[] registers)
    {
        AssemblerRegisterZMM result = Operand(number), first = Operand(step.First), second = Operand(step.Second);
        switch (step.Kind)
        {
            case TraceKind.Constant:
                code.vpxord(result, result, result);
                break;
            case TraceKind.Load:
                code.vmovups(result, __zmmword_ptr[At(step.Immediate)]);
                break;
            case TraceKind.Store:
                code.vmovups(__zmmword_ptr[At(step.Immediate)], first);
                break;
            case TraceKind.LoadBytes:
                code.vpmovzxbd(result, __xmmword_ptr[At(step.Immediate)]);
                break;
            case TraceKind.LoadSignedBytes:
                code.vpmovsxbd(result, __xmmword_ptr[At(step.Immediate)]);
                break;
            case TraceKind.LoadFiniteHalves:
                code.vcvtph2ps(result, __ymmword_ptr[At(step.Immediate)]);
                break;
            case TraceKind.BroadcastLoad:
                code.vpbroadcastd(result, __dword_ptr[At(step.Immediate)]);
                break;
            case TraceKind.Add:
                code.vpaddd(result, first, second);
                break;
            case TraceKind.Subtract:
                code.vpsubd(result, first, second);
                break;
            case TraceKind.And:
                code.vpandd(result, first, second);
                break;
            case TraceKind.Or:
                code.vpord(result, first, second);
                break;
            case TraceKind.ShiftLeft:
                code.vpslld(result, first, (byte)step.Immediate);
                break;
            case TraceKind.ShiftRight:
                code.vpsrld(result, first, (byte)step.Immediate);
                break;
            case TraceKind.ToFloat:
                code.vcvtdq2ps(result, first);
                break;
            case TraceKind.Multiply:
                code.vmulps(result, first, second);
                break;
            case TraceKind.MultiplyBroadcast:
                code.vmulps(result, first, __dword_bcst[At(step.Immediate)]);
                break;
            case TraceKind.DotBroadcast:
                code.vpdpbusd(result, second, __dword_bcst[At(step.Immediate)]);
                break;
            case TraceKind.FusedMultiplyAdd:
                code.vfmadd231ps(result, first, second);
                break;
            case TraceKind.MultiplyAddBroadcast:
                code.vfmadd231ps(result, first, __dword_bcst[At(step.Immediate)]);
                break;
            default:
                throw new InvalidOperationException($"No code for {step.Kind}.");
        }

        AssemblerRegisterZMM Operand(int operand) => operand < 0 || registers[operand] < 0 ? default : Vectors[registers[operand]];
    }

    private static AssemblerMemoryOperand At(long address)
    {
        AssemblerRegister64 area = TraceMemory.AreaOf(address) switch
        {
            1 => Units,
            2 => Temporary,
            3 => Activations,
            _ => Words,
        };
        return area + TraceMemory.OffsetOf(address);
    }

    private static void Prologue(Assembler code, bool isWindows, Dictionary<int, int> constants)
    {
        code.push(rbx);
        code.push(rbp);
        CallingConvention.SaveVectors(code, isWindows);
        code.mov(Arguments, isWindows ? rcx : rdi);
        code.mov(Units, __qword_ptr[Arguments]);
        code.mov(Temporary, __qword_ptr[Arguments + 24]);
        code.mov(Sums, __qword_ptr[Arguments + 32]);
        code.mov(Groups, __qword_ptr[Arguments + 48]);
        foreach ((int value, int register) in constants)
        {
            code.mov(ecx, value);
            code.vpbroadcastd(Vectors[register], ecx);
        }
    }

    private static void Epilogue(Assembler code, bool isWindows)
    {
        CallingConvention.RestoreVectors(code, isWindows);
        code.vzeroupper();
        code.pop(rbp);
        code.pop(rbx);
        code.ret();
    }
}

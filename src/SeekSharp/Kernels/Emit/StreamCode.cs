using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SeekSharp.Kernels;

/// <summary>Arguments of a streaming kernel.</summary>
internal unsafe struct StreamArguments
{
    /// <summary>Packed units of consecutive row groups.</summary>
    public byte* Units;

    /// <summary>Activations of the token, and its words per 32 columns, as in a tile of one token.</summary>
    public sbyte* Activations;
    public int* Words;

    /// <summary>Working space for scales, minima and their unpacking.</summary>
    public float* Scales;
    public float* Minima;
    public byte* Temporary;

    /// <summary>Receives the sums [group][16].</summary>
    public float* Sums;

    /// <summary>Units per row group, and number of row groups.</summary>
    public long UnitCount;
    public long GroupCount;
}

/// <summary>
/// Emits the product of packed weights with one token, which streams every weight once: what decoding spends its time on. The code comes from the
/// format's own description, traced with <see cref="TracingLanes"/>, and does the same operations in the same order as <see cref="QuantizedKernel{TFormat, TLanes, TInt, TFloat}"/>.
/// </summary>
internal static unsafe class StreamCode
{
    // A unit of most formats takes longer than the memory's latency; farther ahead the first-level cache would lose lines before their use.
    private const int PrefetchDistance = 8 * 1024;

    private static readonly AssemblerRegisterZMM[] Vectors =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    /// <summary>The register that carries the sums from unit to unit.</summary>
    private const int SumRegister = 0;

    // rbx and rbp are saved; the others are free under both calling conventions.
    private static readonly AssemblerRegister64 Units = rax, UnitCount = rcx, Activations = rdx, Words = r8, Scales = r9, Minima = r10, Temporary = r11;

    /// <summary>Machine code of a kernel: void (StreamArguments*).</summary>
    public static byte[] Emit<TFormat>(bool isWindows) where TFormat : struct, IQuantizedFormat
    {
        IReadOnlyList<TraceStep> steps = Trace<TFormat>(out int sum);
        (int[] registers, Dictionary<int, int> constants) = Allocate(steps, sum);
        int unitLength = PackedUnit.Length<TFormat>();
        var code = new Assembler(64);
        Label group = code.CreateLabel(), unit = code.CreateLabel();
        Prologue(code, isWindows, constants);
        code.Label(ref group);
        code.mov(Activations, __qword_ptr[rbp + 8]);
        code.mov(Words, __qword_ptr[rbp + 16]);
        code.mov(UnitCount, __qword_ptr[rbp + 56]);
        code.vpxord(Vectors[SumRegister], Vectors[SumRegister], Vectors[SumRegister]);
        code.Label(ref unit);
        for (int line = 0; line < TFormat.UnitBytes; line += Lines.LineBytes) code.prefetcht0(__byte_ptr[Units + PrefetchDistance + line]);
        foreach (TraceStep step in steps) Step(code, step, registers);
        code.add(Units, TFormat.UnitBytes);
        code.add(Activations, unitLength);
        code.add(Words, unitLength / 32 * TileShape.Of<TFormat>().WordsPerBlock * sizeof(int));
        code.dec(UnitCount);
        code.jnz(unit);
        code.mov(rcx, __qword_ptr[rbp + 48]);
        code.vmovups(__zmmword_ptr[rcx], Vectors[SumRegister]);
        code.add(__qword_ptr[rbp + 48], Lines.LineBytes);
        code.dec(rbx);
        code.jnz(group);
        Epilogue(code, isWindows);
        var stream = new MemoryStream();
        code.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    /// <summary>Writes down what one unit does. The sum of the units before stands in register 0 of the trace, the new one in <paramref name="sum"/>.</summary>
    private static IReadOnlyList<TraceStep> Trace<TFormat>(out int sum) where TFormat : struct, IQuantizedFormat
    {
        TracingLanes.Begin();
        sum = TracingLanes.Record(TraceKind.Constant);
        TFormat.UnpackScales<TracingLanes, TraceRegister, TraceFloat>(TraceMemory.Unit, TraceMemory.Scales, TraceMemory.Minima, TraceMemory.Temporary);
        int subBlocks = PackedUnit.Length<TFormat>() / TFormat.SubBlockLength, wordsPerBlock = TileShape.Of<TFormat>().WordsPerBlock;
        for (int subBlock = 0; subBlock < subBlocks; subBlock++)
        {
            int start = TFormat.SubBlockStart(subBlock);
            byte* scaleWord = TraceMemory.Words + (start / 32 * wordsPerBlock * sizeof(int));
            byte* extraWord = scaleWord + ((1 + (start % 32 / TFormat.SubBlockLength)) * sizeof(int));
            int integers = TFormat.OffsetShift >= 0
                ? TracingLanes.Record(TraceKind.BroadcastLoad, immediate: (long)extraWord)
                : TracingLanes.Record(TraceKind.Constant);
            for (int step = 0; step < TFormat.SubBlockLength / 4; step++)
            {
                int weights = TFormat.Quants<TracingLanes, TraceRegister, TraceFloat>(TraceMemory.Unit, subBlock, step).Number;
                integers = TracingLanes.Record(TraceKind.DotBroadcast, integers, weights, immediate: (long)(TraceMemory.Activations + start + (step * 4)));
            }

            int scale = TracingLanes.LoadFloats(TraceMemory.Scales + (subBlock * Lines.Rows)).Number;
            scale = TracingLanes.Record(TraceKind.MultiplyBroadcast, scale, immediate: (long)scaleWord);
            int products = TracingLanes.Record(TraceKind.ToFloat, integers);
            sum = TracingLanes.Record(TraceKind.FusedMultiplyAdd, products, scale, sum);
            if (!TFormat.HasMinima) continue;
            int minima = TracingLanes.LoadFloats(TraceMemory.Minima + (subBlock * Lines.Rows)).Number;
            sum = TracingLanes.Record(TraceKind.MultiplyAddBroadcast, minima, sum, immediate: (long)extraWord);
        }

        return TracingLanes.End();
    }

    /// <summary>Gives each register of the trace a register of the processor; constants other than zero get one for good.</summary>
    private static (int[] Registers, Dictionary<int, int> Constants) Allocate(IReadOnlyList<TraceStep> steps, int sum)
    {
        var lastUse = new int[steps.Count];
        for (int i = 0; i < steps.Count; i++)
            foreach (int operand in new[] { steps[i].First, steps[i].Second, steps[i].Third })
                if (operand >= 0) lastUse[operand] = i;
        var registers = new int[steps.Count];
        var constants = new Dictionary<int, int>();
        foreach (TraceStep step in steps)
            if (step.Kind == TraceKind.Constant && step.Immediate != 0) constants.TryAdd((int)step.Immediate, Vectors.Length - 1 - constants.Count);
        var free = new Stack<int>(Enumerable.Range(1, Vectors.Length - 1 - constants.Count).Reverse());
        for (int i = 0; i < steps.Count; i++)
        {
            TraceStep step = steps[i];
            // Operands that are used for the last time make room for the result. It takes the place of the one that was freed last: the first, which
            // DotBroadcast overwrites.
            foreach (int operand in new[] { step.Third, step.Second, step.First }.Distinct())
                if (operand > 0 && lastUse[operand] == i && registers[operand] > SumRegister && !IsConstant(steps[operand])) free.Push(registers[operand]);
            if (step.Result < 0) continue;
            registers[i] = i == 0 || IsSum(step) ? SumRegister : IsConstant(step) ? constants[(int)step.Immediate] : free.Pop();
        }

        return (registers, constants);

        bool IsSum(TraceStep step) =>
            (step.Kind == TraceKind.FusedMultiplyAdd && registers[step.Third] == SumRegister) || (step.Kind == TraceKind.MultiplyAddBroadcast);

        static bool IsConstant(TraceStep step) => step.Kind == TraceKind.Constant && step.Immediate != 0;
    }

    private static void Step(Assembler code, TraceStep step, int[] registers)
    {
        if (step.Kind == TraceKind.Store)
        {
            code.vmovups(Memory64(step.Immediate), Vectors[registers[step.First]]);
            return;
        }

        AssemblerRegisterZMM result = Vectors[registers[step.Result]], first = Operand(step.First), second = Operand(step.Second), third = Operand(step.Third);
        switch (step.Kind)
        {
            case TraceKind.Constant:
                if (step.Immediate == 0 && step.Result > 0) code.vpxord(result, result, result);
                break;
            case TraceKind.Load:
                code.vmovups(result, Memory64(step.Immediate));
                break;
            case TraceKind.LoadBytes:
                code.vpmovzxbd(result, __xmmword_ptr[Base(step.Immediate) + TraceMemory.OffsetOf(step.Immediate)]);
                break;
            case TraceKind.LoadSignedBytes:
                code.vpmovsxbd(result, __xmmword_ptr[Base(step.Immediate) + TraceMemory.OffsetOf(step.Immediate)]);
                break;
            case TraceKind.LoadUInt16:
                code.vpmovzxwd(result, __ymmword_ptr[Base(step.Immediate) + TraceMemory.OffsetOf(step.Immediate)]);
                break;
            case TraceKind.BroadcastLoad:
                code.vpbroadcastd(result, __dword_ptr[Base(step.Immediate) + TraceMemory.OffsetOf(step.Immediate)]);
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
                code.vmulps(result, first, Broadcast(step.Immediate));
                break;
            case TraceKind.DotBroadcast:
                Same(result, first);
                code.vpdpbusd(result, second, Broadcast(step.Immediate));
                break;
            case TraceKind.FusedMultiplyAdd:
                Same(result, third);
                code.vfmadd231ps(result, first, second);
                break;
            case TraceKind.MultiplyAddBroadcast:
                Same(result, second);
                code.vfmadd231ps(result, first, Broadcast(step.Immediate));
                break;
            default:
                throw new InvalidOperationException($"No code for {step.Kind}.");
        }

        AssemblerRegisterZMM Operand(int number) => number < 0 ? default : Vectors[registers[number]];

        // The operand that is overwritten was used for the last time, and so its register was the first to be taken again.
        static void Same(AssemblerRegisterZMM result, AssemblerRegisterZMM operand)
        {
            if (result != operand) throw new InvalidOperationException("The sum has moved to another register.");
        }
    }

    private static AssemblerMemoryOperand Memory64(long address) => __zmmword_ptr[Base(address) + TraceMemory.OffsetOf(address)];

    private static AssemblerMemoryOperand Broadcast(long address) => __dword_bcst[Base(address) + TraceMemory.OffsetOf(address)];

    private static AssemblerRegister64 Base(long address) => TraceMemory.AreaOf(address) switch
    {
        1 => Units,
        2 => Scales,
        3 => Minima,
        4 => Temporary,
        5 => Activations,
        _ => Words,
    };

    private static void Prologue(Assembler code, bool isWindows, Dictionary<int, int> constants)
    {
        code.push(rbx);
        code.push(rbp);
        CallingConvention.SaveVectors(code, isWindows);
        code.mov(rbp, isWindows ? rcx : rdi);
        code.mov(Units, __qword_ptr[rbp]);
        code.mov(Scales, __qword_ptr[rbp + 24]);
        code.mov(Minima, __qword_ptr[rbp + 32]);
        code.mov(Temporary, __qword_ptr[rbp + 40]);
        code.mov(rbx, __qword_ptr[rbp + 64]);
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

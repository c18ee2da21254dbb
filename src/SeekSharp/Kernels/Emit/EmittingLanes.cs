using System.Runtime.Intrinsics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SeekSharp.Kernels;

/// <summary>16 words of weights on their way into a register: (line &lt;&lt; shift) &amp; mask, or what is in a register already.</summary>
/// <param name="Line">Offset of the line in its unit, or -1 for a register.</param>
/// <param name="Shift">Bits to shift left, or right where negative.</param>
/// <param name="Mask">Bits to keep.</param>
internal readonly record struct EmittedQuants(int Line, int Shift, int Mask);

/// <summary>Unused: quants are integers.</summary>
internal readonly record struct EmittedFloats;

/// <summary>
/// Lanes that compute nothing but emit code for what a format's <see cref="IQuantizedFormat.Quants"/> does, so that each format is described once, for the
/// vectors of .NET and for emitted code. Pointers are offsets within a unit.
/// </summary>
internal readonly unsafe struct EmittingLanes : ILanes<EmittedQuants, EmittedFloats>
{
    private const int All = -1;

    // a | (b & c)
    private const byte OrAnd = 0xf8;

    [ThreadStatic] private static Target? s_target;

    /// <summary>Where code goes, and the registers that it may use.</summary>
    /// <param name="Code">The assembler.</param>
    /// <param name="Unit">Start of the unit.</param>
    /// <param name="Result">Receives the quants.</param>
    /// <param name="Temporary">May be overwritten.</param>
    /// <param name="Constants">The register of each constant.</param>
    private sealed record Target(Assembler Code, AssemblerRegister64 Unit, AssemblerRegisterZMM Result, AssemblerRegisterZMM Temporary, QuantConstants Constants);

    /// <summary>Emits the quants of 16 rows x 4 columns.</summary>
    public static void Emit<TFormat>(
        Assembler code, AssemblerRegister64 unit, int subBlock, int step, AssemblerRegisterZMM result, AssemblerRegisterZMM temporary, QuantConstants constants)
        where TFormat : struct, IQuantizedFormat
    {
        s_target = new Target(code, unit, result, temporary, constants);
        Finish(TFormat.Quants<EmittingLanes, EmittedQuants, EmittedFloats>(null, subBlock, step));
        s_target = null;
    }

    public static int Count => Lines.Rows;
    public static EmittedQuants Load(byte* source) => new((int)source, 0, All);
    public static EmittedQuants Broadcast(int value) => new(-1, 0, value);
    public static EmittedQuants And(EmittedQuants left, EmittedQuants right) => left with { Mask = left.Mask & right.Mask };
    public static EmittedQuants ShiftRight(EmittedQuants value, int count) => value with { Shift = value.Shift - count };

    // Behind a mask, a shift to the left is a shift of both.
    public static EmittedQuants ShiftLeft(EmittedQuants value, int count) =>
        value with { Shift = value.Shift + count, Mask = value.Mask == All ? All : value.Mask << count };

    public static EmittedQuants Or(EmittedQuants left, EmittedQuants right)
    {
        Target target = s_target!;
        Finish(left);
        AssemblerRegisterZMM mask = target.Constants.Mask(right.Mask);
        if (right.Shift == 0)
        {
            target.Code.vpternlogd(target.Result, mask, Memory(right), OrAnd);
        }
        else
        {
            Shift(target.Temporary, right);
            target.Code.vpternlogd(target.Result, mask, target.Temporary, OrAnd);
        }

        return new(-1, 0, All);
    }

    public static EmittedQuants LookUp(EmittedQuants indices, Vector128<byte> table)
    {
        Finish(indices);
        s_target!.Code.vpshufb(s_target.Result, s_target.Constants.Table(table), s_target.Result);
        return new(-1, 0, All);
    }

    private static void Finish(EmittedQuants value)
    {
        if (value.Line < 0) return;
        Target target = s_target!;
        if (value.Shift != 0) Shift(target.Result, value);
        if (value.Mask == All && value.Shift == 0) target.Code.vmovdqu32(target.Result, Memory(value));
        else if (value.Shift == 0) target.Code.vpandd(target.Result, target.Constants.Mask(value.Mask), Memory(value));
        else if (value.Mask != All) target.Code.vpandd(target.Result, target.Result, target.Constants.Mask(value.Mask));
    }

    private static void Shift(AssemblerRegisterZMM destination, EmittedQuants value)
    {
        if (value.Shift > 0) s_target!.Code.vpslld(destination, Memory(value), (byte)value.Shift);
        else s_target!.Code.vpsrld(destination, Memory(value), (byte)-value.Shift);
    }

    private static AssemblerMemoryOperand Memory(EmittedQuants value) => __zmmword_ptr[s_target!.Unit + value.Line];

    // What no format does to its quants.
    public static int ExactSteps(int largestWeight) => throw new NotSupportedException();
    public static void Store(byte* destination, EmittedQuants value) => throw new NotSupportedException();
    public static EmittedQuants LoadBytes(byte* source) => throw new NotSupportedException();
    public static EmittedQuants LoadSignedBytes(byte* source) => throw new NotSupportedException();
    public static EmittedQuants LoadUInt16(byte* source) => throw new NotSupportedException();
    public static EmittedQuants Add(EmittedQuants left, EmittedQuants right) => throw new NotSupportedException();
    public static EmittedQuants Subtract(EmittedQuants left, EmittedQuants right) => throw new NotSupportedException();
    public static EmittedQuants GreaterThan(EmittedQuants left, EmittedQuants right) => throw new NotSupportedException();
    public static EmittedQuants MultiplyAdd(EmittedQuants sums, EmittedQuants unsignedBytes, EmittedQuants signedBytes) => throw new NotSupportedException();
    public static EmittedQuants Reduce(EmittedQuants sums) => throw new NotSupportedException();
    public static EmittedFloats AsFloat(EmittedQuants bits) => throw new NotSupportedException();
    public static EmittedQuants AsInt(EmittedFloats value) => throw new NotSupportedException();
    public static EmittedFloats ToFloat(EmittedQuants value) => throw new NotSupportedException();
    public static EmittedFloats LoadFloats(float* source) => throw new NotSupportedException();
    public static void StoreFloats(float* destination, EmittedFloats value) => throw new NotSupportedException();
    public static EmittedFloats BroadcastFloat(float value) => throw new NotSupportedException();
    public static EmittedFloats Add(EmittedFloats left, EmittedFloats right) => throw new NotSupportedException();
    public static EmittedFloats Subtract(EmittedFloats left, EmittedFloats right) => throw new NotSupportedException();
    public static EmittedFloats Multiply(EmittedFloats left, EmittedFloats right) => throw new NotSupportedException();
    public static EmittedFloats Divide(EmittedFloats left, EmittedFloats right) => throw new NotSupportedException();
    public static EmittedFloats Max(EmittedFloats left, EmittedFloats right) => throw new NotSupportedException();
    public static EmittedFloats Min(EmittedFloats left, EmittedFloats right) => throw new NotSupportedException();
    public static EmittedFloats LoadFiniteHalves(byte* source) => throw new NotSupportedException();
    public static EmittedFloats Exp(EmittedFloats value) => throw new NotSupportedException();
    public static float Sum(EmittedFloats value) => throw new NotSupportedException();
    public static EmittedFloats FusedMultiplyAdd(EmittedFloats left, EmittedFloats right, EmittedFloats addend) => throw new NotSupportedException();
}

/// <summary>The constants of a format's quants, each in a register for the length of a kernel.</summary>
/// <param name="registers">Registers that may be taken.</param>
internal sealed class QuantConstants(params AssemblerRegisterZMM[] registers)
{
    private readonly List<(Vector128<byte> Bytes, AssemblerRegisterZMM Register)> _known = [];

    /// <summary>The constants that have been asked for: 16 bytes, to be repeated, and the register.</summary>
    public IReadOnlyList<(Vector128<byte> Bytes, AssemblerRegisterZMM Register)> Known => _known;

    /// <summary>The register of a mask of 32 bits.</summary>
    public AssemblerRegisterZMM Mask(int mask) => Find(Vector128.Create(mask).AsByte());

    /// <summary>The register of a table of 16 bytes.</summary>
    public AssemblerRegisterZMM Table(Vector128<byte> table) => Find(table);

    private AssemblerRegisterZMM Find(Vector128<byte> bytes)
    {
        foreach ((Vector128<byte> known, AssemblerRegisterZMM register) in _known)
            if (known == bytes) return register;
        AssemblerRegisterZMM next = registers[_known.Count];
        _known.Add((bytes, next));
        return next;
    }
}

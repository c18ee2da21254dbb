using System.Runtime.Intrinsics;

namespace SeekSharp.Kernels;

/// <summary>One vector operation of a trace. Registers are numbered as they are written; each is written once.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Result">Register written, or -1.</param>
/// <param name="First">First operand, or -1.</param>
/// <param name="Second">Second operand, or -1.</param>
/// <param name="Third">Third operand, or -1.</param>
/// <param name="Immediate">Address, shift count or constant.</param>
internal readonly record struct TraceStep(TraceKind Kind, int Result, int First = -1, int Second = -1, int Third = -1, long Immediate = 0);

/// <summary>The operations that occur in the formats and in the product of one token.</summary>
internal enum TraceKind
{
    Constant,
    Load,
    LoadBytes,
    LoadSignedBytes,
    LoadUInt16,
    BroadcastLoad,
    Store,
    Add,
    Subtract,
    And,
    Or,
    ShiftLeft,
    ShiftRight,
    ToFloat,
    Multiply,
    FusedMultiplyAdd,

    /// <summary>First + the products of 4 unsigned bytes of Second with 4 signed bytes that are broadcast from memory.</summary>
    DotBroadcast,

    /// <summary>First x a float32 that is broadcast from memory.</summary>
    MultiplyBroadcast,

    /// <summary>First x a float32 that is broadcast from memory + Second.</summary>
    MultiplyAddBroadcast,
}

/// <summary>A register of a trace.</summary>
internal readonly record struct TraceRegister(int Number);

/// <summary>The same for floats; a type of its own, for the compiler to tell integers from floats.</summary>
internal readonly record struct TraceFloat(int Number);

/// <summary>
/// Lanes that compute nothing: they write down what a format's code does, for <see cref="StreamCode"/> to turn into machine code. So each format is
/// described once, for the vectors of .NET and for emitted code. Pointers are addresses of <see cref="TraceMemory"/>.
/// </summary>
internal readonly unsafe struct TracingLanes : ILanes<TraceRegister, TraceFloat>
{
    [ThreadStatic] private static List<TraceStep>? s_steps;
    [ThreadStatic] private static Dictionary<long, int>? s_lines;

    /// <summary>Starts a trace on this thread.</summary>
    public static void Begin()
    {
        s_steps = [];
        s_lines = [];
    }

    /// <summary>Ends the trace.</summary>
    public static IReadOnlyList<TraceStep> End()
    {
        List<TraceStep> steps = s_steps!;
        (s_steps, s_lines) = (null, null);
        return steps;
    }

    /// <summary>Writes a step down.</summary>
    public static int Record(TraceKind kind, int first = -1, int second = -1, int third = -1, long immediate = 0)
    {
        int result = kind == TraceKind.Store ? -1 : s_steps!.Count;
        s_steps!.Add(new TraceStep(kind, result, first, second, third, immediate));
        return result;
    }

    public static int Count => Lines.Rows;
    public static int ExactSteps(int largestWeight) => int.MaxValue;

    public static TraceRegister Load(byte* source)
    {
        // Several sub-blocks share a line of weights; it is loaded once.
        if (s_lines!.TryGetValue((long)source, out int known)) return new(known);
        int result = Record(TraceKind.Load, immediate: (long)source);
        if (TraceMemory.IsUnit((long)source)) s_lines.Add((long)source, result);
        return new(result);
    }

    public static void Store(byte* destination, TraceRegister value) => Record(TraceKind.Store, value.Number, immediate: (long)destination);
    public static TraceRegister LoadBytes(byte* source) => new(Record(TraceKind.LoadBytes, immediate: (long)source));
    public static TraceRegister LoadSignedBytes(byte* source) => new(Record(TraceKind.LoadSignedBytes, immediate: (long)source));
    public static TraceRegister LoadUInt16(byte* source) => new(Record(TraceKind.LoadUInt16, immediate: (long)source));
    public static TraceRegister Broadcast(int value) => new(Record(TraceKind.Constant, immediate: value));
    public static TraceRegister Add(TraceRegister left, TraceRegister right) => new(Record(TraceKind.Add, left.Number, right.Number));
    public static TraceRegister Subtract(TraceRegister left, TraceRegister right) => new(Record(TraceKind.Subtract, left.Number, right.Number));
    public static TraceRegister And(TraceRegister left, TraceRegister right) => new(Record(TraceKind.And, left.Number, right.Number));
    public static TraceRegister Or(TraceRegister left, TraceRegister right) => new(Record(TraceKind.Or, left.Number, right.Number));
    public static TraceRegister ShiftLeft(TraceRegister value, int count) => Shift(TraceKind.ShiftLeft, value, count);
    public static TraceRegister ShiftRight(TraceRegister value, int count) => Shift(TraceKind.ShiftRight, value, count);
    public static TraceFloat AsFloat(TraceRegister bits) => new(bits.Number);
    public static TraceRegister AsInt(TraceFloat value) => new(value.Number);
    public static TraceFloat ToFloat(TraceRegister value) => new(Record(TraceKind.ToFloat, value.Number));
    public static TraceFloat LoadFloats(float* source) => new(Record(TraceKind.Load, immediate: (long)source));
    public static void StoreFloats(float* destination, TraceFloat value) => Record(TraceKind.Store, value.Number, immediate: (long)destination);
    public static TraceFloat BroadcastFloat(float value) => new(Record(TraceKind.Constant, immediate: BitConverter.SingleToInt32Bits(value)));
    public static TraceFloat Multiply(TraceFloat left, TraceFloat right) => new(Record(TraceKind.Multiply, left.Number, right.Number));
    public static TraceFloat FusedMultiplyAdd(TraceFloat left, TraceFloat right, TraceFloat addend) =>
        new(Record(TraceKind.FusedMultiplyAdd, left.Number, right.Number, addend.Number));

    // Not part of any format that is streamed by emitted code.
    public static TraceRegister GreaterThan(TraceRegister left, TraceRegister right) => throw new NotSupportedException();
    public static TraceRegister LookUp(TraceRegister indices, Vector128<byte> table) => throw new NotSupportedException();
    public static TraceRegister MultiplyAdd(TraceRegister sums, TraceRegister unsignedBytes, TraceRegister signedBytes) => throw new NotSupportedException();
    public static TraceRegister Reduce(TraceRegister sums) => throw new NotSupportedException();
    public static TraceFloat Add(TraceFloat left, TraceFloat right) => throw new NotSupportedException();
    public static TraceFloat Subtract(TraceFloat left, TraceFloat right) => throw new NotSupportedException();
    public static TraceFloat Divide(TraceFloat left, TraceFloat right) => throw new NotSupportedException();
    public static TraceFloat Max(TraceFloat left, TraceFloat right) => throw new NotSupportedException();
    public static TraceFloat Exp(TraceFloat value) => throw new NotSupportedException();
    public static float Sum(TraceFloat value) => throw new NotSupportedException();
    public static float Greatest(TraceFloat value) => throw new NotSupportedException();

    private static TraceRegister Shift(TraceKind kind, TraceRegister value, int count) => count == 0 ? value : new(Record(kind, value.Number, immediate: count));
}

/// <summary>Addresses of a trace: an area, and an offset within it.</summary>
internal static unsafe class TraceMemory
{
    private const int AreaShift = 32;

    public static byte* Unit => Area(1);

    public static float* Scales => (float*)Area(2);

    public static float* Minima => (float*)Area(3);

    public static byte* Temporary => Area(4);

    public static byte* Activations => Area(5);

    public static byte* Words => Area(6);

    public static bool IsUnit(long address) => AreaOf(address) == 1;

    public static int AreaOf(long address) => (int)(address >> AreaShift);

    public static int OffsetOf(long address) => (int)address;

    private static byte* Area(long number) => (byte*)(number << AreaShift);
}

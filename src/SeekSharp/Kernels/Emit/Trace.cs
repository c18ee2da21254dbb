using System.Runtime.Intrinsics;

namespace SeekSharp.Kernels;

/// <summary>One vector operation of a trace; its index in the trace names what it gives.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="First">First operand, or -1.</param>
/// <param name="Second">Second operand, or -1.</param>
/// <param name="Third">Third operand, or -1.</param>
/// <param name="Immediate">Address, shift count or constant.</param>
internal readonly record struct TraceStep(TraceKind Kind, int First = -1, int Second = -1, int Third = -1, long Immediate = 0)
{
    /// <summary>The operand whose register receives the result, or -1.</summary>
    public int Overwritten => Kind switch
    {
        TraceKind.DotBroadcast => First,
        TraceKind.MultiplyAddBroadcast => Second,
        TraceKind.FusedMultiplyAdd => Third,
        _ => -1,
    };

    /// <summary>Whether it may move to where its result is first used.</summary>
    public bool CanWait => Overwritten < 0 && Kind is not TraceKind.Store and not TraceKind.Sum;
}

/// <summary>The operations that occur in the formats and in products.</summary>
internal enum TraceKind
{
    /// <summary>The sums of a token before the unit.</summary>
    Sum,
    Constant,
    Load,
    LoadBytes,
    LoadSignedBytes,
    LoadFiniteHalves,
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

/// <summary>A vector of integers of a trace.</summary>
internal readonly record struct TraceInt(int Number);

/// <summary>The same for floats; a type of its own, for the compiler to tell integers from floats.</summary>
internal readonly record struct TraceFloat(int Number);

/// <summary>
/// Lanes that compute nothing: they write down what a format's code does, for <see cref="StreamCode"/> to turn into machine code. So each format is
/// described once, for the vectors of .NET and for emitted code. Pointers are addresses of <see cref="TraceMemory"/>.
/// </summary>
internal readonly unsafe struct TracingLanes : ILanes<TraceInt, TraceFloat>
{
    [ThreadStatic] private static List<TraceStep>? s_steps;
    [ThreadStatic] private static Dictionary<long, int>? s_known;

    /// <summary>Starts a trace on this thread.</summary>
    public static void Begin()
    {
        s_steps = [];
        s_known = [];
    }

    /// <summary>Ends the trace.</summary>
    public static List<TraceStep> End()
    {
        List<TraceStep> steps = s_steps!;
        (s_steps, s_known) = (null, null);
        return steps;
    }

    /// <summary>Writes a step down; returns its number.</summary>
    public static int Record(TraceKind kind, int first = -1, int second = -1, int third = -1, long immediate = 0)
    {
        s_steps!.Add(new TraceStep(kind, first, second, third, immediate));
        return s_steps.Count - 1;
    }

    public static int Count => Lines.Rows;
    public static int ExactSteps(int largestWeight) => int.MaxValue;

    public static TraceInt Load(byte* source) => new(Record(TraceKind.Load, immediate: (long)source));
    public static void Store(byte* destination, TraceInt value) => Record(TraceKind.Store, value.Number, immediate: (long)destination);
    public static TraceInt LoadBytes(byte* source) => new(Record(TraceKind.LoadBytes, immediate: (long)source));
    public static TraceInt LoadSignedBytes(byte* source) => new(Record(TraceKind.LoadSignedBytes, immediate: (long)source));
    public static TraceFloat LoadFiniteHalves(byte* source) => new(Record(TraceKind.LoadFiniteHalves, immediate: (long)source));
    public static TraceInt Broadcast(int value) => new(Record(TraceKind.Constant, immediate: value));
    public static TraceInt Add(TraceInt left, TraceInt right) => new(Record(TraceKind.Add, left.Number, right.Number));
    public static TraceInt Subtract(TraceInt left, TraceInt right) => new(Record(TraceKind.Subtract, left.Number, right.Number));
    public static TraceInt And(TraceInt left, TraceInt right) => new(Record(TraceKind.And, left.Number, right.Number));
    public static TraceInt Or(TraceInt left, TraceInt right) => new(Record(TraceKind.Or, left.Number, right.Number));
    public static TraceInt ShiftLeft(TraceInt value, int count) => Shift(TraceKind.ShiftLeft, value, count);
    public static TraceInt ShiftRight(TraceInt value, int count) => Shift(TraceKind.ShiftRight, value, count);
    public static TraceFloat AsFloat(TraceInt bits) => new(bits.Number);
    public static TraceInt AsInt(TraceFloat value) => new(value.Number);
    public static TraceFloat ToFloat(TraceInt value) => new(Record(TraceKind.ToFloat, value.Number));

    // Unpacked scales and minima pass from the format to the product in registers, never through memory.
    public static TraceFloat LoadFloats(float* source) => new(s_known![(long)source]);
    public static void StoreFloats(float* destination, TraceFloat value) => s_known![(long)destination] = value.Number;
    public static TraceFloat BroadcastFloat(float value) => new(Record(TraceKind.Constant, immediate: BitConverter.SingleToInt32Bits(value)));
    public static TraceFloat Multiply(TraceFloat left, TraceFloat right) => new(Record(TraceKind.Multiply, left.Number, right.Number));
    public static TraceFloat FusedMultiplyAdd(TraceFloat left, TraceFloat right, TraceFloat addend) =>
        new(Record(TraceKind.FusedMultiplyAdd, left.Number, right.Number, addend.Number));

    // Not part of any format that is streamed by emitted code.
    public static TraceInt LoadUInt16(byte* source) => throw new NotSupportedException();
    public static TraceInt GreaterThan(TraceInt left, TraceInt right) => throw new NotSupportedException();
    public static TraceInt LookUp(TraceInt indices, Vector128<byte> table) => throw new NotSupportedException();
    public static TraceInt MultiplyAdd(TraceInt sums, TraceInt unsignedBytes, TraceInt signedBytes) => throw new NotSupportedException();
    public static TraceInt Reduce(TraceInt sums) => throw new NotSupportedException();
    public static TraceFloat Add(TraceFloat left, TraceFloat right) => throw new NotSupportedException();
    public static TraceFloat Subtract(TraceFloat left, TraceFloat right) => throw new NotSupportedException();
    public static TraceFloat Divide(TraceFloat left, TraceFloat right) => throw new NotSupportedException();
    public static TraceFloat Max(TraceFloat left, TraceFloat right) => throw new NotSupportedException();
    public static TraceFloat Min(TraceFloat left, TraceFloat right) => throw new NotSupportedException();
    public static TraceFloat Exp(TraceFloat value) => throw new NotSupportedException();
    public static float Sum(TraceFloat value) => throw new NotSupportedException();

    private static TraceInt Shift(TraceKind kind, TraceInt value, int count) => count == 0 ? value : new(Record(kind, value.Number, immediate: count));
}

/// <summary>Addresses of a trace: an area, and an offset within it.</summary>
internal static unsafe class TraceMemory
{
    private const int AreaShift = 32;

    public static byte* Unit => Area(1);

    public static byte* Temporary => Area(2);

    public static byte* Activations => Area(3);

    public static byte* Words => Area(4);

    /// <summary>Not memory: names of registers.</summary>
    public static float* Scales => (float*)Area(5);

    /// <summary>Likewise.</summary>
    public static float* Minima => (float*)Area(6);

    public static int AreaOf(long address) => (int)(address >> AreaShift);

    public static int OffsetOf(long address) => (int)address;

    private static byte* Area(long number) => (byte*)(number << AreaShift);
}

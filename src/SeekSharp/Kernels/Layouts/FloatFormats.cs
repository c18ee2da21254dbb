using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>How one float type is laid out in packed form: for 16 rows, column after column, the weights of the 16 rows side by side.</summary>
internal unsafe interface IFloatFormat
{
    /// <summary>Bytes of one weight.</summary>
    static abstract int WeightBytes { get; }

    /// <summary>Columns in front of which 16 float32 scales stand; 0 for none.</summary>
    static abstract int ScaledColumns { get; }

    /// <summary>Reads the weights of the vector's rows in one column, before the scale.</summary>
    static abstract TFloat Weights<TLanes, TInt, TFloat>(byte* source)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged;
}

/// <summary>float32: a line per column.</summary>
internal readonly unsafe struct F32Format : IFloatFormat
{
    public static int WeightBytes => 4;
    public static int ScaledColumns => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Weights<TLanes, TInt, TFloat>(byte* source)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged => TLanes.LoadFloats((float*)source);
}

/// <summary>float16: half a line per column.</summary>
internal readonly unsafe struct F16Format : IFloatFormat
{
    public static int WeightBytes => 2;
    public static int ScaledColumns => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Weights<TLanes, TInt, TFloat>(byte* source)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged => Lines.HalfToFloat<TLanes, TInt, TFloat>(source);
}

/// <summary>bfloat16: half a line per column.</summary>
internal readonly unsafe struct BF16Format : IFloatFormat
{
    public static int WeightBytes => 2;
    public static int ScaledColumns => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Weights<TLanes, TInt, TFloat>(byte* source)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged => TLanes.AsFloat(TLanes.ShiftLeft(TLanes.LoadUInt16(source), 16));
}

/// <summary>8-bit float: [16 scales][128 x 16 weights] for every 128 columns (DeepSeek-V3 §3.3.2: a scale per 128 x 128 block).</summary>
internal readonly unsafe struct F8E4M3Format : IFloatFormat
{
    private const float TwoTo120 = 1.329227995784916e36f;

    public static int WeightBytes => 1;
    public static int ScaledColumns => 128;

    /// <remarks>Exponent and mantissa are moved in place; one exact multiplication corrects the exponent's bias, subnormals included. 0x7f is NaN.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Weights<TLanes, TInt, TFloat>(byte* source)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TInt bits = TLanes.LoadBytes(source);
        TInt magnitude = TLanes.And(bits, TLanes.Broadcast(0x7f));
        TInt notANumber = TLanes.And(TLanes.GreaterThan(magnitude, TLanes.Broadcast(0x7e)), TLanes.Broadcast(0x7fc00000));
        TInt value = TLanes.AsInt(TLanes.Multiply(TLanes.AsFloat(TLanes.ShiftLeft(magnitude, 20)), TLanes.BroadcastFloat(TwoTo120)));
        TInt sign = TLanes.ShiftLeft(TLanes.And(bits, TLanes.Broadcast(0x80)), 24);
        return TLanes.AsFloat(TLanes.Or(TLanes.Or(value, notANumber), sign));
    }
}

using System.Runtime.Intrinsics;

namespace SeekSharp.Kernels;

/// <summary>
/// The vector operations that the kernels are written in, for one vector width. A vector has <see cref="Count"/> lanes of 32 bits, and every lane
/// belongs to one output row. The formats and products are written once over this interface; the compiler inlines each instance into plain
/// vector code, and <see cref="Lanes1"/>, one lane in a general register, is the scalar form of the same lines.
/// </summary>
/// <typeparam name="TInt">A vector of 32-bit words.</typeparam>
/// <typeparam name="TFloat">A vector of float32.</typeparam>
internal unsafe interface ILanes<TInt, TFloat>
    where TInt : unmanaged
    where TFloat : unmanaged
{
    /// <summary>Number of 32-bit lanes; divides 16.</summary>
    static abstract int Count { get; }

    /// <summary>
    /// How many times <see cref="MultiplyAdd"/> may add to the same sums, with activations of at most 127, before the caller must
    /// <see cref="Reduce"/> them; 0 where not even one such product is safe, so that the weights must be split into nibbles.
    /// </summary>
    static abstract int ExactSteps(int largestWeight);

    static abstract TInt Load(byte* source);
    static abstract void Store(byte* destination, TInt value);

    /// <summary>Reads <see cref="Count"/> bytes, each zero-extended to a lane.</summary>
    static abstract TInt LoadBytes(byte* source);

    /// <summary>Reads <see cref="Count"/> bytes, each sign-extended to a lane.</summary>
    static abstract TInt LoadSignedBytes(byte* source);

    /// <summary>Reads <see cref="Count"/> 16-bit words, each zero-extended to a lane.</summary>
    static abstract TInt LoadUInt16(byte* source);

    /// <summary>Reads <see cref="Count"/> finite float16, each converted exactly.</summary>
    static abstract TFloat LoadFiniteHalves(byte* source);

    static abstract TInt Broadcast(int value);
    static abstract TInt Add(TInt left, TInt right);
    static abstract TInt Subtract(TInt left, TInt right);
    static abstract TInt And(TInt left, TInt right);
    static abstract TInt Or(TInt left, TInt right);
    static abstract TInt ShiftLeft(TInt value, int count);

    /// <summary>Logical shift of each lane.</summary>
    static abstract TInt ShiftRight(TInt value, int count);

    /// <summary>All ones in each lane where left is greater than right, as signed integers.</summary>
    static abstract TInt GreaterThan(TInt left, TInt right);

    /// <summary>Replaces every byte, 0 to 15, by the table's entry.</summary>
    static abstract TInt LookUp(TInt indices, Vector128<byte> table);

    /// <summary>
    /// Adds the products of 4 unsigned bytes and 4 signed bytes to each lane: in 32 bits where the processor can, otherwise
    /// products 0 and 1 in the lower and 2 and 3 in the upper 16 bits.
    /// </summary>
    static abstract TInt MultiplyAdd(TInt sums, TInt unsignedBytes, TInt signedBytes);

    /// <summary>The 32-bit sums of what <see cref="MultiplyAdd"/> collected.</summary>
    static abstract TInt Reduce(TInt sums);

    static abstract TFloat AsFloat(TInt bits);
    static abstract TInt AsInt(TFloat value);

    /// <summary>Converts signed integers to float32, to nearest even.</summary>
    static abstract TFloat ToFloat(TInt value);

    static abstract TFloat LoadFloats(float* source);
    static abstract void StoreFloats(float* destination, TFloat value);
    static abstract TFloat BroadcastFloat(float value);
    static abstract TFloat Add(TFloat left, TFloat right);
    static abstract TFloat Subtract(TFloat left, TFloat right);
    static abstract TFloat Multiply(TFloat left, TFloat right);
    static abstract TFloat Divide(TFloat left, TFloat right);

    /// <summary>The greater of two numbers; either may come out where one is not a number.</summary>
    static abstract TFloat Max(TFloat left, TFloat right);

    /// <summary>The lesser of two numbers, neither of them NaN.</summary>
    static abstract TFloat Min(TFloat left, TFloat right);
    static abstract TFloat Exp(TFloat value);

    /// <summary>Sum of the lanes, always in the same order.</summary>
    static abstract float Sum(TFloat value);

    /// <summary>left * right + addend with one rounding.</summary>
    static abstract TFloat FusedMultiplyAdd(TFloat left, TFloat right, TFloat addend);
}

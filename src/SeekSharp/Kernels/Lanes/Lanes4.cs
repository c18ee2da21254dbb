using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace SeekSharp.Kernels;

/// <summary>4 lanes of any 128-bit vector unit, with the byte products of Arm (dot products) and x86 (SSSE3) where there are any: level <see cref="KernelLevel.Vector128"/>.</summary>
internal readonly unsafe struct Lanes4 : ILanes<Vector128<int>, Vector128<float>>
{
    public static int Count => 4;

    /// <remarks>Arm's dot product adds in 32 bits but takes both factors as signed bytes; elsewhere pairs of products are added in 16 bits.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ExactSteps(int largestWeight) =>
        Dp.IsSupported ? (largestWeight <= sbyte.MaxValue ? int.MaxValue : 0) : short.MaxValue / (2 * 127 * largestWeight);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<int> Load(byte* source) => Vector128.Load((int*)source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(byte* destination, Vector128<int> value) => value.Store((int*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> LoadBytes(byte* source) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(source)).AsByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> LoadSignedBytes(byte* source) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(source)).AsSByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> LoadUInt16(byte* source) =>
        Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(source)).AsUInt16()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> LoadFiniteHalves(byte* source) => Lines.FiniteHalfToFloat<Lanes4, Vector128<int>, Vector128<float>>(source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<int> Broadcast(int value) => Vector128.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<int> Add(Vector128<int> left, Vector128<int> right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<int> Subtract(Vector128<int> left, Vector128<int> right) => left - right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<int> And(Vector128<int> left, Vector128<int> right) => left & right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<int> Or(Vector128<int> left, Vector128<int> right) => left | right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<int> ShiftLeft(Vector128<int> value, int count) => value << count;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<int> ShiftRight(Vector128<int> value, int count) => value >>> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> GreaterThan(Vector128<int> left, Vector128<int> right) => Vector128.GreaterThan(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> LookUp(Vector128<int> indices, Vector128<byte> table) => Vector128.Shuffle(table, indices.AsByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAdd(Vector128<int> sums, Vector128<int> unsignedBytes, Vector128<int> signedBytes)
    {
        if (Dp.IsSupported) return Dp.DotProduct(sums, unsignedBytes.AsSByte(), signedBytes.AsSByte());
        if (Ssse3.IsSupported) return (sums.AsInt16() + Ssse3.MultiplyAddAdjacent(unsignedBytes.AsByte(), signedBytes.AsSByte())).AsInt32();
        Vector128<short> even = (unsignedBytes.AsInt16() & Vector128.Create((short)0xff)) * ((signedBytes.AsInt16() << 8) >> 8);
        Vector128<short> odd = (unsignedBytes.AsInt16() >>> 8) * (signedBytes.AsInt16() >> 8);
        return (sums.AsInt16() + even + odd).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Reduce(Vector128<int> sums)
    {
        if (Dp.IsSupported) return sums;
        if (Sse2.IsSupported) return Sse2.MultiplyAddAdjacent(sums.AsInt16(), Vector128<short>.One);
        return ((sums << 16) >> 16) + (sums >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> AsFloat(Vector128<int> bits) => bits.AsSingle();
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<int> AsInt(Vector128<float> value) => value.AsInt32();
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> ToFloat(Vector128<int> value) => Vector128.ConvertToSingle(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> LoadFloats(float* source) => Vector128.Load(source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreFloats(float* destination, Vector128<float> value) => value.Store(destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> BroadcastFloat(float value) => Vector128.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Subtract(Vector128<float> left, Vector128<float> right) => left - right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Multiply(Vector128<float> left, Vector128<float> right) => left * right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Divide(Vector128<float> left, Vector128<float> right) => left / right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Max(Vector128<float> left, Vector128<float> right) => Vector128.MaxNative(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Min(Vector128<float> left, Vector128<float> right) => Vector128.MinNative(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Exp(Vector128<float> value) => Vector128.Exp(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Sum(Vector128<float> value) => Vector128.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FusedMultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Vector128.FusedMultiplyAdd(left, right, addend);
}

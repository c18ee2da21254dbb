using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SeekSharp.Kernels;

/// <summary>8 lanes of AVX2 and FMA, with the dot products of AVX-VNNI where there are any: level <see cref="KernelLevel.Vector256"/>.</summary>
internal readonly unsafe struct Lanes8 : ILanes<Vector256<int>, Vector256<float>>
{
    public static int Count => 8;

    /// <remarks>AVX-VNNI adds in 32 bits; without it pairs of products are added in 16 bits, with saturation that must not be reached.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ExactSteps(int largestWeight) => AvxVnni.IsSupported ? int.MaxValue : short.MaxValue / (2 * 127 * largestWeight);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> Load(byte* source) => Vector256.Load((int*)source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(byte* destination, Vector256<int> value) => value.Store((int*)destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> LoadBytes(byte* source) => Avx2.ConvertToVector256Int32(source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> LoadSignedBytes(byte* source) => Avx2.ConvertToVector256Int32((sbyte*)source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> LoadUInt16(byte* source) => Avx2.ConvertToVector256Int32((ushort*)source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> LoadFiniteHalves(byte* source) => Lines.FiniteHalfToFloat<Lanes8, Vector256<int>, Vector256<float>>(source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> Broadcast(int value) => Vector256.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> Add(Vector256<int> left, Vector256<int> right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> Subtract(Vector256<int> left, Vector256<int> right) => left - right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> And(Vector256<int> left, Vector256<int> right) => left & right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> Or(Vector256<int> left, Vector256<int> right) => left | right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> ShiftLeft(Vector256<int> value, int count) => value << count;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> ShiftRight(Vector256<int> value, int count) => value >>> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> GreaterThan(Vector256<int> left, Vector256<int> right) => Vector256.GreaterThan(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LookUp(Vector256<int> indices, Vector128<byte> table) =>
        Avx2.Shuffle(Vector256.Create(table), indices.AsByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAdd(Vector256<int> sums, Vector256<int> unsignedBytes, Vector256<int> signedBytes) =>
        AvxVnni.IsSupported
            ? AvxVnni.MultiplyWideningAndAdd(sums, unsignedBytes.AsByte(), signedBytes.AsSByte())
            : (sums.AsInt16() + Avx2.MultiplyAddAdjacent(unsignedBytes.AsByte(), signedBytes.AsSByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Reduce(Vector256<int> sums) =>
        AvxVnni.IsSupported ? sums : Avx2.MultiplyAddAdjacent(sums.AsInt16(), Vector256<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> AsFloat(Vector256<int> bits) => bits.AsSingle();
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<int> AsInt(Vector256<float> value) => value.AsInt32();
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> ToFloat(Vector256<int> value) => Vector256.ConvertToSingle(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> LoadFloats(float* source) => Vector256.Load(source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreFloats(float* destination, Vector256<float> value) => value.Store(destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> BroadcastFloat(float value) => Vector256.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Subtract(Vector256<float> left, Vector256<float> right) => left - right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Multiply(Vector256<float> left, Vector256<float> right) => left * right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Divide(Vector256<float> left, Vector256<float> right) => left / right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Max(Vector256<float> left, Vector256<float> right) => Vector256.MaxNative(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Min(Vector256<float> left, Vector256<float> right) => Vector256.MinNative(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Exp(Vector256<float> value) => Vector256.Exp(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Sum(Vector256<float> value) => Lanes4.Sum(value.GetLower() + value.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FusedMultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Vector256.FusedMultiplyAdd(left, right, addend);
}

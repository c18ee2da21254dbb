using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SeekSharp.Kernels;

/// <summary>16 lanes of AVX-512 F and BW: level <see cref="KernelLevel.Vector512"/>.</summary>
internal readonly unsafe struct Lanes16 : ILanes<Vector512<int>, Vector512<float>>
{
    public static int Count => 16;

    /// <remarks>Pairs of products are added in 16 bits, with saturation that must not be reached.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ExactSteps(int largestWeight) => short.MaxValue / (2 * 127 * largestWeight);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> Load(byte* source) => Vector512.Load((int*)source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(byte* destination, Vector512<int> value) => value.Store((int*)destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> LoadBytes(byte* source) => Avx512F.ConvertToVector512Int32(Vector128.Load(source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> LoadSignedBytes(byte* source) => Avx512F.ConvertToVector512Int32(Vector128.Load((sbyte*)source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> LoadUInt16(byte* source) => Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> LoadFiniteHalves(byte* source) => Lines.FiniteHalfToFloat<Lanes16, Vector512<int>, Vector512<float>>(source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> Broadcast(int value) => Vector512.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> Add(Vector512<int> left, Vector512<int> right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> Subtract(Vector512<int> left, Vector512<int> right) => left - right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> And(Vector512<int> left, Vector512<int> right) => left & right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> Or(Vector512<int> left, Vector512<int> right) => left | right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> ShiftLeft(Vector512<int> value, int count) => value << count;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> ShiftRight(Vector512<int> value, int count) => value >>> count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> GreaterThan(Vector512<int> left, Vector512<int> right) => Vector512.GreaterThan(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LookUp(Vector512<int> indices, Vector128<byte> table) =>
        Avx512BW.Shuffle(Vector512.Create(table), indices.AsByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> sums, Vector512<int> unsignedBytes, Vector512<int> signedBytes) =>
        (sums.AsInt16() + Avx512BW.MultiplyAddAdjacent(unsignedBytes.AsByte(), signedBytes.AsSByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Reduce(Vector512<int> sums) => Avx512BW.MultiplyAddAdjacent(sums.AsInt16(), Vector512<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> AsFloat(Vector512<int> bits) => bits.AsSingle();
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<int> AsInt(Vector512<float> value) => value.AsInt32();
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> ToFloat(Vector512<int> value) => Vector512.ConvertToSingle(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> LoadFloats(float* source) => Vector512.Load(source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreFloats(float* destination, Vector512<float> value) => value.Store(destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> BroadcastFloat(float value) => Vector512.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right) => left - right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Multiply(Vector512<float> left, Vector512<float> right) => left * right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Divide(Vector512<float> left, Vector512<float> right) => left / right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Max(Vector512<float> left, Vector512<float> right) => Vector512.MaxNative(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Min(Vector512<float> left, Vector512<float> right) => Vector512.MinNative(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Exp(Vector512<float> value) => Vector512.Exp(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Sum(Vector512<float> value) => Lanes8.Sum(value.GetLower() + value.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FusedMultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.FusedMultiplyAdd(left, right, addend);
}

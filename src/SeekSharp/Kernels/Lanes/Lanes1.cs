using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SeekSharp.Kernels;

/// <summary>One lane in general registers: level <see cref="KernelLevel.Scalar"/>.</summary>
internal readonly unsafe struct Lanes1 : ILanes<int, float>
{
    public static int Count => 1;
    public static int ExactSteps(int largestWeight) => int.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int Load(byte* source) => Unsafe.ReadUnaligned<int>(source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(byte* destination, int value) => Unsafe.WriteUnaligned(destination, value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int LoadBytes(byte* source) => *source;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int LoadSignedBytes(byte* source) => (sbyte)*source;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int LoadUInt16(byte* source) => Unsafe.ReadUnaligned<ushort>(source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float LoadFiniteHalves(byte* source) => Lines.FiniteHalfToFloat<Lanes1, int, float>(source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int Broadcast(int value) => value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int Add(int left, int right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int Subtract(int left, int right) => left - right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int And(int left, int right) => left & right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int Or(int left, int right) => left | right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int ShiftLeft(int value, int count) => value << count;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int ShiftRight(int value, int count) => value >>> count;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int GreaterThan(int left, int right) => left > right ? -1 : 0;

    public static int LookUp(int indices, Vector128<byte> table)
    {
        int result = 0;
        for (int shift = 0; shift < 32; shift += 8) result |= table[(indices >> shift) & 15] << shift;
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int MultiplyAdd(int sums, int unsignedBytes, int signedBytes) =>
        sums
        + ((byte)unsignedBytes * (sbyte)signedBytes)
        + ((byte)(unsignedBytes >> 8) * (sbyte)(signedBytes >> 8))
        + ((byte)(unsignedBytes >> 16) * (sbyte)(signedBytes >> 16))
        + ((unsignedBytes >>> 24) * (signedBytes >> 24));

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int Reduce(int sums) => sums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float AsFloat(int bits) => BitConverter.Int32BitsToSingle(bits);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static int AsInt(float value) => BitConverter.SingleToInt32Bits(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float ToFloat(int value) => value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float LoadFloats(float* source) => *source;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreFloats(float* destination, float value) => *destination = value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float BroadcastFloat(float value) => value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Add(float left, float right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Subtract(float left, float right) => left - right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Multiply(float left, float right) => left * right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Divide(float left, float right) => left / right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Max(float left, float right) => left > right ? left : right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Min(float left, float right) => MathF.Min(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Exp(float value) => MathF.Exp(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Sum(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FusedMultiplyAdd(float left, float right, float addend) => MathF.FusedMultiplyAdd(left, right, addend);
}

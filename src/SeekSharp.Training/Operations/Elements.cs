using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SeekSharp.Training.Operations;

/// <summary>How numbers lie in memory: kernels are written once, for float32 and bfloat16. All arithmetic is in float32.</summary>
internal unsafe interface IElement
{
    /// <summary>Bytes of one number.</summary>
    static abstract int Size { get; }

    /// <summary>16 numbers from index <paramref name="i"/> on.</summary>
    static abstract Vector512<float> Load(byte* data, nint i);

    /// <summary>Writes 16 numbers from index <paramref name="i"/> on.</summary>
    static abstract void Store(byte* data, nint i, Vector512<float> values);
}

/// <summary>IEEE 754 single precision.</summary>
internal readonly unsafe struct Float32Element : IElement
{
    public static int Size => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* data, nint i) => Vector512.Load((float*)data + i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* data, nint i, Vector512<float> values) => values.Store((float*)data + i);
}

/// <summary>The upper half of a single-precision number, rounded to nearest even.</summary>
internal readonly unsafe struct BFloat16Element : IElement
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* data, nint i)
    {
        (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load((ushort*)data + i));
        return (Vector512.Create(low, high) << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* data, nint i, Vector512<float> values)
    {
        Vector512<uint> bits = values.AsUInt32();
        bits = (bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
        Vector256.Narrow(bits.GetLower(), bits.GetUpper()).Store((ushort*)data + i);
    }
}

/// <summary>Parts of vectors, where a row does not end at a multiple of 16.</summary>
internal static unsafe class Elements
{
    /// <summary>Numbers that a step of a kernel takes.</summary>
    public const int Step = 16;

    /// <summary>16 numbers, or the <paramref name="count"/> that are left and zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load<T>(byte* data, nint i, nint count) where T : struct, IElement =>
        count >= Step ? T.Load(data, i) : LoadPart<T>(data + i * T.Size, count);

    /// <summary>Writes 16 numbers, or the <paramref name="count"/> that are left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(byte* data, nint i, Vector512<float> values, nint count) where T : struct, IElement
    {
        if (count >= Step) T.Store(data, i, values);
        else StorePart<T>(data + i * T.Size, values, count);
    }

    /// <summary>
    /// e^x to 2 units in the last place: 2^n times a polynomial of the rest. Vector512.Exp goes through float64 and takes three times as long.
    /// Below -87 it is 2^-126 or 0: as good as 0 beside the 1 that every softmax has.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        x = Vector512.Min(Vector512.Max(x, Vector512.Create(-87.3f)), Vector512.Create(88.3f));
        Vector512<float> n = Vector512.Round(x * Vector512.Create(1.44269504f));
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(1.9875691500e-4f), r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r) + Vector512<float>.One;
        return p * ((Vector512.ConvertToInt32(n) + Vector512.Create(127)) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<float> LoadPart<T>(byte* data, nint count) where T : struct, IElement
    {
        byte* buffer = stackalloc byte[Step * sizeof(float)];
        Unsafe.InitBlockUnaligned(buffer, 0, (uint)(Step * T.Size));
        Unsafe.CopyBlockUnaligned(buffer, data, (uint)(count * T.Size));
        return T.Load(buffer, 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StorePart<T>(byte* data, Vector512<float> values, nint count) where T : struct, IElement
    {
        byte* buffer = stackalloc byte[Step * sizeof(float)];
        T.Store(buffer, 0, values);
        Unsafe.CopyBlockUnaligned(data, buffer, (uint)(count * T.Size));
    }
}

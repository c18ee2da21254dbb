using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using SeekSharp.Kernels;

namespace SeekSharp.Inference;

/// <summary>Stores and loads runs of floats in the cache's type.</summary>
internal static unsafe class CacheCodec
{
    private const int BlockLength = 32, BlockBytes = sizeof(ushort) + BlockLength;

    /// <summary>Bytes of a run of floats; its length must suit the type.</summary>
    public static long ByteCount(CacheType type, long floats) => type switch
    {
        CacheType.F32 => floats * sizeof(float),
        CacheType.F16 => floats * sizeof(ushort),
        _ => floats / BlockLength * BlockBytes,
    };

    /// <summary>What attention finds in pages of a type.</summary>
    public static CacheElement Element(CacheType type) => type switch
    {
        CacheType.F32 => CacheElement.Float32,
        CacheType.F16 => CacheElement.Float16,
        _ => CacheElement.Other,
    };

    /// <summary>Whether vectors of a length can be stored.</summary>
    public static bool Suits(CacheType type, int length) => type != CacheType.Q8_0 || length % BlockLength == 0;

    public static void Store(CacheType type, ReadOnlySpan<float> source, byte* destination)
    {
        if (type == CacheType.F32) source.CopyTo(new Span<float>(destination, source.Length));
        else if (type == CacheType.F16) TensorPrimitives.ConvertToHalf(source, new Span<Half>(destination, source.Length));
        else StoreBlocks(source, destination);
    }

    /// <summary>The floats of a run: where they lie, or converted into <paramref name="scratch"/>.</summary>
    public static float* Load(CacheType type, byte* source, int count, float* scratch)
    {
        if (type == CacheType.F32) return (float*)source;
        if (type == CacheType.F16) TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, count), new Span<float>(scratch, count));
        else LoadBlocks(source, count, scratch);
        return scratch;
    }

    private static void StoreBlocks(ReadOnlySpan<float> source, byte* destination)
    {
        for (int start = 0; start < source.Length; start += BlockLength, destination += BlockBytes)
        {
            ReadOnlySpan<float> block = source.Slice(start, BlockLength);
            var scale = (Half)(MathF.Abs(TensorPrimitives.MaxMagnitude(block)) / 127);
            // The stored float16 scale, not the exact one, decides the integers: loading then rounds best.
            float inverse = (float)scale > 0 ? 1 / (float)scale : 0;
            *(Half*)destination = scale;
            var integers = (sbyte*)(destination + sizeof(ushort));
            for (int i = 0; i < BlockLength; i++) integers[i] = (sbyte)Math.Clamp(MathF.Round(block[i] * inverse), -127, 127);
        }
    }

    private static void LoadBlocks(byte* source, int count, float* destination)
    {
        for (int start = 0; start < count; start += BlockLength, source += BlockBytes)
        {
            Vector128<float> scale = Vector128.Create((float)*(Half*)source);
            for (int i = 0; i < BlockLength; i += 16)
            {
                Vector128<sbyte> integers = Vector128.Load((sbyte*)source + sizeof(ushort) + i);
                (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(integers);
                (Vector128<int> first, Vector128<int> second) = Vector128.Widen(lower);
                (Vector128<int> third, Vector128<int> fourth) = Vector128.Widen(upper);
                float* target = destination + start + i;
                (Vector128.ConvertToSingle(first) * scale).Store(target);
                (Vector128.ConvertToSingle(second) * scale).Store(target + 4);
                (Vector128.ConvertToSingle(third) * scale).Store(target + 8);
                (Vector128.ConvertToSingle(fourth) * scale).Store(target + 12);
            }
        }
    }
}

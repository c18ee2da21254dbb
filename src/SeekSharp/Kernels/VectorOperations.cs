using System.Runtime.Intrinsics;

namespace SeekSharp.Kernels;

/// <summary>The element-wise operations of one kernel level.</summary>
internal abstract unsafe class VectorOperations
{
    public static VectorOperations For(KernelLevel level) => level switch
    {
        KernelLevel.Vector512 or KernelLevel.Avx512Vnni => new VectorOperations<Lanes16, Vector512<int>, Vector512<float>>(),
        KernelLevel.Vector256 => new VectorOperations<Lanes8, Vector256<int>, Vector256<float>>(),
        KernelLevel.Vector128 => new VectorOperations<Lanes4, Vector128<int>, Vector128<float>>(),
        _ => new VectorOperations<Lanes1, int, float>(),
    };

    /// <summary>destination = source / sqrt(mean(source²) + epsilon) x weight.</summary>
    public abstract void RmsNorm(float* source, float* weight, float* destination, int length, float epsilon);

    /// <summary>destination += source.</summary>
    public abstract void Add(float* destination, float* source, int length);

    /// <summary>destination += factor x source.</summary>
    public abstract void AddScaled(float* destination, float* source, float factor, int length);

    /// <summary>gate = silu(gate) x up, with silu(g) = g / (1 + e^-g).</summary>
    public abstract void SwiGlu(float* gate, float* up, int length);
}

/// <summary>The operations over one vector width. A tail shorter than a vector is done one element at a time, where that gives the same bits.</summary>
internal sealed unsafe class VectorOperations<TLanes, TInt, TFloat> : VectorOperations
    where TLanes : struct, ILanes<TInt, TFloat>
    where TInt : unmanaged
    where TFloat : unmanaged
{
    public override void RmsNorm(float* source, float* weight, float* destination, int length, float epsilon)
    {
        TFloat squares = TLanes.BroadcastFloat(0);
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
        {
            TFloat value = TLanes.LoadFloats(source + i);
            squares = TLanes.FusedMultiplyAdd(value, value, squares);
        }

        float sum = TLanes.Sum(squares);
        for (; i < length; i++) sum += source[i] * source[i];
        float scale = 1 / MathF.Sqrt(sum / length + epsilon);
        TFloat scales = TLanes.BroadcastFloat(scale);
        i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
            TLanes.StoreFloats(destination + i, TLanes.Multiply(TLanes.Multiply(TLanes.LoadFloats(source + i), scales), TLanes.LoadFloats(weight + i)));
        for (; i < length; i++) destination[i] = source[i] * scale * weight[i];
    }

    public override void Add(float* destination, float* source, int length)
    {
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
            TLanes.StoreFloats(destination + i, TLanes.Add(TLanes.LoadFloats(destination + i), TLanes.LoadFloats(source + i)));
        for (; i < length; i++) destination[i] += source[i];
    }

    public override void AddScaled(float* destination, float* source, float factor, int length)
    {
        TFloat factors = TLanes.BroadcastFloat(factor);
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
            TLanes.StoreFloats(destination + i, TLanes.FusedMultiplyAdd(factors, TLanes.LoadFloats(source + i), TLanes.LoadFloats(destination + i)));
        for (; i < length; i++) destination[i] = MathF.FusedMultiplyAdd(factor, source[i], destination[i]);
    }

    public override void SwiGlu(float* gate, float* up, int length)
    {
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count) SiluTimes(gate + i, up + i);
        if (i == length) return;

        // Rows are not multiples of a vector and lie one behind the other: an element must not depend on whether it falls into a tail, and so
        // the tail goes through the same e^x.
        float* gateTail = stackalloc float[2 * TLanes.Count], upTail = gateTail + TLanes.Count;
        for (int j = i; j < length; j++) (gateTail[j - i], upTail[j - i]) = (gate[j], up[j]);
        SiluTimes(gateTail, upTail);
        for (int j = i; j < length; j++) gate[j] = gateTail[j - i];
    }

    private static void SiluTimes(float* gate, float* up)
    {
        TFloat value = TLanes.LoadFloats(gate);
        TFloat silu = TLanes.Divide(value, TLanes.Add(TLanes.BroadcastFloat(1), TLanes.Exp(TLanes.Subtract(TLanes.BroadcastFloat(0), value))));
        TLanes.StoreFloats(gate, TLanes.Multiply(silu, TLanes.LoadFloats(up)));
    }
}

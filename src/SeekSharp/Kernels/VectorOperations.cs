using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>The element-wise operations and attention of one kernel level.</summary>
internal abstract unsafe class VectorOperations
{
    public static VectorOperations For(KernelLevel level) => level switch
    {
        KernelLevel.Vector512 => new VectorOperations<Float16>(),
        KernelLevel.Vector256 => new VectorOperations<Float8>(),
        KernelLevel.Vector128 => new VectorOperations<Float4>(),
        _ => new VectorOperations<Float1>(),
    };

    /// <summary>destination = source / sqrt(mean(source²) + epsilon) x weight.</summary>
    public abstract void RmsNorm(float* source, float* weight, float* destination, int length, float epsilon);

    /// <summary>destination += source.</summary>
    public abstract void Add(float* destination, float* source, int length);

    /// <summary>destination += factor x source.</summary>
    public abstract void AddScaled(float* destination, float* source, float factor, int length);

    /// <summary>gate = silu(gate) x up, with silu(g) = g / (1 + e^-g).</summary>
    public abstract void SwiGlu(float* gate, float* up, int length);

    /// <summary>Attention of some queries over the pages of one sequence: see <see cref="PagedAttention"/>.</summary>
    public abstract void Attend(in AttentionTile tile);
}

/// <summary>The operations over one vector width. A tail shorter than a vector is done one element at a time, where that gives the same bits.</summary>
internal sealed unsafe class VectorOperations<TVector> : VectorOperations where TVector : struct, IFloatVector<TVector>
{
    public override void RmsNorm(float* source, float* weight, float* destination, int length, float epsilon)
    {
        TVector squares = TVector.Broadcast(0);
        int i = 0;
        for (; i <= length - TVector.Count; i += TVector.Count)
        {
            TVector value = TVector.Load(source + i);
            squares = TVector.MultiplyAdd(value, value, squares);
        }

        float sum = TVector.Sum(squares);
        for (; i < length; i++) sum += source[i] * source[i];
        float scale = 1 / MathF.Sqrt(sum / length + epsilon);
        TVector scales = TVector.Broadcast(scale);
        i = 0;
        for (; i <= length - TVector.Count; i += TVector.Count)
            TVector.Multiply(TVector.Multiply(TVector.Load(source + i), scales), TVector.Load(weight + i)).Store(destination + i);
        for (; i < length; i++) destination[i] = source[i] * scale * weight[i];
    }

    public override void Add(float* destination, float* source, int length)
    {
        int i = 0;
        for (; i <= length - TVector.Count; i += TVector.Count)
            TVector.Add(TVector.Load(destination + i), TVector.Load(source + i)).Store(destination + i);
        for (; i < length; i++) destination[i] += source[i];
    }

    public override void AddScaled(float* destination, float* source, float factor, int length)
    {
        TVector factors = TVector.Broadcast(factor);
        int i = 0;
        for (; i <= length - TVector.Count; i += TVector.Count)
            TVector.MultiplyAdd(factors, TVector.Load(source + i), TVector.Load(destination + i)).Store(destination + i);
        for (; i < length; i++) destination[i] = MathF.FusedMultiplyAdd(factor, source[i], destination[i]);
    }

    public override void SwiGlu(float* gate, float* up, int length)
    {
        int i = 0;
        for (; i <= length - TVector.Count; i += TVector.Count) SiluTimes(gate + i, up + i);
        if (i == length) return;

        // Rows are not multiples of a vector and lie one behind the other: an element must not depend on whether it falls into a tail, and so
        // the tail goes through the same e^x.
        float* gateTail = stackalloc float[2 * TVector.Count], upTail = gateTail + TVector.Count;
        for (int j = i; j < length; j++) (gateTail[j - i], upTail[j - i]) = (gate[j], up[j]);
        SiluTimes(gateTail, upTail);
        for (int j = i; j < length; j++) gate[j] = gateTail[j - i];
    }

    private static void SiluTimes(float* gate, float* up)
    {
        TVector value = TVector.Load(gate);
        TVector silu = TVector.Divide(value, TVector.Add(TVector.Broadcast(1), TVector.Exp(TVector.Subtract(TVector.Broadcast(0), value))));
        TVector.Multiply(silu, TVector.Load(up)).Store(gate);
    }

    [SkipLocalsInit]
    public override void Attend(in AttentionTile tile) => PagedAttention.Run<TVector>(tile);
}

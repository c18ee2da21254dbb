using System.Numerics.Tensors;
using System.Text;
using SeekSharp.Conversion;
using SeekSharp.Formats;

namespace SeekSharp.RandomModel;

/// <summary>A tensor of gaussians: each row is a stretch of one pool, from a place that depends on the tensor's name and the row only.</summary>
/// <param name="name">GGUF's name.</param>
/// <param name="shape">Lengths of the dimensions, outermost first.</param>
/// <param name="mean">Mean of the weights.</param>
/// <param name="deviation">Their standard deviation.</param>
internal sealed class RandomTensor(string name, int[] shape, float mean, float deviation) : TensorSource
{
    private const int PoolLength = 1 << 22;
    private static readonly float[] s_pool = Gaussians();
    private readonly ulong _seed = Mix(Encoding.UTF8.GetBytes(name).Aggregate(0UL, (hash, value) => Mix(hash ^ value)));

    /// <summary>GGUF's name of the tensor.</summary>
    public string Name => name;

    /// <summary>Lengths of its dimensions, outermost first.</summary>
    public int[] Shape => shape;

    public override int Columns { get; } = shape[^1];

    public override int Rows { get; } = shape[..^1].Aggregate(1, (product, length) => product * length);

    public override TensorType? StoredType => null;

    public override void ReadFloats(int row, int count, Span<float> destination)
    {
        for (int i = 0; i < count; i++)
        {
            int start = (int)(Mix(_seed ^ (uint)(row + i)) % (ulong)(PoolLength - Columns));
            Span<float> weights = destination.Slice(i * Columns, Columns);
            TensorPrimitives.Multiply(s_pool.AsSpan(start, Columns), deviation, weights);
            if (mean != 0) TensorPrimitives.Add(weights, mean, weights);
        }
    }

    public override void ReadBytes(int row, int count, Span<byte> destination) => throw new InvalidOperationException("These numbers have no bytes.");

    public override void Prefetch(int row, int count) { }

    public override void Release(int row, int count) { }

    /// <summary>Box and Muller's: two uniform numbers give two gaussians.</summary>
    private static float[] Gaussians()
    {
        var random = new Random(5);
        var pool = new float[PoolLength];
        for (int i = 0; i < pool.Length; i += 2)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * random.NextDouble());
            pool[i] = (float)(radius * cosine);
            pool[i + 1] = (float)(radius * sine);
        }

        return pool;
    }

    /// <summary>The finaliser of SplitMix64: every bit of the input changes half of the output's.</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}

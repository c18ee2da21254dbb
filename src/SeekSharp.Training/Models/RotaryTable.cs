using SeekSharp.Formats;
using SeekSharp.Models;
using static TorchSharp.torch;

namespace SeekSharp.Training.Models;

/// <summary>Cosines and sines of rotary position embedding, with the engine's own frequencies (YaRN and the other stretches).</summary>
internal sealed class RotaryTable
{
    private RotaryTable(Tensor cosines, Tensor sines, RotaryPairing pairing)
    {
        Cosines = cosines;
        Sines = sines;
        Pairing = pairing;
    }

    /// <summary>[length, pairs].</summary>
    public Tensor Cosines { get; }

    /// <summary>[length, pairs].</summary>
    public Tensor Sines { get; }

    /// <summary>Which elements are turned together.</summary>
    public RotaryPairing Pairing { get; }

    /// <summary>Positions 0 to <paramref name="length"/> - 1; lives in the current dispose scope.</summary>
    public static RotaryTable Create(ModelConfig config, int length, ScalarType type, Device device)
    {
        float[] frequencies = RotaryEmbedding.Frequencies(config);
        double magnitude = (config.RotaryScaling as RotaryScaling.Yarn)?.RotationMagnitude ?? 1;
        double[] cosines = new double[length * frequencies.Length], sines = new double[cosines.Length];
        for (int position = 0, i = 0; position < length; position++)
        {
            foreach (float frequency in frequencies)
            {
                (double sine, double cosine) = Math.SinCos((double)position * frequency);
                cosines[i] = cosine * magnitude;
                sines[i++] = sine * magnitude;
            }
        }

        return new RotaryTable(ToTensor(cosines), ToTensor(sines), config.RotaryPairing);

        Tensor ToTensor(double[] values) => tensor(values, [length, frequencies.Length]).to(type, device);
    }

    /// <summary>Turns every vector by its position.</summary>
    /// <param name="vectors">[rows, length, heads, 2 · pairs].</param>
    public Tensor Rotate(Tensor vectors)
    {
        long pairs = vectors.shape[^1] / 2;
        bool isInterleaved = Pairing == RotaryPairing.Interleaved;
        Tensor split = isInterleaved ? vectors.unflatten(3, pairs, 2) : vectors.unflatten(3, 2, pairs).transpose(-1, -2); // [..., pairs, 2]
        Tensor x = split.select(-1, 0), y = split.select(-1, 1);
        Tensor cosines = Cosines.unsqueeze(1), sines = Sines.unsqueeze(1); // [length, 1, pairs]
        Tensor turned = stack([x * cosines - y * sines, x * sines + y * cosines], isInterleaved ? -1 : -2);
        return turned.flatten(3).to(vectors.dtype);
    }
}

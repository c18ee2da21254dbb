using SeekSharp.Formats;

namespace SeekSharp.Models;

/// <summary>Rotary position embedding (arXiv 2104.09864), with YaRN and the other stretches of <see cref="RotaryScaling"/>.</summary>
internal sealed unsafe class RotaryEmbedding
{
    private readonly float[] _frequencies;
    private readonly float _magnitude;
    private readonly RotaryPairing _pairing;

    public RotaryEmbedding(ModelConfig config)
    {
        _pairing = config.RotaryPairing;
        _magnitude = (config.RotaryScaling as RotaryScaling.Yarn)?.RotationMagnitude ?? 1;
        _frequencies = Frequencies(config);
    }

    /// <summary>Number of pairs that are turned.</summary>
    public int PairCount => _frequencies.Length;

    /// <summary>Radians per position of each pair, [rotary dimension / 2].</summary>
    public static float[] Frequencies(ModelConfig config)
    {
        int dimension = config.RotaryDimension;
        var frequencies = new float[dimension / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            double frequency = Math.Pow(config.RotaryBase, -2.0 * i / dimension);
            frequencies[i] = (float)(config.RotaryScaling switch
            {
                RotaryScaling.Linear linear => frequency / linear.Factor,
                RotaryScaling.PerFrequency perFrequency => frequency / perFrequency.Factors[i],
                RotaryScaling.Yarn yarn => Stretch(yarn, frequency, i),
                _ => frequency,
            });
        }

        return frequencies;

        // YaRN §3.2: pairs below the lower bound keep their frequency, pairs above the upper one are interpolated, between them runs a ramp.
        double Stretch(RotaryScaling.Yarn yarn, double frequency, int pair)
        {
            double low = Math.Max(Math.Floor(PairWithRotations(yarn.BetaFast)), 0);
            double high = Math.Min(Math.Ceiling(PairWithRotations(yarn.BetaSlow)), dimension - 1);
            double ramp = Math.Clamp((pair - low) / Math.Max(high - low, 0.001), 0, 1);
            return frequency / yarn.Factor * ramp + frequency * (1 - ramp);

            double PairWithRotations(double rotations) =>
                dimension * Math.Log(yarn.OriginalContext / (rotations * 2 * Math.PI)) / (2 * Math.Log(config.RotaryBase));
        }
    }

    /// <summary>Cosines and sines of all pairs for each position: [rows, pairs] each.</summary>
    public void Prepare(ReadOnlySpan<int> positions, float* cosines, float* sines)
    {
        foreach (int position in positions)
        {
            for (int i = 0; i < _frequencies.Length; i++)
            {
                (double sine, double cosine) = Math.SinCos((double)position * _frequencies[i]);
                *cosines++ = (float)cosine * _magnitude;
                *sines++ = (float)sine * _magnitude;
            }
        }
    }

    /// <summary>Turns one vector in place, with the cosines and sines of its position.</summary>
    public void Apply(float* vector, float* cosines, float* sines)
    {
        (int step, int partner) = _pairing == RotaryPairing.Interleaved ? (2, 1) : (1, PairCount);
        for (int i = 0; i < PairCount; i++)
        {
            float* first = vector + i * step;
            float* second = first + partner;
            (float x, float y) = (*first, *second);
            *first = x * cosines[i] - y * sines[i];
            *second = x * sines[i] + y * cosines[i];
        }
    }
}

namespace SeekSharp.Training.Text;

/// <summary>Makes seeds of numbers: what is drawn at a position depends on the run's seed and the position, on nothing before it.</summary>
internal static class Seeds
{
    /// <summary>A source of chance for one position.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="position">The position.</param>
    /// <param name="purpose">Tells apart what is drawn at the same position.</param>
    public static Random At(long seed, long position, int purpose = 0)
    {
        // SplitMix64's mixing function, once per number.
        ulong mixed = Mix(Mix(Mix((ulong)seed) ^ (ulong)position) ^ (ulong)(uint)purpose);
        return new Random((int)(mixed >> 33));
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

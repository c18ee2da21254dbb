using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SeekSharp.Training.Tasks;

/// <summary>
/// Decides which part a problem belongs to, by a hash of what is asked and not of how: two wordings of one problem are always in the same part, on
/// every
/// machine and for every seed, so that parts are disjoint by construction.
/// </summary>
internal static class SplitRule
{
    /// <summary>One problem in so many is for tests.</summary>
    public const int TestShare = 8;

    /// <summary>Whether a problem is for tests.</summary>
    /// <param name="task">Name of the task.</param>
    /// <param name="key">The problem's canonical form.</param>
    /// <returns>True for <see cref="Split.Test"/>, false for <see cref="Split.Train"/>.</returns>
    public static bool IsTest(string task, string key) => Hash(task, key) % TestShare == 0;

    /// <summary>A number that depends on nothing but the two texts.</summary>
    internal static ulong Hash(string task, string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{task}\n{key}"), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}

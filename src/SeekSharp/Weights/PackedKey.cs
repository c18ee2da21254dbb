using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Weights;

/// <summary>Says which packed weights these are: a hash of the model's files (length, time, header), of the layouts' version, and of what lies where.</summary>
internal sealed class PackedKey : IEquatable<PackedKey>
{
    /// <summary>Bytes of a key.</summary>
    public const int ByteCount = SHA256.HashSizeInBytes;

    private const int NameBytes = 16;

    private readonly byte[] _bytes;

    public PackedKey(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The key of a model's packed weights.</summary>
    /// <param name="file">The model.</param>
    /// <param name="jobs">What is packed, and where it goes. Options of loading show in it: in types, shapes or places.</param>
    public static PackedKey Of(ModelFile file, IReadOnlyList<PackingJob> jobs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, PackedLayout.Version, jobs.Count);
        foreach (PackingJob job in jobs)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(job.Source.Name));
            Append(hash, 0, (long)job.Type, job.IsTransposed ? 1 : 0, job.Offset, job.UnitBytes, job.UnitCount);
        }

        file.AppendIdentity(hash);
        return new PackedKey(hash.GetHashAndReset());
    }

    public bool Equals(PackedKey? other) => other is not null && Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => Equals(obj as PackedKey);

    public override int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(_bytes);

    /// <summary>A name for a file.</summary>
    public override string ToString() => Convert.ToHexStringLower(_bytes, 0, NameBytes);

    private static void Append(IncrementalHash hash, params ReadOnlySpan<long> numbers)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        foreach (long number in numbers)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            hash.AppendData(bytes);
        }
    }
}

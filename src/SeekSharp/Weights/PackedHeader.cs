using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SeekSharp.Weights;

/// <summary>The first bytes of a file of packed weights: magic, key, length, name of the model, and a hash of all that.</summary>
/// <remarks>
/// There is no table of matrices: places, types and shapes follow from the model's own header, and the key is a hash of them. What stands in a file
/// of packed weights is compared, never believed.
/// </remarks>
/// <param name="Key">Which weights these are.</param>
/// <param name="FileLength">Bytes of the file, the header included.</param>
/// <param name="ModelName">Name of the model's file or folder, for people.</param>
internal sealed record PackedHeader(PackedKey Key, long FileLength, string ModelName)
{
    /// <summary>Bytes of the header: a page, so that the weights start at one.</summary>
    public const int ByteCount = 4096;

    private const int KeyAt = 8, LengthAt = KeyAt + PackedKey.ByteCount, NameLengthAt = LengthAt + sizeof(long), NameAt = NameLengthAt + sizeof(int);
    private const int HashAt = ByteCount - SHA256.HashSizeInBytes, LongestName = 255;

    private static ReadOnlySpan<byte> Magic => "SEEKPACK"u8;

    /// <summary>The header's bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[ByteCount];
        Magic.CopyTo(bytes);
        Key.Bytes.CopyTo(bytes.AsSpan(KeyAt));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(LengthAt), FileLength);
        Encoding.UTF8.GetEncoder().Convert(ModelName, bytes.AsSpan(NameAt, LongestName), flush: true, out _, out int nameLength, out _);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(NameLengthAt), nameLength);
        SHA256.HashData(bytes.AsSpan(0, HashAt), bytes.AsSpan(HashAt));
        return bytes;
    }

    /// <summary>Reads a header.</summary>
    /// <param name="file">A file, hostile until checked.</param>
    /// <returns>The header, or null where the file has none, or a length other than it should have.</returns>
    public static PackedHeader? Read(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        var bytes = new byte[ByteCount];
        long length = RandomAccess.GetLength(file);
        if (length < ByteCount || RandomAccess.Read(file, bytes, 0) != ByteCount || !bytes.AsSpan().StartsWith(Magic)) return null;
        if (!SHA256.HashData(bytes.AsSpan(0, HashAt)).AsSpan().SequenceEqual(bytes.AsSpan(HashAt))) return null;
        int nameLength = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(NameLengthAt));
        if (BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(LengthAt)) != length || nameLength is < 0 or > LongestName) return null;
        return new PackedHeader(new PackedKey(bytes.AsSpan(KeyAt, PackedKey.ByteCount)), length, Encoding.UTF8.GetString(bytes, NameAt, nameLength));
    }
}

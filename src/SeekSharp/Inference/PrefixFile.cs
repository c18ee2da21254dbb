using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SeekSharp.Formats;

namespace SeekSharp.Inference;

/// <summary>The file of one page: magic, key, length of the page; the page; SHA-256 of all that. No tokens.</summary>
internal static class PrefixFile
{
    private const int HeaderBytes = 64, HashBytes = SHA256.HashSizeInBytes, KeyAt = 8, KeyPartBytes = 16, LengthAt = KeyAt + 3 * KeyPartBytes;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static ReadOnlySpan<byte> Magic => "SEEKKV01"u8;

    /// <summary>Bytes of the file of a page.</summary>
    public static long LengthFor(int pageBytes) => HeaderBytes + (long)pageBytes + HashBytes;

    /// <summary>Writes a file: it appears under its name when it is complete. It is not brought to the disk: what a power failure leaves of it is damaged, and known to be.</summary>
    public static void Write(string path, StoredPageKey key, ReadOnlySpan<byte> page)
    {
        string temporary = path + AtomicFile.Suffix;
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        try
        {
            using (var file = new FileStream(temporary, options))
            {
                Span<byte> header = stackalloc byte[HeaderBytes], hash = stackalloc byte[HashBytes];
                FillHeader(header, key, page.Length);
                Hash(header, page, hash);
                file.Write(header);
                file.Write(page);
                file.Write(hash);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Reads a page.</summary>
    /// <param name="path">A file, hostile until checked.</param>
    /// <param name="key">The page that it must be.</param>
    /// <param name="page">Receives the page; its length is what the page must have.</param>
    /// <returns>Whether all bytes are what was written.</returns>
    public static bool TryRead(string path, StoredPageKey key, Span<byte> page)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (RandomAccess.GetLength(file) != LengthFor(page.Length)) return false;
        Span<byte> header = stackalloc byte[HeaderBytes], expected = stackalloc byte[HeaderBytes], stored = stackalloc byte[HashBytes], hash = stackalloc byte[HashBytes];
        FillHeader(expected, key, page.Length);
        if (!Fill(file, header, 0) || !header.SequenceEqual(expected)) return false;
        if (!Fill(file, page, HeaderBytes) || !Fill(file, stored, HeaderBytes + page.Length)) return false;
        Hash(header, page, hash);
        return hash.SequenceEqual(stored);
    }

    private static bool Fill(SafeFileHandle file, Span<byte> bytes, long at)
    {
        while (!bytes.IsEmpty)
        {
            int count = RandomAccess.Read(file, bytes, at);
            if (count == 0) return false;
            bytes = bytes[count..];
            at += count;
        }

        return true;
    }

    private static void FillHeader(Span<byte> header, StoredPageKey key, int pageBytes)
    {
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt128LittleEndian(header[KeyAt..], key.Tenant);
        BinaryPrimitives.WriteUInt128LittleEndian(header[(KeyAt + KeyPartBytes)..], key.Model);
        BinaryPrimitives.WriteUInt128LittleEndian(header[(KeyAt + 2 * KeyPartBytes)..], key.Page);
        BinaryPrimitives.WriteInt64LittleEndian(header[LengthAt..], pageBytes);
    }

    private static void Hash(ReadOnlySpan<byte> header, ReadOnlySpan<byte> page, Span<byte> hash)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sum.AppendData(header);
        sum.AppendData(page);
        sum.GetHashAndReset(hash);
    }
}

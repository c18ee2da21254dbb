using System.Buffers.Binary;
using System.Text;

namespace SeekSharp.Training.Native;

/// <summary>The symbol versions that a shared library for Linux asks of others (ELF64, little endian: section ".gnu.version_r").</summary>
internal static class VersionNeeds
{
    private const int SectionHeaderBytes = 64;
    private const uint VersionNeedSection = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort Weak = 2; // VER_FLG_WEAK: the loader does without where there is none

    /// <summary>Makes a version optional: the dynamic loader then loads the library where the version is not there.</summary>
    /// <param name="library">The file; a byte of it is changed.</param>
    /// <param name="version">The version's name.</param>
    /// <returns>Whether the file needs that version.</returns>
    /// <exception cref="InvalidDataException">The file is no ELF64 library, or is damaged.</exception>
    public static bool MakeOptional(Span<byte> library, string version)
    {
        try
        {
            return MakeOptionalUnchecked(library, Encoding.ASCII.GetBytes(version + '\0'));
        }
        catch (Exception exception) when (exception is ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("The library's tables point outside of the file.", exception);
        }
    }

    private static bool MakeOptionalUnchecked(Span<byte> library, ReadOnlySpan<byte> version)
    {
        // 2: 64 bits, 1: little endian
        if (!library.StartsWith("\u007fELF"u8) || library.Length < SectionHeaderBytes || library[4] != 2 || library[5] != 1)
            throw new InvalidDataException("The library is not in the format ELF64.");
        int headers = Offset(library, 0x28), count = Half(library, 0x3C);
        for (int i = 0; i < count; i++)
        {
            Span<byte> section = library.Slice(checked(headers + i * SectionHeaderBytes), SectionHeaderBytes);
            if (Word(section, 4) != VersionNeedSection) continue;
            Span<byte> strings = library.Slice(checked(headers + (int)Word(section, 0x28) * SectionHeaderBytes), SectionHeaderBytes);
            return MakeOptional(library, Offset(section, 0x18), (int)Word(section, 0x2C), library[Offset(strings, 0x18)..], version);
        }

        return false;
    }

    /// <summary>A chain of libraries, each with a chain of versions.</summary>
    private static bool MakeOptional(Span<byte> library, int need, int needs, ReadOnlySpan<byte> strings, ReadOnlySpan<byte> version)
    {
        for (; needs > 0; needs--)
        {
            int versions = Half(library, need + 2), entry = checked(need + (int)Word(library, need + 8));
            for (; versions > 0; versions--)
            {
                if (strings[(int)Word(library, entry + 8)..].StartsWith(version))
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(library[(entry + 4)..], (ushort)(Half(library, entry + 4) | Weak));
                    return true;
                }

                entry = checked(entry + (int)Word(library, entry + 12));
            }

            need = checked(need + (int)Word(library, need + 12));
        }

        return false;
    }

    private static ushort Half(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static int Offset(ReadOnlySpan<byte> bytes, int at) => checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]));
}

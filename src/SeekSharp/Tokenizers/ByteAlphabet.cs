namespace SeekSharp.Tokenizers;

/// <summary>
/// GPT-2's stand-ins for bytes: printable Latin-1 characters stand for themselves, the other 68 bytes are U+0100 to U+0143 in order ("Ġ" is a space,
/// "Ċ" a line feed).
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_characters = CreateCharacters();
    private static readonly short[] s_bytes = CreateBytes();

    /// <summary>The stand-in of a byte.</summary>
    /// <param name="value">The byte.</param>
    /// <returns>The character.</returns>
    public static char Encode(byte value) => s_characters[value];

    /// <summary>The bytes that a spelling stands for.</summary>
    /// <param name="spelling">Stand-ins.</param>
    /// <returns>The bytes, or null where a character is no stand-in.</returns>
    public static byte[]? TryDecode(string spelling)
    {
        var bytes = new byte[spelling.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (spelling[i] >= s_bytes.Length || s_bytes[spelling[i]] < 0) return null;
            bytes[i] = (byte)s_bytes[spelling[i]];
        }

        return bytes;
    }

    private static char[] CreateCharacters()
    {
        var characters = new char[256];
        char next = (char)256;
        for (int value = 0; value < 256; value++)
        {
            bool isPrintable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            characters[value] = isPrintable ? (char)value : next++;
        }

        return characters;
    }

    private static short[] CreateBytes()
    {
        var bytes = new short[256 + 68];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < 256; value++) bytes[s_characters[value]] = (short)value;
        return bytes;
    }
}

using System.Buffers.Binary;
using System.Text;

namespace SeekSharp.Tests.Robustness;

/// <summary>Damages files: bits, lengths and counts, missing and repeated pieces, foreign words. The same number gives the same damage.</summary>
internal sealed class Mutator(Random random)
{
    /// <summary>Numbers that break sums, products and casts.</summary>
    private static readonly ulong[] Edges =
    [
        0, 1, 2, 3, 7, 32, 127, 128, 255, 256, 4096, 65535, 65536, 1 << 20, 1 << 22, (1 << 24) + 1, 1 << 26, (1 << 26) + 1, 1 << 30, int.MaxValue, 1UL << 31, uint.MaxValue,
        1UL << 32, (1UL << 61) + 1, 1UL << 62, long.MaxValue - 31, long.MaxValue, 1UL << 63, ulong.MaxValue - 31, ulong.MaxValue - 7, ulong.MaxValue,
        0x7FC00000 /* NaN */, 0x7F800000 /* infinity */, 0x7FF8000000000000,
    ];

    /// <summary>Words that mean something to a reader in the wrong place.</summary>
    private static readonly string[] Words =
        ["deepseek2", "llama", "qwen2", "qwen3", "gpt2", "yarn", "linear", "none", "<0x0A>", "<s>", "</s>", "<unk>", "<|im_end|>", "a", "", "▁", "\0", "\uFFFD", "𠀀", "..", "token_embd.weight", "blk.0.attn_q.weight"];

    /// <summary>One damage, or a few; <paramref name="hot"/> bytes in front are hit four times in five.</summary>
    public byte[] Mutate(byte[] seed, int hot = int.MaxValue)
    {
        byte[] bytes = [.. seed];
        for (int steps = Steps(random); steps > 0; steps--) bytes = Step(bytes, hot);
        return bytes;
    }

    /// <summary>Mostly one: what two readers refuse, the first refuses alone.</summary>
    public static int Steps(Random random) => random.Next(3) > 0 ? 1 : random.Next(2, 5);

    private byte[] Step(byte[] bytes, int hot)
    {
        if (bytes.Length == 0) return [(byte)random.Next(256)];
        int at = Place(bytes.Length, hot);
        switch (random.Next(11))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                return Overwrite(bytes, at, BitConverter.GetBytes(Edges[random.Next(Edges.Length)]).AsSpan(0, 1 << random.Next(4)));
            case 3 or 4: // what looks like a length or a count
                return Overwrite(bytes, FindSmallNumber(bytes, at), BitConverter.GetBytes(random.Next(3) == 0 ? (ulong)random.Next(300) : Edges[random.Next(Edges.Length)]));
            case 5: // a length off by a little
                at = FindSmallNumber(bytes, at);
                ulong near = at + 8 <= bytes.Length ? BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)) + (ulong)random.Next(-3, 4) : 0;
                return Overwrite(bytes, at, BitConverter.GetBytes(near));
            case 6:
                return [.. bytes[..at], .. bytes[Math.Min(at + random.Next(1, 65), bytes.Length)..]];
            case 7:
                return [.. bytes[..Math.Min(at + random.Next(1, 65), bytes.Length)], .. bytes[at..]];
            case 8: // one piece over another
                return Overwrite(bytes, at, bytes.AsSpan(Place(bytes.Length, hot)) is var from && from.Length > 0 ? from[..Math.Min(from.Length, random.Next(1, 65))].ToArray() : []);
            case 9: // a text of the format: its length, then its bytes
                byte[] word = Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]);
                return [.. bytes[..at], .. BitConverter.GetBytes((ulong)word.Length), .. word, .. bytes[Math.Min(at + (random.Next(2) == 0 ? word.Length + 8 : 0), bytes.Length)..]];
            default:
                return random.Next(4) == 0 ? bytes[..at] : Overwrite(bytes, at, Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]));
        }
    }

    private int Place(int length, int hot) => random.Next(random.Next(5) > 0 ? Math.Min(hot, length) : length);

    /// <summary>The next place with a 64-bit number below 65,536, or the place itself.</summary>
    private static int FindSmallNumber(byte[] bytes, int at)
    {
        for (int i = at; i + 8 <= Math.Min(bytes.Length, at + 256); i++)
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i)) is > 0 and < 65536) return i;
        return at;
    }

    private static byte[] Overwrite(byte[] bytes, int at, ReadOnlySpan<byte> value)
    {
        value[..Math.Min(value.Length, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
        return bytes;
    }
}

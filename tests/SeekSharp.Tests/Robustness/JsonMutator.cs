using System.Text;
using System.Text.Json;

namespace SeekSharp.Tests.Robustness;

/// <summary>Damages JSON at its structure: other types, giant numbers, deep nesting, keys twice, keys gone, names of paths, broken escapes.</summary>
internal sealed class JsonMutator(Random random)
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1", "3", "65536", "2147483647", "2147483648", "4194304", "4194305", "9223372036854775807", "9223372036854775808", "18446744073709551616",
        "1e30", "1e308", "1e400", "-1e400", "0.5", "4096.0", "-0", "1" + new string('0', 400), "[]", "{}", "[[]]", "[null]", "[0, 1]", "[-1]", "[{}]", "{\"a\": 1}", "\"\"", "\"a\"", "\"\\ud800\"", "\"\\u0000\"",
        "\"../model.safetensors\"", "\"/etc/passwd\"", "\"C:\\\\model.safetensors\"", "\"..\"", "\".\"", "\"model.safetensors\"", "\"yarn\"", "\"linear\"", "\"llama3\"", "\"BPE\"", "\"Sequence\"", "\"F32\"", "\"F8_E4M3\"",
        "\"deepseek_v2\"", "\"llama\"", "\"qwen3\"", "\"<0x0A>\"", "\"ab\"", "\"a b\"",
    ];

    private readonly Mutator _bytes = new(random);

    /// <summary>One damage, or a few.</summary>
    public byte[] Mutate(byte[] seed)
    {
        byte[] bytes = seed;
        for (int steps = Mutator.Steps(random); steps > 0; steps--) bytes = Step(bytes);
        return bytes;
    }

    private byte[] Step(byte[] bytes)
    {
        List<(int KeyStart, int Start, int End)> values = random.Next(8) == 0 ? [] : FindValues(bytes);
        if (values.Count == 0) return _bytes.Mutate(bytes);
        (int keyStart, int start, int end) = values[random.Next(values.Count)];
        (_, int otherStart, int otherEnd) = values[random.Next(values.Count)];
        ReadOnlySpan<byte> value = bytes.AsSpan(start..end), entry = bytes.AsSpan((keyStart >= 0 ? keyStart : start)..end);
        return random.Next(8) switch
        {
            0 or 1 or 2 => [.. bytes[..start], .. Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]), .. bytes[end..]],
            3 => [.. bytes[..start], .. bytes[otherStart..otherEnd], .. bytes[end..]],
            4 => [.. bytes[..end], (byte)',', .. entry, .. bytes[end..]], // the key twice
            5 => [.. bytes[..(keyStart >= 0 ? keyStart : start)], .. "\"x\": 0"u8, .. bytes[end..]], // the key gone
            6 => Nest(bytes, start, end, random.Next(4) == 0 ? random.Next(1, 3000) : random.Next(1, 70)),
            _ => [.. bytes[..start], .. "["u8, .. value, .. ","u8, .. value, .. "]"u8, .. bytes[end..]],
        };
    }

    private byte[] Nest(byte[] bytes, int start, int end, int depth)
    {
        bool objects = random.Next(2) == 0;
        byte[] open = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(objects ? "{\"a\":" : "[", depth))), close = [.. Enumerable.Repeat((byte)(objects ? '}' : ']'), depth)];
        return [.. bytes[..start], .. open, .. bytes[start..end], .. close, .. bytes[end..]];
    }

    /// <summary>All values with where their keys start (-1 in arrays); none where the text is no JSON any more.</summary>
    private static List<(int KeyStart, int Start, int End)> FindValues(byte[] bytes)
    {
        List<(int, int, int)> values = [];
        Stack<(int KeyStart, int Start)> open = [];
        int key = -1;
        try
        {
            Utf8JsonReader reader = new(bytes, new JsonReaderOptions { MaxDepth = 5000 });
            while (reader.Read())
            {
                int start = (int)reader.TokenStartIndex, end = (int)reader.BytesConsumed;
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        key = start;
                        continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        open.Push((key, start));
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        (int keyStart, int first) = open.Pop();
                        if (open.Count > 0) values.Add((keyStart, first, end));
                        break;
                    default:
                        values.Add((key, start, end));
                        break;
                }

                key = -1;
            }
        }
        catch (JsonException)
        {
            return [];
        }

        return values;
    }
}

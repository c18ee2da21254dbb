using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace SeekSharp.Formats;

/// <summary>The keys and values of a GGUF file, in the order of the file.</summary>
/// <remarks>
/// Integers of any width in the file are read as <see cref="int"/> where they fit. A getter without "OrDefault" or "Try" throws where the key is
/// missing; every getter throws where the key is there with another type.
/// </remarks>
public sealed class GgufMetadata
{
    private readonly string _source;
    private readonly OrderedDictionary<string, object> _values;

    internal GgufMetadata(string source, OrderedDictionary<string, object> values)
    {
        _source = source;
        _values = values;
    }

    /// <summary>All keys, in the order of the file.</summary>
    public IReadOnlyList<string> Keys => _values.Keys;

    /// <summary>All values under their keys, with the types that they have in the file.</summary>
    internal IEnumerable<KeyValuePair<string, object>> Values => _values;

    /// <summary>Whether the file has a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>True where it is there, whatever its type.</returns>
    public bool Contains(string key) => _values.ContainsKey(key);

    /// <summary>Reads a text.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The text, or null where the key is missing.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ModelFormatException">The value is no text.</exception>
    public bool TryGetString(string key, [NotNullWhen(true)] out string? value)
    {
        value = _values.TryGetValue(key, out object? found) ? found as string ?? throw WrongType(key, "a text") : null;
        return value is not null;
    }

    /// <summary>Reads a text.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The text.</returns>
    /// <exception cref="ModelFormatException">The key is missing, or its value is no text.</exception>
    public string GetString(string key) => TryGetString(key, out string? value) ? value : throw Missing(key);

    /// <summary>Reads an integer.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The integer, or 0 where the key is missing.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ModelFormatException">The value is no integer, or does not fit into 32 bits.</exception>
    public bool TryGetInt32(string key, out int value)
    {
        value = 0;
        if (!_values.TryGetValue(key, out object? found)) return false;
        value = ToInt32(key, found);
        return true;
    }

    /// <summary>Reads an integer.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The integer.</returns>
    /// <exception cref="ModelFormatException">The key is missing, or its value is no integer of 32 bits.</exception>
    public int GetInt32(string key) => TryGetInt32(key, out int value) ? value : throw Missing(key);

    /// <summary>Reads an integer that may be missing.</summary>
    /// <param name="key">The key.</param>
    /// <param name="absent">What to return where the key is missing.</param>
    /// <returns>The integer.</returns>
    /// <exception cref="ModelFormatException">The value is no integer of 32 bits.</exception>
    public int GetInt32OrDefault(string key, int absent = 0) => TryGetInt32(key, out int value) ? value : absent;

    /// <summary>Reads a number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The number, or 0 where the key is missing.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ModelFormatException">The value is no number.</exception>
    public bool TryGetFloat(string key, out float value)
    {
        value = 0;
        if (!_values.TryGetValue(key, out object? found)) return false;
        value = found switch
        {
            float single => single,
            double number => (float)number,
            _ => ToInt32(key, found, "a number"),
        };
        return true;
    }

    /// <summary>Reads a number.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ModelFormatException">The key is missing, or its value is no number.</exception>
    public float GetFloat(string key) => TryGetFloat(key, out float value) ? value : throw Missing(key);

    /// <summary>Reads a number that may be missing.</summary>
    /// <param name="key">The key.</param>
    /// <param name="absent">What to return where the key is missing.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ModelFormatException">The value is no number.</exception>
    public float GetFloatOrDefault(string key, float absent = 0) => TryGetFloat(key, out float value) ? value : absent;

    /// <summary>Reads a boolean.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The boolean, or false where the key is missing.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ModelFormatException">The value is no boolean.</exception>
    public bool TryGetBoolean(string key, out bool value)
    {
        value = false;
        if (!_values.TryGetValue(key, out object? found)) return false;
        value = found as bool? ?? throw WrongType(key, "a boolean");
        return true;
    }

    /// <summary>Reads a boolean that may be missing.</summary>
    /// <param name="key">The key.</param>
    /// <param name="absent">What to return where the key is missing.</param>
    /// <returns>The boolean.</returns>
    /// <exception cref="ModelFormatException">The value is no boolean.</exception>
    public bool GetBooleanOrDefault(string key, bool absent = false) => TryGetBoolean(key, out bool value) ? value : absent;

    /// <summary>Reads an array of texts (a vocabulary, merges).</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The texts, or null where the key is missing.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ModelFormatException">The value is no array of texts.</exception>
    public bool TryGetStringArray(string key, [NotNullWhen(true)] out IReadOnlyList<string>? value)
    {
        value = _values.TryGetValue(key, out object? found) ? found as string[] ?? throw WrongType(key, "an array of texts") : null;
        return value is not null;
    }

    /// <summary>Reads an array of texts (a vocabulary, merges).</summary>
    /// <param name="key">The key.</param>
    /// <returns>The texts.</returns>
    /// <exception cref="ModelFormatException">The key is missing, or its value is no array of texts.</exception>
    public IReadOnlyList<string> GetStringArray(string key) =>
        TryGetStringArray(key, out IReadOnlyList<string>? value) ? value : throw Missing(key);

    /// <summary>Reads an array of integers (token types, one number per layer).</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The integers, or null where the key is missing.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ModelFormatException">The value is no array of integers, or one does not fit into 32 bits.</exception>
    public bool TryGetInt32Array(string key, [NotNullWhen(true)] out IReadOnlyList<int>? value)
    {
        value = null;
        if (!_values.TryGetValue(key, out object? found)) return false;
        // not "found is int[]": for the runtime an array of uint is one of int as well
        value = Type.GetTypeCode(found.GetType().GetElementType()) switch
        {
            TypeCode.Int32 => (int[])found,
            TypeCode.UInt32 => Array.ConvertAll((uint[])found, number => Narrow(key, number)),
            TypeCode.UInt64 => Array.ConvertAll((ulong[])found, number => Narrow(key, number)),
            TypeCode.Int64 => Array.ConvertAll((long[])found, number => Narrow(key, number)),
            TypeCode.UInt16 => Array.ConvertAll((ushort[])found, number => (int)number),
            TypeCode.Int16 => Array.ConvertAll((short[])found, number => (int)number),
            TypeCode.Byte => Array.ConvertAll((byte[])found, number => (int)number),
            TypeCode.SByte => Array.ConvertAll((sbyte[])found, number => (int)number),
            _ => throw WrongType(key, "an array of integers"),
        };
        return true;
    }

    /// <summary>Reads an array of integers (token types, one number per layer).</summary>
    /// <param name="key">The key.</param>
    /// <returns>The integers.</returns>
    /// <exception cref="ModelFormatException">The key is missing, or its value is no array of 32-bit integers.</exception>
    public IReadOnlyList<int> GetInt32Array(string key) => TryGetInt32Array(key, out IReadOnlyList<int>? value) ? value : throw Missing(key);

    /// <summary>Reads an array of numbers (token scores).</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The numbers, or null where the key is missing.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="ModelFormatException">The value is no array of floating-point numbers.</exception>
    public bool TryGetFloatArray(string key, [NotNullWhen(true)] out IReadOnlyList<float>? value)
    {
        value = null;
        if (!_values.TryGetValue(key, out object? found)) return false;
        value = found switch
        {
            float[] numbers => numbers,
            double[] numbers => Array.ConvertAll(numbers, number => (float)number),
            _ => throw WrongType(key, "an array of numbers"),
        };
        return true;
    }

    /// <summary>Reads an array of numbers (token scores).</summary>
    /// <param name="key">The key.</param>
    /// <returns>The numbers.</returns>
    /// <exception cref="ModelFormatException">The key is missing, or its value is no array of floating-point numbers.</exception>
    public IReadOnlyList<float> GetFloatArray(string key) =>
        TryGetFloatArray(key, out IReadOnlyList<float>? value) ? value : throw Missing(key);

    /// <summary>Reads an integer that files give once, or once per layer with the same value in every layer.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The integer, or null where the key is missing.</returns>
    /// <exception cref="ModelFormatException">The value is something else, or differs between layers.</exception>
    public int? GetUniformInt32(string key)
    {
        if (!_values.TryGetValue(key, out object? found)) return null;
        if (found is not Array) return ToInt32(key, found);
        IReadOnlyList<int> layers = GetInt32Array(key);
        if (layers.Count == 0) throw new ModelFormatException($"{_source}: key '{key}' is an empty array.");
        if (layers.Any(value => value != layers[0]))
            throw new ModelFormatException($"{_source}: key '{key}' differs from layer to layer, which is not supported.");
        return layers[0];
    }

    /// <summary>A value in words for people: "32", "yarn", "129280 texts".</summary>
    /// <param name="key">The key.</param>
    /// <returns>One line; texts in full.</returns>
    /// <exception cref="ModelFormatException">The key is missing.</exception>
    public string Describe(string key) => _values.TryGetValue(key, out object? found) ? Describe(found) : throw Missing(key);

    private static string Describe(object value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        string[] texts => $"{texts.Length} texts",
        Array { Length: <= 8 } few => $"[{string.Join(", ", few.Cast<object>().Select(Describe))}]",
        Array many => $"{many.Length} values",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => "",
    };

    private int ToInt32(string key, object value, string expected = "an integer") => value switch
    {
        int number => number,
        uint number => Narrow(key, number),
        ulong number => Narrow(key, number),
        long number => Narrow(key, number),
        ushort number => number,
        short number => number,
        byte number => number,
        sbyte number => number,
        _ => throw WrongType(key, expected),
    };

    private int Narrow(string key, Int128 value) => value >= int.MinValue && value <= int.MaxValue
        ? (int)value
        : throw new ModelFormatException($"{_source}: key '{key}' is {value}, which does not fit into 32 bits.");

    private ModelFormatException Missing(string key) => new($"{_source}: key '{key}' is missing.");

    private ModelFormatException WrongType(string key, string expected) => new($"{_source}: key '{key}' is not {expected}.");
}

using System.Text;
using System.Text.Json;

namespace SeekSharp.Formats;

/// <summary>A JSON object of a model folder, with getters that say which file and key is wrong. A key with the value null counts as absent.</summary>
internal sealed class JsonFields
{
    private readonly string _source;
    private readonly string _path;
    private readonly JsonElement _object;

    private JsonFields(string source, string path, JsonElement value)
    {
        _source = source;
        _path = path;
        _object = value;
    }

    /// <summary>Parses a text that must be a JSON object.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <param name="json">The text.</param>
    public static JsonFields Parse(string source, string json) => Parse(source, Encoding.UTF8.GetBytes(json));

    /// <summary>Parses a file that must be a JSON object.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <param name="json">Its bytes.</param>
    public static JsonFields Parse(string source, ReadOnlyMemory<byte> json)
    {
        try
        {
            RequireFewValues(source, json.Span);
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new ModelFormatException($"{source}: is not a JSON object.");
            return new JsonFields(source, "", document.RootElement.Clone());
        }
        catch (JsonException exception)
        {
            throw new ModelFormatException($"{source}: is not JSON ({exception.Message}).", exception);
        }
    }

    /// <summary>A parsed value takes many times the memory of "0,"; no honest file consists of those.</summary>
    private static void RequireFewValues(string source, ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        int most = 50_000 + json.Length / 4;
        for (int count = 0; reader.Read(); count++)
            if (count > most) throw new ModelFormatException($"{source}: has more than {most} values in {json.Length} bytes, which no such file needs.");
    }

    public int? IntegerOrNull(string key)
    {
        if (!TryGet(key, out JsonElement value)) return null;
        if (value.ValueKind == JsonValueKind.Number)
        {
            if (value.TryGetInt32(out int number)) return number;
            // some writers give "4096.0"
            if (value.TryGetDouble(out double real) && real == Math.Truncate(real) && Math.Abs(real) <= int.MaxValue) return (int)real;
        }

        throw Fail($"key '{_path}{key}' is not an integer of 32 bits");
    }

    public int Integer(string key) => IntegerOrNull(key) ?? throw Missing(key);

    public double? NumberOrNull(string key)
    {
        if (!TryGet(key, out JsonElement value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)) return number;
        throw Fail($"key '{_path}{key}' is not a number");
    }

    public double Number(string key) => NumberOrNull(key) ?? throw Missing(key);

    public bool Boolean(string key, bool absent = false)
    {
        if (!TryGet(key, out JsonElement value)) return absent;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Fail($"key '{_path}{key}' is not a boolean");
    }

    public string? TextOrNull(string key)
    {
        if (!TryGet(key, out JsonElement value)) return null;
        return ToText(value) ?? throw Fail($"key '{_path}{key}' is not a text");
    }

    public JsonFields? ObjectOrNull(string key)
    {
        if (!TryGet(key, out JsonElement value)) return null;
        return value.ValueKind == JsonValueKind.Object
            ? new JsonFields(_source, $"{_path}{key}.", value)
            : throw Fail($"key '{_path}{key}' is not an object");
    }

    /// <summary>An array of texts, or null where the key is absent.</summary>
    public string[]? TextsOrNull(string key)
    {
        if (!TryGet(key, out JsonElement value)) return null;
        if (value.ValueKind == JsonValueKind.Array)
        {
            string?[] texts = [.. value.EnumerateArray().Select(ToText)];
            if (!texts.Contains(null)) return texts!;
        }

        throw Fail($"key '{_path}{key}' is not an array of texts");
    }

    /// <summary>One integer or an array of integers; empty where the key is absent.</summary>
    public int[] Integers(string key)
    {
        if (!TryGet(key, out JsonElement value)) return [];
        if (value.ValueKind != JsonValueKind.Array) return [Integer(key)];
        int[] numbers = new int[value.GetArrayLength()];
        int count = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out numbers[count++]))
                throw Fail($"key '{_path}{key}' is not an array of integers of 32 bits");
        }

        return numbers;
    }

    /// <summary>The raw value, where present and not null.</summary>
    public bool TryGet(string key, out JsonElement value)
    {
        try
        {
            return _object.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;
        }
        catch (InvalidOperationException exception) // some key of the object has broken escapes
        {
            throw new ModelFormatException($"{_source}: a key has broken escapes.", exception);
        }
    }

    /// <summary>The keys with their values, as often as they are in the text.</summary>
    public JsonElement.ObjectEnumerator Enumerate() => _object.EnumerateObject();

    /// <summary>The text of an element; null for other kinds and for texts with broken escapes.</summary>
    public static string? ToText(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException) // a lone surrogate escape such as "\ud800"
        {
            return null;
        }
    }

    public ModelFormatException Fail(string what) => new($"{_source}: {what}.");

    private ModelFormatException Missing(string key) => Fail($"key '{_path}{key}' is missing");
}

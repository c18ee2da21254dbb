using System.Text.Json;
using System.Text.Json.Serialization;
using SeekSharp.Server.Json;

namespace SeekSharp.Server.OpenAI.Responses;

/// <summary>Reads a text as a message of the user, or a list of items.</summary>
internal sealed class InputConverter : JsonConverter<InputItem[]>
{
    public override InputItem[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return [new InputItem { Type = "message", Role = "user", Content = reader.GetString() }];
        if (reader.TokenType != JsonTokenType.StartArray) throw new FieldException("must be a text or a list of items.");
        List<InputItem> items = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new FieldException("must have items that are objects.");
            items.Add(JsonSerializer.Deserialize(ref reader, ServerJson.Default.InputItem)!);
        }

        return [.. items];
    }

    public override void Write(Utf8JsonWriter writer, InputItem[] value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (InputItem item in value) JsonSerializer.Serialize(writer, item, ServerJson.Default.InputItem);
        writer.WriteEndArray();
    }
}

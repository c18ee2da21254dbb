using System.Text.Json;
using System.Text.Json.Serialization;
using SeekSharp.Server.Json;

namespace SeekSharp.Server.Anthropic;

/// <summary>Reads a text as one block, or a list of blocks.</summary>
internal sealed class BlocksConverter : JsonConverter<ContentBlock[]>
{
    public override ContentBlock[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return [new ContentBlock { Type = "text", Text = reader.GetString() }];
        if (reader.TokenType != JsonTokenType.StartArray) throw new FieldException("must be a text or a list of blocks.");
        List<ContentBlock> blocks = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new FieldException("must have blocks that are objects.");
            blocks.Add(JsonSerializer.Deserialize(ref reader, ServerJson.Default.ContentBlock)!);
        }

        return [.. blocks];
    }

    public override void Write(Utf8JsonWriter writer, ContentBlock[] value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (ContentBlock block in value) JsonSerializer.Serialize(writer, block, ServerJson.Default.ContentBlock);
        writer.WriteEndArray();
    }
}

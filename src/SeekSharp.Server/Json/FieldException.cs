using System.Text.Json;

namespace SeekSharp.Server.Json;

/// <summary>A field of a body has the wrong type. The serializer adds where.</summary>
/// <param name="message">What it must be: the rest of a sentence that begins with the field's name.</param>
internal sealed class FieldException(string message) : JsonException(message);

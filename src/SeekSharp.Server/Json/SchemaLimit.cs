using System.Runtime.InteropServices;
using System.Text.Json;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Security;

namespace SeekSharp.Server.Json;

/// <summary>Checks JSON schemas before anybody works through them.</summary>
internal static class SchemaLimit
{
    /// <exception cref="ApiException">The schema is no object, or too large.</exception>
    public static void Require(JsonElement schema, string at)
    {
        if (schema.ValueKind != JsonValueKind.Object) throw ApiException.Invalid(at, $"'{at}' must be a JSON schema: an object.");
        if (JsonMarshal.GetRawUtf8Value(schema).Length > RequestLimits.SchemaBytes)
            throw ApiException.Invalid(at, $"'{at}' is a JSON schema of more than {RequestLimits.SchemaBytes} bytes; make it smaller.");
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace SeekSharp.Cli;

/// <summary>Indented JSON on standard output.</summary>
internal static class JsonOutput
{
    public static Utf8JsonWriter Create() => new(
        Console.OpenStandardOutput(),
        new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Security;

namespace SeekSharp.Server.Json;

/// <summary>Reads the JSON of requests. Nothing in it is trusted: a body is well-formed and of the right types, or its client reads what is wrong with it.</summary>
internal static class RequestBody
{
    private const int LongestName = 120;

    /// <summary>Reads a whole body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="type">What it shall be.</param>
    /// <returns>The body.</returns>
    /// <exception cref="ApiException">The body is no JSON, or not of this type.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
    {
        if (!context.Request.HasJsonContentType())
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "The body must be JSON; send it with the header Content-Type: application/json.");
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), type);
    }

    /// <summary>Parses a body.</summary>
    /// <exception cref="ApiException">The body is no JSON, or not of this type.</exception>
    internal static T Parse<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> type)
    {
        ReadOnlySpan<byte> json = body.Span;
        if (!Utf8.IsValid(json)) throw Malformed("The body is not valid UTF-8.");
        try
        {
            CheckTexts(json);
            return JsonSerializer.Deserialize(json, type) ?? throw Malformed("The body is null; it must be an object.");
        }
        catch (FieldException exception)
        {
            string field = FieldOf(exception);
            throw new ApiException(StatusCodes.Status400BadRequest, $"'{field}' {exception.Message}") { Parameter = field, Code = "invalid_type" };
        }
        catch (JsonException exception)
        {
            string field = FieldOf(exception);
            if (field.Length > 0 && exception.InnerException is null)
                throw new ApiException(StatusCodes.Status400BadRequest, $"'{field}' has the wrong type, or is missing something.") { Parameter = field, Code = "invalid_type" };
            throw Malformed(FormattableString.Invariant($"The body is not valid JSON, or is nested more than {RequestLimits.JsonDepth} levels deep, at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}."));
        }
    }

    /// <summary>
    /// Looks at every text: an escape may be half of a surrogate pair, which no text can be. Depth and form are checked on the way, before anything is allocated.
    /// </summary>
    private static void CheckTexts(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = RequestLimits.JsonDepth });
        char[]? text = null;
        try
        {
            while (reader.Read())
            {
                if (!reader.ValueIsEscaped) continue;
                int length = reader.ValueSpan.Length;
                if (text is null || text.Length < length)
                {
                    if (text is not null) ArrayPool<char>.Shared.Return(text);
                    text = ArrayPool<char>.Shared.Rent(length);
                }

                reader.CopyString(text);
            }
        }
        catch (InvalidOperationException)
        {
            throw Malformed("A text of the body has half of a surrogate pair.");
        }
        finally
        {
            if (text is not null) ArrayPool<char>.Shared.Return(text);
        }
    }

    private static ApiException Malformed(string message) => new(StatusCodes.Status400BadRequest, message) { Code = "invalid_json" };

    /// <summary>"$.messages[0].role" as clients know it: "messages[0].role".</summary>
    private static string FieldOf(JsonException exception)
    {
        string path = (exception.Path ?? "").TrimStart('$').TrimStart('.');
        return path.Length <= LongestName ? path : $"{path[..LongestName]}...";
    }
}

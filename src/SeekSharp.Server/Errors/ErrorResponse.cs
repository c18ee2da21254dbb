using System.Text.Json.Serialization;

namespace SeekSharp.Server.Errors;

/// <summary>An error as OpenAI's and DeepSeek's clients read it.</summary>
internal sealed record ErrorResponse(ErrorDetail Error);

/// <summary>What went wrong.</summary>
/// <param name="Message">One sentence.</param>
/// <param name="Type">Kind of error.</param>
/// <param name="Param">The field that is wrong, or null.</param>
/// <param name="Code">Code of the error, or null.</param>
internal sealed record ErrorDetail(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);

/// <summary>An error as Anthropic's clients read it.</summary>
internal sealed record AnthropicError(string Type, AnthropicErrorDetail Error);

/// <summary>What went wrong.</summary>
/// <param name="Type">Kind of error.</param>
/// <param name="Message">One sentence.</param>
internal sealed record AnthropicErrorDetail(string Type, string Message);

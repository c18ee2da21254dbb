using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Errors;

namespace SeekSharp.Server.Security;

/// <summary>
/// Finds out who sends a request, and whether it is within the limits of its key. Where keys are not required, keys of other services are ignored, since
/// an app that was written for one sends it wherever it goes; a key of this program must be valid everywhere.
/// </summary>
internal sealed class KeyRule(ApiKeyStore store, bool isRequired, SecurityOptions options, TimeProvider time) : IRequestRule
{
    private const string Scheme = "Bearer ";

    private sealed record Budgets(MinuteBudget? Requests, MinuteBudget? Tokens);

    private readonly ConcurrentDictionary<string, Budgets> _budgets = new(StringComparer.Ordinal);

    public ApiException? Check(HttpContext context)
    {
        string? text = KeyOf(context.Request);
        if (text is null || (!isRequired && !ApiKeyText.HasPrefix(text))) return isRequired ? Unauthorised(text is not null) : null;
        if (!store.TryRecognise(text, out ApiKey? key)) return Unauthorised(isGiven: true);
        Budgets budgets = BudgetsOf(key);
        context.Features.Set(new Caller(key.Id, budgets.Tokens));
        if (budgets.Tokens is { } tokens && !tokens.TryTake(0, out TimeSpan wait)) return TooMany("tokens", tokens.PerMinute, wait);
        if (budgets.Requests is { } requests && !requests.TryTake(1, out wait)) return TooMany("requests", requests.PerMinute, wait);
        return null;
    }

    private Budgets BudgetsOf(ApiKey key)
    {
        int requests = key.RequestsPerMinute ?? options.RequestsPerMinute, tokens = key.TokensPerMinute ?? options.TokensPerMinute;
        return _budgets.GetOrAdd(key.Id, _ => new Budgets(Budget(requests), Budget(tokens)));
    }

    private MinuteBudget? Budget(int perMinute) => perMinute > 0 ? new MinuteBudget(perMinute, time) : null;

    /// <summary>The key as clients of OpenAI and DeepSeek send it, else as those of Anthropic do. Never from the address, which is logged everywhere.</summary>
    private static string? KeyOf(HttpRequest request)
    {
        if (request.Headers.Authorization is [{ } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return value[Scheme.Length..].Trim();
        return request.Headers["x-api-key"] is [{ Length: > 0 } key] ? key : null;
    }

    private static ApiException Unauthorised(bool isGiven) => isGiven
        ? new(StatusCodes.Status401Unauthorized, "The API key is not valid, or was revoked.") { Code = "invalid_api_key" }
        : new(StatusCodes.Status401Unauthorized, "An API key is needed: send it as 'Authorization: Bearer KEY'; 'seek keys create' makes one.") { Code = "missing_api_key" };

    private static ApiException TooMany(string what, int limit, TimeSpan wait) =>
        new(StatusCodes.Status429TooManyRequests, $"This key may use {limit} {what} per minute; try again later.") { Code = "rate_limit_exceeded", RetryAfter = wait };
}

using SeekSharp.Server.Models;
using SeekSharp.Server.Observability;
using SeekSharp.Server.Prices;

namespace SeekSharp.Server.OpenAI;

/// <summary>Says what requests took and cost.</summary>
internal sealed class UsageFactory(ServerOptions options)
{
    /// <summary>What a request took, as OpenAI and DeepSeek say it.</summary>
    /// <param name="usage">Its tokens.</param>
    /// <param name="model">Name of the model that answered.</param>
    public Usage Create(in GenerationUsage usage, string model) => new(
        usage.PromptTokens,
        usage.OutputTokens,
        usage.PromptTokens + usage.OutputTokens,
        usage.CachedTokens,
        usage.PromptTokens - usage.CachedTokens,
        new PromptTokensDetails(usage.CachedTokens),
        new CompletionTokensDetails(usage.ReasoningTokens),
        CostOf(usage, model));

    /// <summary>What a request cost, here and at DeepSeek's published prices.</summary>
    public Cost CostOf(in GenerationUsage usage, string model)
    {
        int missed = usage.PromptTokens - usage.CachedTokens;
        decimal? own = options.Prices?.CostOf(model, usage.CachedTokens, missed, usage.OutputTokens);
        string published = usage.ReasoningTokens > 0 ? ModelRegistry.ReasonerAlias : ModelRegistry.ChatAlias;
        PriceTable table = PriceTable.DeepSeek;
        return new Cost(
            own,
            own is null ? null : options.Prices!.Currency,
            table.CostOf(published, usage.CachedTokens, missed, usage.OutputTokens) is { } amount ? new PublishedCost(amount, table.Currency, published, table.AsOf) : null);
    }
}

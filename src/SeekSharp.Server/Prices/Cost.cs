namespace SeekSharp.Server.Prices;

/// <summary>What a request cost.</summary>
/// <param name="Amount">By the operator's price table; null where there is none.</param>
/// <param name="Currency">Of <paramref name="Amount"/>.</param>
/// <param name="Deepseek">What the same tokens would have cost at DeepSeek's published prices.</param>
internal sealed record Cost(decimal? Amount, string? Currency, PublishedCost? Deepseek);

/// <summary>A cost at published prices.</summary>
/// <param name="Amount">The cost.</param>
/// <param name="Currency">Its currency.</param>
/// <param name="Model">Whose prices.</param>
/// <param name="AsOf">Date of the prices.</param>
internal sealed record PublishedCost(decimal Amount, string Currency, string Model, string AsOf);

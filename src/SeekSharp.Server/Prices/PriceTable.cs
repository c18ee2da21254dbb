using System.Text.Json;
using SeekSharp.Server.Json;

namespace SeekSharp.Server.Prices;

/// <summary>Prices of tokens, by model.</summary>
public sealed class PriceTable
{
    private const decimal PerTokens = 1_000_000, Highest = 1_000_000;
    private const int Places = 10;
    private const long MaxFileBytes = 1 << 20;
    private readonly PriceFile _file;

    private PriceTable(PriceFile file) => _file = file;

    /// <summary>DeepSeek's published prices, with their date.</summary>
    internal static PriceTable DeepSeek { get; } = ReadPublished();

    internal string Currency => _file.Currency!;

    internal string AsOf => _file.AsOf ?? "";

    /// <summary>
    /// Reads a file such as <c>{"currency": "EUR", "models": {"default": {"input_cache_hit": 0.01, "input_cache_miss": 0.1, "output": 0.4}}}</c>: prices of a
    /// million tokens by model, "default" for those not named.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>The prices.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no table of prices; the message says what is wrong.</exception>
    public static PriceTable Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no price table {path}.", path);
        if (new FileInfo(path).Length > MaxFileBytes) throw new InvalidDataException($"{path} is larger than a price table can be.");
        try
        {
            PriceFile file = JsonSerializer.Deserialize(File.ReadAllBytes(path), ServerJson.Default.PriceFile) ?? throw new InvalidDataException($"{path} is null; it must be an object.");
            return new PriceTable(Check(file, path));
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is no price table at {exception.Path ?? "its start"}: {(exception is FieldException ? exception.Message : "it is not the JSON that docs/serving.md shows.")}", exception);
        }
    }

    /// <summary>What tokens of a model cost, or null where the table has no price for it.</summary>
    internal decimal? CostOf(string model, int cachedTokens, int newTokens, int outputTokens)
    {
        if (!_file.Models!.TryGetValue(model, out ModelPrices? prices) && !_file.Models.TryGetValue("default", out prices)) return null;
        decimal sum = cachedTokens * prices!.InputCacheHit!.Value + newTokens * prices.InputCacheMiss!.Value + outputTokens * prices.Output!.Value;
        return Math.Round(sum / PerTokens, Places);
    }

    private static PriceTable ReadPublished()
    {
        using Stream stream = typeof(PriceTable).Assembly.GetManifestResourceStream("SeekSharp.Server.deepseek-prices.json")!;
        return new PriceTable(JsonSerializer.Deserialize(stream, ServerJson.Default.PriceFile)!);
    }

    private static PriceFile Check(PriceFile file, string path)
    {
        if (string.IsNullOrEmpty(file.Currency)) throw new InvalidDataException($"{path} has no \"currency\".");
        if (file.Models is not { Count: > 0 } models) throw new InvalidDataException($"{path} has no \"models\".");
        foreach (var (name, prices) in models)
        {
            foreach (decimal? price in new[] { prices?.InputCacheHit, prices?.InputCacheMiss, prices?.Output })
            {
                if (price is not (>= 0 and <= Highest))
                    throw new InvalidDataException($"{path}: the model \"{name}\" needs \"input_cache_hit\", \"input_cache_miss\" and \"output\", each a price of a million tokens from 0 to {Highest}.");
            }
        }

        return file;
    }
}

/// <summary>A table of prices as a file.</summary>
/// <param name="Currency">Of all prices.</param>
/// <param name="AsOf">Date of the prices.</param>
/// <param name="Source">Where they come from.</param>
/// <param name="Models">Prices by model; "default" for those not named.</param>
internal sealed record PriceFile(string? Currency, string? AsOf, string? Source, Dictionary<string, ModelPrices?>? Models);

/// <summary>Prices of a million tokens.</summary>
internal sealed record ModelPrices(decimal? InputCacheHit, decimal? InputCacheMiss, decimal? Output);

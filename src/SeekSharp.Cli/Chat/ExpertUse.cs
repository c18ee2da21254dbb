using System.Globalization;
using SeekSharp.Formats;
using SeekSharp.Models;

namespace SeekSharp.Cli.Chat;

/// <summary>How often each expert of each layer was chosen.</summary>
/// <param name="config">The model, a mixture of experts.</param>
internal sealed class ExpertUse(ModelConfig config)
{
    private const string Shades = " ░▒▓█";

    private readonly long[,] _counts = new long[config.LayerCount, config.MixtureOfExperts!.ExpertCount];

    /// <summary>Tokens that were counted.</summary>
    public long Tokens { get; private set; }

    /// <summary>Counts the choices of one sequence.</summary>
    public void Add(RouterTrace trace)
    {
        int layers = config.LayerCount - config.MixtureOfExperts!.LeadingDenseLayers;
        int positions = layers > 0 ? trace.Count / layers : 0;
        for (int layer = config.LayerCount - layers; layer < config.LayerCount; layer++)
            for (int position = 0; position < positions; position++)
                foreach (int expert in trace.Experts(layer, position)) _counts[layer, expert]++;
        Tokens += positions;
    }

    /// <summary>A row per layer: the darker a cell, the more often its experts were chosen; behind it, the busiest expert with its share of the tokens.</summary>
    /// <param name="width">Most columns of a row.</param>
    public IEnumerable<string> Describe(int width)
    {
        MixtureOfExpertsConfig mixture = config.MixtureOfExperts!;
        int perCell = Math.Max(1, (mixture.ExpertCount + Math.Max(width - 34, 8) - 1) / Math.Max(width - 34, 8));
        string cells = perCell == 1 ? "a cell per expert" : $"{perCell} experts a cell";
        yield return string.Create(CultureInfo.InvariantCulture, $"{Tokens} tokens, {mixture.ExpertsPerToken} of {mixture.ExpertCount} experts each; {cells}");
        for (int layer = mixture.LeadingDenseLayers; layer < config.LayerCount; layer++) yield return DescribeLayer(layer, mixture, perCell);
    }

    private string DescribeLayer(int layer, MixtureOfExpertsConfig mixture, int perCell)
    {
        double even = (double)Tokens * mixture.ExpertsPerToken / mixture.ExpertCount;
        var cells = new char[(mixture.ExpertCount + perCell - 1) / perCell];
        int busiest = 0;
        for (int cell = 0; cell < cells.Length; cell++)
        {
            int end = Math.Min((cell + 1) * perCell, mixture.ExpertCount);
            long sum = 0;
            for (int expert = cell * perCell; expert < end; expert++)
            {
                sum += _counts[layer, expert];
                if (_counts[layer, expert] > _counts[layer, busiest]) busiest = expert;
            }

            // An even share is the middle shade, twice as much the darkest.
            double share = even > 0 ? sum / (even * (end - cell * perCell)) : 0;
            cells[cell] = Shades[Math.Clamp((int)Math.Ceiling(share * 2), 0, Shades.Length - 1)];
        }

        double most = Tokens > 0 ? 100.0 * _counts[layer, busiest] / Tokens : 0;
        return string.Create(CultureInfo.InvariantCulture, $"layer {layer,3} [{new string(cells)}] {busiest,3}: {most:F1} %");
    }
}

using ScottPlot;

namespace SeekSharp.Training.Runs;

/// <summary>Pictures of a run, one PNG file each: whatever was measured of loss, reward, accuracy, response length and expert load.</summary>
internal static class RunPlots
{
    private const int Width = 900, Height = 500;

    private static readonly (string File, string Title, string[] Names)[] s_curves =
    [
        ("loss", "Loss", ["loss", "prediction_loss"]),
        ("reward", "Reward", ["reward"]),
        ("accuracy", "Accuracy", ["accuracy", "rollout_accuracy"]),
        ("response-length", "Response length in tokens", ["response_length"]),
        ("balance", "Greatest expert load over the mean, minus 1", ["max_violation"]),
        ("learning-rate", "Learning rate", ["learning_rate"]),
    ];

    /// <summary>Draws everything that there is something to draw of.</summary>
    /// <param name="folder">The stage's folder.</param>
    /// <param name="all">What was measured.</param>
    public static void Write(StageFolder folder, IReadOnlyList<Metrics> all)
    {
        Directory.CreateDirectory(folder.Plots);
        foreach ((string file, string title, string[] names) in s_curves)
        {
            using Plot plot = new();
            bool isEmpty = true;
            foreach (string name in names) isEmpty &= !AddCurve(plot, name, all);
            if (!isEmpty) Save(plot, title, "step", Path.Combine(folder.Plots, file + ".png"));
        }

        if (all.LastOrDefault(metrics => metrics.ExpertLoad is { Count: > 0 })?.ExpertLoad is { } load) WriteLoad(folder, load);
    }

    /// <summary>Points pale, and a line through their running mean where there are many.</summary>
    private static bool AddCurve(Plot plot, string name, IReadOnlyList<Metrics> all)
    {
        List<double> steps = [], values = [];
        foreach (Metrics metrics in all)
        {
            if (metrics.Find(name) is not { } value || !double.IsFinite(value)) continue;
            steps.Add(metrics.Step);
            values.Add(value);
        }

        if (steps.Count == 0) return false;
        int window = Math.Max(1, steps.Count / 50);
        if (window > 1)
        {
            var points = plot.Add.Scatter(steps.ToArray(), values.ToArray());
            (points.LineWidth, points.MarkerSize, points.Color) = (0, 2, Colors.LightGray);
        }

        var line = plot.Add.Scatter(steps.ToArray(), RunningMean(values, window));
        (line.LineWidth, line.MarkerSize, line.LegendText) = (2, steps.Count > 1 ? 0 : 6, name);
        return true;
    }

    private static double[] RunningMean(List<double> values, int window)
    {
        double[] means = new double[values.Count];
        double sum = 0;
        for (int i = 0; i < means.Length; i++)
        {
            sum += values[i];
            if (i >= window) sum -= values[i - window];
            means[i] = sum / Math.Min(i + 1, window);
        }

        return means;
    }

    /// <summary>Shares of the experts in each layer; a grey line where all would be equal.</summary>
    private static void WriteLoad(StageFolder folder, IReadOnlyList<IReadOnlyList<long>> load)
    {
        using Plot plot = new();
        for (int layer = 0; layer < load.Count; layer++)
        {
            double total = Math.Max(1, load[layer].Sum());
            double width = 0.8 / load.Count;
            int own = layer;
            Bar[] bars = [.. load[layer].Select((choices, expert) => new Bar
            {
                Position = expert - 0.4 + ((own + 0.5) * width), Size = width, Value = choices / total, LineWidth = 0, FillColor = Colors.Category10[own % 10],
            })];
            plot.Add.Bars(bars).LegendText = $"mixture layer {layer + 1}";
        }

        plot.Add.HorizontalLine(1.0 / load[0].Count, color: Colors.Gray);
        plot.Axes.Margins(bottom: 0);
        Save(plot, "Share of choices per expert", "expert", Path.Combine(folder.Plots, "expert-load.png"));
    }

    private static void Save(Plot plot, string title, string horizontal, string file)
    {
        plot.Title(title);
        plot.XLabel(horizontal);
        plot.ShowLegend(Alignment.UpperRight);
        StageFolder.WriteBytes(file, plot.GetImageBytes(Width, Height, ImageFormat.Png));
    }
}

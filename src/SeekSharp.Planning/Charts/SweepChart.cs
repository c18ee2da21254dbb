using System.Text;
using ScottPlot;
using SeekSharp.Formats;
using SeekSharp.Planning.Sweeps;
using SeekSharp.Planning.Units;

namespace SeekSharp.Planning.Charts;

/// <summary>Draws a sweep: the first parameter to the right, the metric upward, a line for each series and each value of further parameters.</summary>
internal static class SweepChart
{
    private const int Width = 900, Height = 520, MostLines = 16;

    /// <summary>Writes a picture. A file of that name is replaced.</summary>
    /// <param name="table">What was swept.</param>
    /// <param name="path">Ends with ".png" or ".svg".</param>
    /// <param name="title">Above the picture.</param>
    /// <param name="isLogarithmic">Whether equal ratios of the first parameter get equal room.</param>
    /// <exception cref="PlanningException">The name ends otherwise, or there are too many lines.</exception>
    public static void Save(SweepTable table, string path, string title, bool isLogarithmic)
    {
        byte[] bytes = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".png" => Draw(table, title, isLogarithmic).GetImageBytes(Width, Height, ImageFormat.Png),
            ".svg" => Encoding.UTF8.GetBytes(Draw(table, title, isLogarithmic).GetSvgXml(Width, Height)),
            _ => throw new PlanningException($"A picture's name must end with .png or .svg, not '{path}'."),
        };
        using AtomicFile file = new(path, bytes.Length, overwrite: true);
        file.Write(bytes);
        file.Commit();
    }

    private static Plot Draw(SweepTable table, string title, bool isLogarithmic)
    {
        Dimension dimension = table.Parameters[0].Dimension;
        double unit = Unit(dimension, table.Points.Max(point => point.Values[0]), out string unitName);
        (string Name, double[] X, double[] Y)[] lines = [.. Lines(table, unit)];
        if (lines.Length > MostLines) throw new PlanningException($"{lines.Length} lines are more than a picture can show ({MostLines}); sweep fewer values of the second parameter, or fewer series.");
        Plot plot = new();
        foreach (var (name, x, y) in lines)
        {
            var line = plot.Add.Scatter(isLogarithmic ? [.. x.Select(Math.Log10)] : x, y);
            // The first line is the scenario itself; where another lies on it, both are seen.
            (line.LineWidth, line.MarkerSize, line.LegendText) = (plot.PlottableList.Count == 1 ? 6 : 2, 0, name);
        }

        if (isLogarithmic) MarkRatios(plot, lines.SelectMany(line => line.X));
        plot.Axes.SetLimitsY(0, lines.SelectMany(line => line.Y).Max() * 1.08);
        plot.Title(title);
        plot.XLabel($"{table.Parameters[0].Meaning}{unitName}");
        plot.YLabel(table.Metric);
        plot.ShowLegend(Alignment.UpperLeft);
        return plot;
    }

    private static IEnumerable<(string Name, double[] X, double[] Y)> Lines(SweepTable table, double unit)
    {
        foreach (var group in table.Points.GroupBy(point => string.Join(", ", point.Values.Skip(1).Select((value, i) => $"{table.Parameters[i + 1].Name} {Quantity.Format(value, table.Parameters[i + 1].Dimension)}"))))
        {
            for (int series = 0; series < table.Series.Count; series++)
            {
                int own = series;
                SweepPoint[] known = [.. group.Where(point => point.Results[own] is not null)];
                string name = string.Join("; ", ((string[])[table.Series[own], group.Key]).Where(part => part.Length > 0));
                if (known.Length > 0) yield return (name, [.. known.Select(point => point.Values[0] / unit)], [.. known.Select(point => point.Results[own]!.Value)]);
            }
        }
    }

    private static void MarkRatios(Plot plot, IEnumerable<double> values)
    {
        ScottPlot.TickGenerators.NumericManual ticks = new();
        double[] known = [.. values.Where(value => value > 0)];
        for (double decade = Math.Floor(Math.Log10(known.Min())); decade <= Math.Log10(known.Max()) + 1e-9; decade++)
            foreach (double factor in (double[])[1, 2, 5])
                if (factor * Math.Pow(10, decade) is var mark && mark >= known.Min() * 0.999 && mark <= known.Max() * 1.001)
                    ticks.AddMajor(Math.Log10(mark), Numbers.Invariant(mark, "0.####"));
        plot.Axes.Bottom.TickGenerator = ticks;
    }

    private static double Unit(Dimension dimension, double most, out string name)
    {
        var (unit, text) = dimension switch
        {
            Dimension.BytesPerSecond => most >= 1e12 ? (1e12, ", TB/s") : most >= 1e9 ? (1e9, ", GB/s") : (1e6, ", MB/s"),
            Dimension.Bytes => (1e9, ", GB"),
            Dimension.OperationsPerSecond => (1e12, ", TFLOPS"),
            Dimension.DollarsPerHour => (1, ", dollars an hour"),
            Dimension.Dollars => (1, ", dollars"),
            Dimension.Seconds => (1, ", seconds"),
            _ => (1.0, ""),
        };
        name = text;
        return unit;
    }
}

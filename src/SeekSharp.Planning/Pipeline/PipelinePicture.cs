using System.Globalization;
using System.Text;
using ScottPlot;
using SeekSharp.Formats;

namespace SeekSharp.Planning.Pipeline;

/// <summary>A timeline as a picture, as DualPipe's README draws it: ranks as rows, time to the right, micro-batches by number.</summary>
public static class PipelinePicture
{
    private const int Left = 130, RowHeight = 34, Frame = 120, LeastWidth = 700, MostWidth = 6000, MostRows = 128, SmallestLabel = 9, LargestLabel = 14;
    private const double ChunkWidth = 22, Half = 0.45;

    private static readonly Color ForwardColor = Color.FromHex("#f6c26b"), SecondForwardColor = Color.FromHex("#e58f57");
    private static readonly Color BackwardColor = Color.FromHex("#8fc77f"), SecondBackwardColor = Color.FromHex("#5da67c");
    private static readonly Color InputColor = Color.FromHex("#b9dff0"), WeightColor = Color.FromHex("#5b8fc7");

    /// <summary>Draws a timeline into a file, which appears under its name only when it is complete.</summary>
    /// <param name="timeline">The timeline.</param>
    /// <param name="path">The file; its ending, ".png" or ".svg", is the format.</param>
    /// <exception cref="PlanningException">The ending is another, or the pipeline is too large to be drawn.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(PipelineTimeline timeline, string path)
    {
        byte[] picture = Draw(timeline, path);
        using var file = new AtomicFile(path, picture.Length, overwrite: true);
        file.Write(picture);
        file.Commit();
    }

    /// <summary>Draws a timeline.</summary>
    /// <param name="timeline">The timeline.</param>
    /// <param name="fileName">Where the picture shall go; its ending, ".png" or ".svg", is the format.</param>
    /// <returns>The bytes of the file.</returns>
    /// <exception cref="PlanningException">The ending is another, or the pipeline is too large to be drawn.</exception>
    public static byte[] Draw(PipelineTimeline timeline, string fileName)
    {
        ArgumentNullException.ThrowIfNull(timeline);
        bool isSvg = Path.GetExtension(fileName).ToUpperInvariant() switch
        {
            ".PNG" => false,
            ".SVG" => true,
            _ => throw new PlanningException($"A picture must end with .png or .svg, not '{Path.GetFileName(fileName)}'."),
        };
        if (timeline.Ranks > MostRows || timeline.Chunks.Count > 20_000)
            throw new PlanningException($"A pipeline of {timeline.Ranks:N0} ranks and {timeline.Chunks.Count:N0} pieces of work is too large to be drawn; {MostRows} ranks and 20,000 pieces are the most.");
        double smallest = timeline.Chunks.Min(chunk => chunk.End - chunk.Start);
        double unit = Math.Min(ChunkWidth / smallest, MostWidth / timeline.Duration);
        int width = Left + (int)Math.Clamp(timeline.Duration * unit, LeastWidth, MostWidth), height = Frame + (timeline.Ranks * RowHeight);
        using Plot plot = Compose(timeline, (width - Left) / timeline.Duration);
        return isSvg ? Encoding.UTF8.GetBytes(plot.GetSvgXml(width, height)) : plot.GetImageBytes(width, height, ImageFormat.Png);
    }

    private static Plot Compose(PipelineTimeline timeline, double pixelsPerUnit)
    {
        Plot plot = new();
        foreach (TimelineChunk chunk in timeline.Chunks) Add(plot, timeline, chunk, pixelsPerUnit);
        plot.Axes.SetLimits(0, timeline.Duration, -timeline.Ranks + Half, 1 - Half);
        plot.Axes.Left.SetTicks(
            [.. Enumerable.Range(0, timeline.Ranks).Select(rank => -(double)rank)],
            [.. Enumerable.Range(0, timeline.Ranks).Select(rank => string.Create(CultureInfo.InvariantCulture, $"rank {rank}"))]);
        plot.HideGrid();
        plot.XLabel("time");
        string bubble = string.Create(CultureInfo.InvariantCulture, $"bubble {timeline.Bubble:0.##} of {timeline.Duration:0.##}");
        plot.Title($"{timeline.Schedule.ShortName()}: {timeline.Ranks} ranks, {timeline.MicroBatches} micro-batches, {bubble}");
        plot.Legend.ManualItems.AddRange(Legend(timeline));
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.ShowLegend(Edge.Bottom);
        return plot;
    }

    private static void Add(Plot plot, PipelineTimeline timeline, TimelineChunk chunk, double pixelsPerUnit)
    {
        double top = -chunk.Rank + Half, bottom = -chunk.Rank - Half;
        if (chunk.Kind != ChunkKind.Overlapped)
        {
            Box(plot, chunk.Start, chunk.End, bottom, top, ColorOf(timeline, chunk), chunk.MicroBatch, pixelsPerUnit);
            return;
        }

        // Forward to the left and backward to the right, in one frame: they run together.
        double share = timeline.Costs.Forward / (timeline.Costs.Forward + timeline.Costs.Backward);
        double middle = chunk.Start + (share * (chunk.End - chunk.Start));
        Box(plot, chunk.Start, middle, bottom, top, IsSecond(timeline, chunk.MicroBatch, chunk.Stage) ? SecondForwardColor : ForwardColor, chunk.MicroBatch, pixelsPerUnit);
        Box(plot, middle, chunk.End, bottom, top, IsSecond(timeline, chunk.BackwardMicroBatch, chunk.BackwardStage) ? SecondBackwardColor : BackwardColor, chunk.BackwardMicroBatch, pixelsPerUnit);
        var frame = plot.Add.Rectangle(chunk.Start, chunk.End, bottom, top);
        (frame.FillColor, frame.LineColor, frame.LineWidth) = (Colors.Transparent, Colors.Black, 1.6f);
    }

    private static void Box(Plot plot, double left, double right, double bottom, double top, Color color, int number, double pixelsPerUnit)
    {
        var box = plot.Add.Rectangle(left, right, bottom, top);
        (box.FillColor, box.LineColor, box.LineWidth) = (color, Colors.White, 0.6f);
        string label = number.ToString(CultureInfo.InvariantCulture);
        double size = Math.Min(LargestLabel, (right - left) * pixelsPerUnit / label.Length / 0.7);
        if (size < SmallestLabel) return;
        var text = plot.Add.Text(label, (left + right) / 2, (bottom + top) / 2);
        (text.LabelFontSize, text.LabelAlignment, text.LabelFontColor) = ((float)size, Alignment.MiddleCenter, Colors.Black);
    }

    private static Color ColorOf(PipelineTimeline timeline, TimelineChunk chunk) => chunk.Kind switch
    {
        ChunkKind.Forward => IsSecond(timeline, chunk.MicroBatch, chunk.Stage) ? SecondForwardColor : ForwardColor,
        ChunkKind.Backward => IsSecond(timeline, chunk.MicroBatch, chunk.Stage) ? SecondBackwardColor : BackwardColor,
        ChunkKind.BackwardInput => InputColor,
        _ => WeightColor,
    };

    /// <summary>The other direction of DualPipe, the other leg of a V.</summary>
    private static bool IsSecond(PipelineTimeline timeline, int microBatch, int stage) => timeline.Schedule switch
    {
        PipelineSchedule.DualPipe => microBatch >= timeline.MicroBatches / 2,
        PipelineSchedule.DualPipeV => stage >= timeline.Ranks,
        _ => false,
    };

    private static LegendItem[] Legend(PipelineTimeline timeline)
    {
        List<(string Text, Color Color)> entries = [("forward", ForwardColor), ("backward", BackwardColor)];
        if (timeline.Schedule.IsBidirectional())
        {
            string other = timeline.Schedule == PipelineSchedule.DualPipe ? "other direction" : "second leg";
            entries.InsertRange(1, [($"forward, {other}", SecondForwardColor)]);
            entries.Add(($"backward, {other}", SecondBackwardColor));
        }

        if (timeline.Schedule == PipelineSchedule.ZeroBubble) entries.RemoveAt(1);
        if (timeline.Schedule != PipelineSchedule.OneForwardOneBackward) entries.AddRange([("backward for input", InputColor), ("backward for weights", WeightColor)]);
        List<LegendItem> items = [.. entries.Select(entry => new LegendItem { LabelText = entry.Text, FillColor = entry.Color })];
        if (timeline.Schedule.IsBidirectional())
            items.Add(new LegendItem { LabelText = "overlapped", OutlineColor = Colors.Black, OutlineWidth = 1.6f, FillColor = Colors.White });
        return [.. items];
    }
}

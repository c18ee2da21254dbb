using SeekSharp.Formats;
using SeekSharp.Tests.Formats;
using SeekSharp.Training.Native;
using SeekSharp.Training.Runs;

namespace SeekSharp.Training.Tests.Runs;

public sealed class RunFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Metrics_are_read_as_they_were_written_and_half_a_line_is_none()
    {
        Metrics[] all = [new(1, [("loss", 0.1), ("norm", double.NaN)]), new(2, [("loss", 1.0 / 3)], [[1, 2], [3, 0]])];
        string file = Path.Combine(_folder.Path, "metrics.jsonl");
        MetricsFile.Write(file, all);
        File.AppendAllText(file, """{"step":3,"lo""");
        List<Metrics> read = MetricsFile.Read(file);
        Assert.Equal(2, read.Count);
        Assert.Equal((0.1, double.NaN), (read[0].Find("loss"), read[0].Find("norm")));
        Assert.Equal(1.0 / 3, read[1].Find("loss"));
        Assert.Equal([3, 0], read[1].ExpertLoad![1]);
        File.AppendAllText(file, "\n");
        Assert.Contains("line 3", Assert.Throws<ModelFormatException>(() => MetricsFile.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_takes_back_what_came_behind_the_checkpoint()
    {
        LibTorch.Load();
        StageFolder folder = new(_folder.Path);
        using (RunLog log = new(folder, 0))
            for (int step = 1; step <= 5; step++) log.Write(new Metrics(step, [("loss", step)]));
        using (RunLog log = new(folder, 3))
        {
            Assert.Equal(3, log.All.Count);
            log.Write(new Metrics(4, [("loss", 40)]));
        }

        Assert.Equal([1, 2, 3, 40], MetricsFile.Read(folder.MetricsFile).Select(metrics => metrics.Find("loss")!.Value));
        string events = Assert.Single(Directory.GetFiles(folder.TensorBoard));
        Assert.Contains("loss", File.ReadAllText(events), StringComparison.Ordinal);
    }

    [Fact]
    public void Plots_are_drawn_of_what_there_is()
    {
        StageFolder folder = new(_folder.Path);
        RunPlots.Write(folder, [.. Enumerable.Range(1, 200).Select(step => new Metrics(step, [("loss", 1.0 / step), ("reward", step)], step == 200 ? [[5, 7], [6, 6]] : null))]);
        Assert.Equal(["expert-load.png", "loss.png", "reward.png"], Directory.GetFiles(folder.Plots).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(Path.Combine(folder.Plots, "loss.png"))[..4]);
    }

    public void Dispose() => _folder.Dispose();
}

using System.Text;
using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Planning.Tests.Pipeline;

public sealed class PipelinePictureTests
{
    private static readonly PipelineTimeline Example = PipelineSimulation.Run(PipelineSchedule.DualPipe, 8, 20, ChunkCosts.Units);

    [Fact]
    public void Draws_the_example_of_DualPipes_README()
    {
        byte[] png = PipelinePicture.Draw(Example, "picture.png");
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
        Assert.True(png.Length > 10_000);
        string svg = Encoding.UTF8.GetString(PipelinePicture.Draw(Example, "picture.SVG"));
        Assert.Contains("<svg", svg, StringComparison.Ordinal);
        Assert.Contains("rank 7", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_cannot_be_drawn()
    {
        Assert.Contains(".png", Assert.Throws<PlanningException>(() => PipelinePicture.Draw(Example, "picture.gif")).Message, StringComparison.Ordinal);
        PipelineTimeline large = PipelineSimulation.Run(PipelineSchedule.OneForwardOneBackward, 200, 200, ChunkCosts.Units);
        Assert.Contains("too large", Assert.Throws<PlanningException>(() => PipelinePicture.Draw(large, "picture.png")).Message, StringComparison.Ordinal);
    }
}

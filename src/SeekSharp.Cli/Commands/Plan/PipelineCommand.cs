using System.CommandLine;
using System.Globalization;
using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan pipeline: one step of a pipeline, simulated and drawn.</summary>
internal static class PipelineCommand
{
    private static readonly Option<PipelineSchedule?> Schedule = PlanOptions.Schedule("Order of the work; default: dualpipe");
    private static readonly Option<int> Ranks = CommonOptions.Integer("--ranks", "Ranks of the pipeline", 1, 1024, 8);
    private static readonly Option<int> MicroBatches = CommonOptions.Integer("--micro-batches", "Micro-batches of the step", 1, 100_000, 20);
    private static readonly Option<float> Forward = CommonOptions.Real("--forward", "Duration of a stage's forward pass", 1e-6f, 1e6f, 1);
    private static readonly Option<float> Backward = CommonOptions.Real("--backward", "Duration of a stage's backward pass, for inputs and weights", 1e-6f, 1e6f, 2);
    private static readonly Option<float> Weight = CommonOptions.Real("--weight", "Of that, the part for weights", 0, 1e6f, 1);
    private static readonly Option<float> Overlapped = CommonOptions.Real("--overlapped", "Duration of a forward and a backward pass that are overlapped", 1e-6f, 1e6f, 3);
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "Draw the timeline into this .png or .svg file", HelpName = "FILE" };

    public static Command Create()
    {
        var command = new ExampleCommand(
            "pipeline",
            "Simulate one step of pipeline parallelism and draw it",
            "seek plan pipeline --schedule dualpipe --ranks 8 --micro-batches 20 --out dualpipe.png",
            "seek plan pipeline --schedule zb1p --ranks 16 --micro-batches 64 --json")
        {
            Schedule, Ranks, MicroBatches, Forward, Backward, Weight, Overlapped, Out, PlanOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var costs = new ChunkCosts(parsed.GetValue(Forward), parsed.GetValue(Backward), parsed.GetValue(Weight), parsed.GetValue(Overlapped));
        PipelineSchedule schedule = parsed.GetValue(Schedule) ?? PipelineSchedule.DualPipe;
        PipelineTimeline timeline = PipelineSimulation.Run(schedule, parsed.GetValue(Ranks), parsed.GetValue(MicroBatches), costs);
        if (parsed.GetValue(Out) is { } path) PipelinePicture.Write(timeline, path);
        double formula = schedule.Bubble(timeline.Ranks, costs);
        int activations = Enumerable.Range(0, timeline.Ranks).Max(timeline.ActivationsInFlight);
        if (parsed.GetValue(PlanOptions.Json))
        {
            JsonOutput.Write(writer =>
            {
                writer.WriteString("schedule", schedule.ShortName());
                writer.WriteNumber("ranks", timeline.Ranks);
                writer.WriteNumber("microBatches", timeline.MicroBatches);
                writer.WriteNumber("duration", timeline.Duration);
                writer.WriteNumber("bubble", timeline.Bubble);
                writer.WriteNumber("bubbleOfFormula", formula);
                writer.WriteNumber("bubbleShare", timeline.BubbleShare);
                writer.WriteNumber("activationsInFlight", activations);
            });
            return ExitCodes.Success;
        }

        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{schedule.ShortName()}, {timeline.Ranks} ranks, {timeline.MicroBatches} micro-batches: {timeline.Duration:0.####} long, of which a rank idles at most {timeline.Bubble:0.####} (formula: {formula:0.####}), {timeline.BubbleShare:P1} of all time; activations of {activations} micro-batches are kept at most."));
        return ExitCodes.Success;
    }
}

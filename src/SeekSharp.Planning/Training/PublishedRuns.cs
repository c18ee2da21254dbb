using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;
using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Planning.Training;

/// <summary>A training run with a published cost.</summary>
/// <param name="Name">What was trained.</param>
/// <param name="Source">Where the cost is published.</param>
/// <param name="Hours">Published hours times devices.</param>
/// <param name="Stages">The run, in one scenario or several one after the other.</param>
/// <param name="Assumed">What is not published and was chosen here.</param>
public sealed record PublishedRun(string Name, string Source, double Hours, IReadOnlyList<TrainingScenario> Stages, string Assumed)
{
    /// <summary>Predicted hours times devices.</summary>
    /// <param name="calibration">Shares of the chip's rates that are reached.</param>
    public double PredictedHours(TrainingCalibration calibration) =>
        Stages.Sum(stage => TrainingPlan.Evaluate(stage with { Calibration = calibration }).DeviceHours);

    /// <summary>Prediction over publication, minus 1.</summary>
    /// <param name="calibration">Shares of the chip's rates that are reached.</param>
    public double RelativeError(TrainingCalibration calibration) => (PredictedHours(calibration) / Hours) - 1;
}

/// <summary>The runs that the fitted shares of <see cref="TrainingCalibration"/> come from, all on H800.</summary>
public static class PublishedRuns
{
    private const double ThousandHours = 1000;

    /// <summary>Hours of V3's post-training, of which no more is published (V3, table 1).</summary>
    public const double DeepSeekV3PostTrainingHours = 5 * ThousandHours;

    /// <summary>V3's pre-training: 14.8T tokens on 2,048 H800 (V3 §3.2, §4.2).</summary>
    public static TrainingScenario DeepSeekV3 { get; } = new()
    {
        Model = ModelCatalog.Find("DeepSeek-V3"),
        Chip = ChipCatalog.Default.Find("H800"),
        Devices = 2048,
        Tokens = 14.8e12,
        Layout = new TrainingLayout { Pipeline = 16, Expert = 64, Schedule = PipelineSchedule.DualPipe },
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PublishedRun> All { get; } =
    [
        new("DeepSeek-V3 pre-training", "V3, table 1", 2664 * ThousandHours, [DeepSeekV3], "the batch is 15,360 sequences from the start"),
        new("DeepSeek-V3 context extension", "V3, table 1 and §4.3", 119 * ThousandHours,
            [Extension(32_768, 1920, 8), Extension(131_072, 480, 32)],
            "sequences are cut over 8 and 32 chips, so that each micro-batch has 4,096 tokens a chip as in pre-training"),
        new("DeepSeek-V2, a trillion tokens", "V2 §3.2.3", 172.8 * ThousandHours,
            [
                DeepSeekV3 with
                {
                    Model = ModelCatalog.Find("DeepSeek-V2"), Devices = 1024, Tokens = 1e12, BatchSequences = 9216, Techniques = TrainingTechniques.BFloat16,
                    Layout = new TrainingLayout { Pipeline = 16, Expert = 8, Schedule = PipelineSchedule.ZeroBubble },
                },
            ],
            "1,024 chips; the layout (zero-bubble PP16, EP8, ZeRO-1, no tensor parallelism) is published (V2 §3.1.3)"),
        new("DeepSeek 67B, a trillion tokens", "V2 §3.2.3", 300.6 * ThousandHours,
            [
                DeepSeekV3 with
                {
                    Model = ModelCatalog.Find("DeepSeek-67B"), Devices = 1024, Tokens = 1e12, BatchSequences = 4608, Techniques = TrainingTechniques.BFloat16,
                    Formats = TrainingFormats.Mixed,
                    Layout = new TrainingLayout { Pipeline = 8, Tensor = 2, Schedule = PipelineSchedule.OneForwardOneBackward },
                },
            ],
            "1,024 chips, 1F1B with PP8 and TP2"),
    ];

    /// <summary>One phase of V3's context extension: 1,000 steps.</summary>
    private static TrainingScenario Extension(int sequenceLength, int batch, int context) => DeepSeekV3 with
    {
        SequenceLength = sequenceLength,
        BatchSequences = batch,
        Tokens = 1000.0 * sequenceLength * batch,
        Layout = DeepSeekV3.Layout with { Context = context },
    };
}

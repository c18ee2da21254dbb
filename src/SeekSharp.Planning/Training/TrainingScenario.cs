using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;

namespace SeekSharp.Planning.Training;

/// <summary>A training run to plan: everything that <see cref="TrainingPlan"/> depends on. Immutable; sweeps change one property with "with".</summary>
public sealed record TrainingScenario
{
    /// <summary>The model.</summary>
    public required ModelShape Model { get; init; }

    /// <summary>The chip.</summary>
    public required Chip Chip { get; init; }

    /// <summary>Number of chips, over all islands.</summary>
    public required int Devices { get; init; }

    /// <summary>Tokens to train on.</summary>
    public required double Tokens { get; init; }

    /// <summary>Tokens of a sequence.</summary>
    public int SequenceLength { get; init; } = 4096;

    /// <summary>Sequences of a step, over all devices.</summary>
    public int BatchSequences { get; init; } = 15_360;

    /// <summary>How the run is spread over devices.</summary>
    public TrainingLayout Layout { get; init; } = new();

    /// <summary>What the training system can do.</summary>
    public TrainingTechniques Techniques { get; init; } = new();

    /// <summary>Islands with a slow link between them.</summary>
    public TrainingIslands Islands { get; init; } = new();

    /// <summary>Bytes per parameter.</summary>
    public TrainingFormats Formats { get; init; } = TrainingFormats.DeepSeekV3;

    /// <summary>Shares of the chip's rates that are reached.</summary>
    public TrainingCalibration Calibration { get; init; } = TrainingCalibration.Fitted;

    /// <summary>Bytes a second between the chips of a node in one direction; null: the chip's own.</summary>
    public double? LinkWithinNode { get; init; }

    /// <summary>Bytes a second between nodes, per chip and direction; null: the chip's own.</summary>
    public double? LinkBetweenNodes { get; init; }

    /// <summary>Chips of a node; null: the chip's own.</summary>
    public int? DevicesPerNode { get; init; }

    /// <summary>Dollars per chip and hour; null: the chip's own.</summary>
    public double? PricePerHour { get; init; }

    /// <summary>Power of the site over the power of the chips.</summary>
    public double PowerOverhead { get; init; } = 1.3;
}

using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;

namespace SeekSharp.Planning.Training;

/// <summary>What a training run takes: time, memory, money, energy, and which limit binds.</summary>
/// <param name="Scenario">What was planned.</param>
/// <param name="Step">Seconds of one step.</param>
/// <param name="Memory">Bytes on the fullest device.</param>
public sealed record TrainingPlan(TrainingScenario Scenario, StepTime Step, DeviceMemory Memory)
{
    private const double SecondsPerHour = 3600;

    /// <summary>Plans a run. A layout that does not fit in memory is planned all the same; see <see cref="Fits"/>.</summary>
    /// <param name="scenario">The run.</param>
    /// <exception cref="PlanningException">The scenario makes no sense, or a figure of the chip that it needs is unknown.</exception>
    public static TrainingPlan Evaluate(TrainingScenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        if (ScenarioCheck.Problem(scenario) is { } problem) throw new PlanningException(problem);
        return new TrainingPlan(scenario, StepTime.Of(scenario), DeviceMemory.Of(scenario));
    }

    /// <summary>Bytes that a device can use: 95% of its memory.</summary>
    public double UsableMemory => DeviceMemory.UsableShare * Scenario.Chip.MemoryBytes.Value;

    /// <summary>Whether the run fits in memory.</summary>
    public bool Fits => Memory.Total <= UsableMemory;

    /// <summary>Tokens of a step.</summary>
    public double TokensPerStep => (double)Scenario.BatchSequences * Scenario.SequenceLength;

    /// <summary>Steps of the run; the last may be a part of one.</summary>
    public double Steps => Scenario.Tokens / TokensPerStep;

    /// <summary>Tokens a second of the whole cluster.</summary>
    public double TokensPerSecond => TokensPerStep / Step.Total;

    /// <summary>Hours of the run.</summary>
    public double Hours => Steps * Step.Total / SecondsPerHour;

    /// <summary>Days of the run.</summary>
    public double Days => Hours / 24;

    /// <summary>Hours times devices.</summary>
    public double DeviceHours => Hours * Scenario.Devices;

    /// <summary>Hours times devices for a trillion tokens.</summary>
    public double DeviceHoursPerTrillionTokens => DeviceHours / Scenario.Tokens * 1e12;

    /// <summary>Days for a trillion tokens.</summary>
    public double DaysPerTrillionTokens => Days / Scenario.Tokens * 1e12;

    /// <summary>Dollars per chip and hour; null: unknown.</summary>
    public double? PricePerHour => Scenario.PricePerHour ?? Scenario.Chip.PricePerHour?.Value;

    /// <summary>Dollars for the run; null: the chip's price is unknown.</summary>
    public double? Cost => PricePerHour * DeviceHours;

    /// <summary>Kilowatt-hours: the chips at full power, times the site's overhead; null: the chip's power is unknown.</summary>
    public double? KilowattHours => Scenario.Chip.PowerWatts?.Value / 1000 * DeviceHours * Scenario.PowerOverhead;

    /// <summary>Operations that the model needs for the run.</summary>
    public double ModelOperations => Work.ModelOperations * Scenario.Tokens;

    /// <summary>Share of the BF16 peak that the model's operations reach (MFU, causal attention), whatever the format they are computed in.</summary>
    public double Utilization =>
        Work.ModelOperations * TokensPerSecond / (Scenario.Devices * Scenario.Chip.OperationsPerSecond(Scenario.Chip.Supports(NumberFormat.BFloat16) ? NumberFormat.BFloat16 : NumberFormat.Float16));

    /// <summary>Bytes that a token sends in each layer with experts.</summary>
    public ExpertTraffic ExpertTraffic => ExpertTraffic.Of(
        Scenario.Model, Scenario.Layout.Expert, Rates.PerNode(Scenario), Scenario.Techniques.NodeLimitedRouting, Scenario.Techniques.Float8Dispatch);

    /// <summary>Which limit binds, in a sentence.</summary>
    public string Binding => BindingLimit.Describe(this);

    /// <summary>How much memory is missing and what would help, in a sentence; null where the run fits.</summary>
    public string? DoesNotFit => Fits ? null : MemoryAdvice.Describe(this);

    private TokenWork Work => TokenWork.Of(Scenario.Model, Scenario.SequenceLength, Scenario.Techniques.MultiTokenPrediction);
}

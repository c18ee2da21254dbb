namespace SeekSharp.Planning.Rules;

/// <summary>What rules compare with thresholds.</summary>
public enum Measure
{
    /// <summary>Total processing performance.</summary>
    TotalProcessingPerformance,

    /// <summary>Total processing performance per square millimetre of applicable die area.</summary>
    PerformanceDensity,

    /// <summary>Gigabytes a second of inputs and outputs, both directions together: those of the link between chips.</summary>
    InputOutput,

    /// <summary>Gigabytes a second of all DRAM together.</summary>
    MemoryBandwidth,

    /// <summary>Gigabytes a second of memory per square millimetre of its package.</summary>
    MemoryBandwidthDensity,

    /// <summary>Operations that a model was trained with.</summary>
    TrainingOperations,
}

/// <summary>Names and numbers of measures.</summary>
internal static class Measures
{
    /// <summary>The name in rules.json.</summary>
    public static string Key(this Measure measure) => measure switch
    {
        Measure.TotalProcessingPerformance => "tpp",
        Measure.PerformanceDensity => "density",
        Measure.InputOutput => "io",
        Measure.MemoryBandwidth => "dram",
        Measure.MemoryBandwidthDensity => "memoryDensity",
        _ => "operations",
    };

    /// <summary>The name in JSON.</summary>
    public static string JsonName(this Measure measure) => measure switch
    {
        Measure.TotalProcessingPerformance => "tpp",
        Measure.PerformanceDensity => "performanceDensity",
        Measure.InputOutput => "inputOutputGigabytesPerSecond",
        Measure.MemoryBandwidth => "memoryGigabytesPerSecond",
        Measure.MemoryBandwidthDensity => "memoryBandwidthDensity",
        _ => "trainingOperations",
    };

    /// <summary>The measure in a sentence.</summary>
    public static string Words(this Measure measure) => measure switch
    {
        Measure.TotalProcessingPerformance => "TPP",
        Measure.PerformanceDensity => "performance density",
        Measure.InputOutput => "link bandwidth",
        Measure.MemoryBandwidth => "memory bandwidth",
        Measure.MemoryBandwidthDensity => "memory bandwidth density",
        _ => "training operations",
    };

    /// <summary>A value as sentences have it.</summary>
    public static string Text(this Measure measure, double value) => measure switch
    {
        Measure.TotalProcessingPerformance => Numbers.Invariant(value, "#,0.#"),
        Measure.InputOutput or Measure.MemoryBandwidth => Numbers.Invariant(value, "#,0.# GB/s"),
        Measure.PerformanceDensity => Numbers.Invariant(value, "0.##"),
        Measure.MemoryBandwidthDensity => Numbers.Invariant(value, "0.## GB/s per mm2"),
        _ => Numbers.Invariant(value, "0.##e+0"),
    };
}

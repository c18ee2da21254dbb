using SeekSharp.Quantization;

namespace SeekSharp.Conversion;

/// <summary>How a model is written.</summary>
public sealed record ConversionOptions
{
    /// <summary>Threads that convert; 0: one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Whether a file or folder that is there is replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>How much each column of each tensor matters, or null where all matter the same.</summary>
    public ImportanceMatrix? Importance { get; init; }

    /// <summary>Whether the head ("output.weight") stays as it is.</summary>
    public bool KeepOutput { get; init; }

    /// <summary>
    /// Whether prediction layers get into GGUF files, under llama.cpp's names. Default false: its converter leaves DeepSeek's out, and versions that do not expect them
    /// would run them like other layers.
    /// </summary>
    public bool KeepsPrediction { get; init; }

    /// <summary>Hears how far the work is, on the thread that writes; or null.</summary>
    public IProgress<ConversionProgress>? Progress { get; init; }

    /// <summary>The number of threads, with the default resolved.</summary>
    internal int ThreadCount => Threads > 0 ? Threads : Environment.ProcessorCount;
}

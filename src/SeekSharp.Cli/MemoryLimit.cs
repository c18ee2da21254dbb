using System.CommandLine;
using System.Globalization;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Weights;

namespace SeekSharp.Cli;

/// <summary>How much of the memory weights may take: experts that do not fit stay on disk.</summary>
internal static class MemoryLimit
{
    /// <summary>What the program takes beside weights, keys, values and buffers.</summary>
    private const long ProgramBytes = 100L << 20;

    private static readonly (string Name, int Shift)[] s_units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("K", 10), ("M", 20), ("G", 30), ("T", 40)];

    /// <summary>One option for the commands that generate.</summary>
    public static readonly Option<long?> Option = new("--memory-limit")
    {
        Description = "Most memory to use, such as 5GiB: experts that do not fit stay on disk and are read when they are chosen; default: what is free",
        HelpName = "SIZE",
        CustomParser = result =>
        {
            if (Parse(result.Tokens[0].Value) is { } bytes) return bytes;
            result.AddError($"--memory-limit must be a size such as 5GiB or 800MiB, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    /// <summary>Bytes that weights may take; 0: as many as they like.</summary>
    /// <param name="path">The model.</param>
    /// <param name="limit">Bytes for everything, or null: what is free, where the model does not fit and has experts that can stay on disk.</param>
    /// <param name="cache">Storage of keys and values.</param>
    /// <param name="tokens">Tokens of context; 0: 4,096, or what the model was made for.</param>
    /// <exception cref="CommandException">The limit leaves nothing for weights.</exception>
    public static long ForWeights(string path, long? limit, CacheType cache, int tokens)
    {
        using ModelFile file = Models.Open(path);
        int context = Math.Min(tokens > 0 ? tokens : 4096, file.Config.ContextLength);
        long others = Engine.CacheBytesFor(file.Config, cache, context) + Engine.BufferBytesFor(file.Config) + ProgramBytes;
        if (limit is { } given)
        {
            if (given > others) return given - others;
            throw new CommandException($"--memory-limit {Bytes.Describe(given)} is less than what is needed beside the weights, {Bytes.Describe(others)}.");
        }

        long available = MachineMemory.Available, weights = file.Tensors.Sum(tensor => tensor.ByteCount);
        if (weights + others <= available || file.Config.MixtureOfExperts is null || Models.PackedCache is null || others >= available) return 0;
        Models.Note($"The model has {Bytes.Describe(weights)} and {Bytes.Describe(available)} of memory are free: experts that do not fit stay on disk.");
        return available - others;
    }

    /// <summary>What the cache of experts has done, in a sentence.</summary>
    public static string Describe(ExpertCacheStatistics experts) => string.Create(
        CultureInfo.InvariantCulture,
        $"{experts.SlotCount} of {experts.ExpertCount} experts in memory, {100 * experts.HitRate:F1} % of uses found them there, {Bytes.Describe(experts.BytesRead)} read, waited {experts.Waited.TotalSeconds:F2} s for the disk");

    private static long? Parse(string text)
    {
        var (name, shift) = s_units.FirstOrDefault(unit => text.EndsWith(unit.Name, StringComparison.OrdinalIgnoreCase), (Name: "", Shift: 0));
        bool isNumber = double.TryParse(text[..^name.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        double bytes = number * (1L << shift);
        return isNumber && bytes is >= 1 and <= 1L << 60 ? (long)bytes : null;
    }
}

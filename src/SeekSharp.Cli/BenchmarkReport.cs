using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Kernels;
using SeekSharp.Weights;
using Spectre.Console;

namespace SeekSharp.Cli;

/// <summary>What seek bench found out.</summary>
internal sealed record BenchmarkReport
{
    public required string Path { get; init; }

    public required ModelConfig Config { get; init; }

    public required int Threads { get; init; }

    public required CacheType Cache { get; init; }

    public required KernelLevel Level { get; init; }

    /// <summary>Seconds that opening and packing took.</summary>
    public required double LoadSeconds { get; init; }

    /// <summary>Seconds from the start of the process to the logits behind a first token.</summary>
    public required double FirstTokenSeconds { get; init; }

    public required WeightOrigin WeightOrigin { get; init; }

    public required long WeightBytes { get; init; }

    public required long CacheBytes { get; init; }

    public required long MultiplyAdds { get; init; }

    /// <summary>Gigabytes a second that memory gives, or 0 where nobody said.</summary>
    public required double Bandwidth { get; init; }

    public required IReadOnlyList<Timing> Timings { get; init; }

    public void WriteTable()
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("test", "tokens/s", "lowest", "highest", "GB/s");
        if (Bandwidth > 0) table.AddColumn("share");
        foreach (var timing in Timings)
        {
            string bytes = timing.WeightBytes > 0 ? Number(timing.GigabytesPerSecond, "F1") : "";
            List<string> cells = [timing.Test.Label, Number(timing.TokensPerSecond, "F2"), Number(timing.Lowest, "F2"), Number(timing.Highest, "F2"), bytes];
            if (Bandwidth > 0) cells.Add(bytes.Length > 0 ? Number(100 * timing.GigabytesPerSecond / Bandwidth, "F0") + "%" : "");
            table.AddRow([.. cells]);
        }

        AnsiConsole.Write(table);
        foreach (var timing in Timings)
            if (timing.Experts is { } experts) Console.Out.WriteLine($"{timing.Test.Label}: {MemoryLimit.Describe(experts)}");
        Console.Out.WriteLine(FormattableString.Invariant(
            $"{Threads} threads, {Level} kernels, {Cache} cache, loaded in {LoadSeconds:F2} s ({Describe(WeightOrigin)}), peak memory {Bytes.Describe(PeakMemory())} (weights {Bytes.Describe(WeightBytes)}, cache {Bytes.Describe(CacheBytes)})"));
    }

    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteString("model", Path);
        writer.WriteString("name", Config.Name);
        writer.WriteString("architecture", Config.Architecture.ToString().ToLowerInvariant());
        writer.WriteNumber("vocabulary", Config.VocabularySize);
        writer.WriteNumber("threads", Threads);
        writer.WriteString("kv", Cache.ToString().ToLowerInvariant());
        writer.WriteString("level", Level.ToString().ToLowerInvariant());
        writer.WriteNumber("load_seconds", LoadSeconds);
        writer.WriteNumber("first_token_seconds", FirstTokenSeconds);
        writer.WriteString("weights", WeightOrigin switch
        {
            WeightOrigin.Cached => "cached",
            WeightOrigin.PackedIntoCache => "packed_into_cache",
            _ => "packed",
        });
        writer.WriteNumber("peak_memory_bytes", PeakMemory());
        writer.WriteNumber("weight_bytes", WeightBytes);
        writer.WriteNumber("cache_bytes", CacheBytes);
        writer.WriteNumber("multiply_adds_per_token", MultiplyAdds);
        writer.WriteStartArray("tests");
        foreach (var timing in Timings) WriteTiming(writer, timing);
        writer.WriteEndArray();
    }

    private static void WriteTiming(Utf8JsonWriter writer, Timing timing)
    {
        writer.WriteStartObject();
        writer.WriteString("test", timing.Test.Name);
        writer.WriteNumber("tokens", timing.Test.Tokens);
        writer.WriteNumber("sequences", timing.Test.Sequences);
        writer.WriteNumber("depth", timing.Test.Depth);
        writer.WriteNumber("tokens_per_second", timing.TokensPerSecond);
        writer.WriteStartArray("seconds");
        foreach (double seconds in timing.Seconds) writer.WriteNumberValue(seconds);
        writer.WriteEndArray();
        if (timing.WeightBytes > 0)
        {
            writer.WriteNumber("weight_bytes_per_step", timing.WeightBytes);
            writer.WriteNumber("cache_bytes_per_step", timing.CacheBytes);
        }

        if (timing.Experts is { } experts) WriteExperts(writer, experts);

        writer.WriteEndObject();
    }

    private static void WriteExperts(Utf8JsonWriter writer, ExpertCacheStatistics experts)
    {
        writer.WriteStartObject("experts");
        writer.WriteNumber("in_memory", experts.SlotCount);
        writer.WriteNumber("all", experts.ExpertCount);
        writer.WriteNumber("uses", experts.Uses);
        writer.WriteNumber("hits", experts.Hits);
        writer.WriteNumber("read_ahead", experts.ReadAhead);
        writer.WriteNumber("bytes_read", experts.BytesRead);
        writer.WriteNumber("seconds_waited", experts.Waited.TotalSeconds);
        writer.WriteEndObject();
    }

    private static string Describe(WeightOrigin origin) => origin switch
    {
        WeightOrigin.Cached => "from the cache",
        WeightOrigin.PackedIntoCache => "packed, and kept in the cache",
        _ => "packed",
    };

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}

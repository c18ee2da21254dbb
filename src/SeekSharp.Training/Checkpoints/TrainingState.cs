using System.Buffers;
using System.Text;
using System.Text.Json;
using SeekSharp.Formats;

namespace SeekSharp.Training.Checkpoints;

/// <summary>Where a run stands, beside weights and optimizer. With it a run goes on as if it had not been interrupted.</summary>
public sealed record TrainingState
{
    /// <summary>Steps made.</summary>
    public long Step { get; init; }

    /// <summary>Tokens seen, without padding.</summary>
    public long Tokens { get; init; }

    /// <summary>The run's seed: what a step draws should follow from seed and step alone.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whatever else the stage needs, by names of its own.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>Steps that the optimizer has made: fewer than <see cref="Step"/> where gradients were not finite.</summary>
    internal long OptimizerSteps { get; init; }

    /// <summary>State of LibTorch's own random numbers.</summary>
    internal byte[] RandomState { get; init; } = [];

    internal string ToJson()
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("step", Step);
            json.WriteNumber("tokens", Tokens);
            json.WriteNumber("seed", Seed);
            json.WriteNumber("optimizer_steps", OptimizerSteps);
            json.WriteBase64String("random_state", RandomState);
            json.WriteStartObject("values");
            foreach ((string name, string value) in Values) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <exception cref="ModelFormatException">The text is not what <see cref="ToJson"/> writes.</exception>
    internal static TrainingState FromJson(string source, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement json = document.RootElement;
            return new TrainingState
            {
                Step = json.GetProperty("step").GetInt64(),
                Tokens = json.GetProperty("tokens").GetInt64(),
                Seed = json.GetProperty("seed").GetUInt64(),
                OptimizerSteps = json.GetProperty("optimizer_steps").GetInt64(),
                RandomState = json.GetProperty("random_state").GetBytesFromBase64(),
                Values = json.GetProperty("values").EnumerateObject().ToDictionary(value => value.Name, value => value.Value.GetString() ?? ""),
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ModelFormatException($"{source}: is not the state of a training run ({exception.Message}); start from another checkpoint.", exception);
        }
    }
}

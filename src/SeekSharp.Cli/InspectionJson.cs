using System.Text.Json;
using SeekSharp.Inference;

namespace SeekSharp.Cli;

/// <summary>An inspection for scripts.</summary>
internal static class InspectionJson
{
    public static void Write(Utf8JsonWriter writer, Inspection inspection, bool listTensors)
    {
        writer.WriteString("path", inspection.Path);
        writer.WriteString("name", inspection.Config.Name);
        writer.WriteString("architecture", inspection.Config.Architecture.ToString().ToLowerInvariant());
        WriteParameters(writer, inspection);
        WriteShape(writer, inspection);
        WriteMemory(writer, inspection);
        writer.WriteStartObject("metadata");
        foreach (var (key, value) in inspection.Metadata) writer.WriteString(key, value);
        writer.WriteEndObject();
        WriteTypes(writer, inspection);
        if (listTensors) WriteTensors(writer, inspection);
    }

    private static void WriteParameters(Utf8JsonWriter writer, Inspection inspection)
    {
        var parameters = inspection.Parameters;
        writer.WriteStartObject("parameters");
        writer.WriteNumber("total", parameters.Total);
        writer.WriteNumber("active", parameters.Active);
        writer.WriteNumber("mtp", parameters.MultiTokenPrediction);
        writer.WriteNumber("embedding", parameters.Embedding);
        writer.WriteNumber("output_head", parameters.OutputHead);
        writer.WriteNumber("attention_per_layer", parameters.AttentionPerLayer);
        writer.WriteNumber("expert", parameters.Expert);
        writer.WriteEndObject();
    }

    private static void WriteShape(Utf8JsonWriter writer, Inspection inspection)
    {
        var config = inspection.Config;
        writer.WriteStartObject("config");
        writer.WriteNumber("layers", config.LayerCount);
        writer.WriteNumber("mtp_layers", config.PredictionLayerCount);
        writer.WriteNumber("hidden", config.HiddenSize);
        writer.WriteNumber("feed_forward", config.FeedForwardSize);
        writer.WriteNumber("vocabulary", config.VocabularySize);
        writer.WriteNumber("context", config.ContextLength);
        writer.WriteNumber("heads", config.HeadCount);
        writer.WriteNumber("kv_heads", config.KeyValueHeadCount);
        writer.WriteNumber("head_dimension", config.HeadDimension);
        if (config.LatentAttention is { } latent)
        {
            writer.WriteNumber("q_rank", latent.QueryRank);
            writer.WriteNumber("kv_rank", latent.KeyValueRank);
            writer.WriteNumber("rotary_dimension", latent.RotaryDimension);
        }

        if (config.MixtureOfExperts is { } experts)
        {
            writer.WriteNumber("experts", experts.ExpertCount);
            writer.WriteNumber("experts_per_token", experts.ExpertsPerToken);
            writer.WriteNumber("shared_experts", experts.SharedExpertCount);
            writer.WriteNumber("leading_dense_layers", experts.LeadingDenseLayers);
        }

        writer.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter writer, Inspection inspection)
    {
        long available = MachineMemory.Available;
        writer.WriteStartObject("memory");
        writer.WriteNumber("available_bytes", available);
        writer.WriteNumber("context", inspection.Context);
        writer.WriteString("kv", inspection.Cache == CacheType.F32 ? "f32" : "f16");
        writer.WriteNumber("kv_bytes_per_token", Engine.CacheBytesFor(inspection.Config, inspection.Cache, 1));
        writer.WriteStartArray("needs");
        foreach (var need in inspection.Needs)
        {
            writer.WriteStartObject();
            writer.WriteString("weights", need.Weights);
            writer.WriteNumber("weight_bytes", need.WeightBytes);
            writer.WriteNumber("kv_bytes", need.CacheBytes);
            writer.WriteNumber("total_bytes", need.Total);
            writer.WriteBoolean("fits", need.Fits(available));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteTypes(Utf8JsonWriter writer, Inspection inspection)
    {
        writer.WriteStartArray("tensor_types");
        foreach (var (type, count, elements, bytes) in inspection.Types)
        {
            writer.WriteStartObject();
            writer.WriteString("type", type.ToString());
            writer.WriteNumber("tensors", count);
            writer.WriteNumber("elements", elements);
            writer.WriteNumber("bytes", bytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteTensors(Utf8JsonWriter writer, Inspection inspection)
    {
        writer.WriteStartArray("tensors");
        foreach (var tensor in inspection.File?.Tensors ?? [])
        {
            writer.WriteStartObject();
            writer.WriteString("name", tensor.Name);
            writer.WriteString("type", tensor.Type.ToString());
            writer.WriteStartArray("shape");
            foreach (int length in tensor.Shape) writer.WriteNumberValue(length);
            writer.WriteEndArray();
            writer.WriteNumber("bytes", tensor.ByteCount);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}

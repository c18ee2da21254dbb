using System.Globalization;
using System.Runtime.InteropServices;
using SeekSharp.Formats;
using SeekSharp.Training.Models;
using static TorchSharp.torch;

namespace SeekSharp.Training.Checkpoints;

/// <summary>Hands a model's weights to the engine in memory: what rollouts between two steps of reinforcement learning need.</summary>
public static class EngineWeights
{
    /// <summary>Copies the weights, without prediction layers, under GGUF's names: what LanguageModel.Build takes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="type">Type of the matrices: BF16, which is what a bfloat16 model computes with, or F32. Vectors and routers are float32.</param>
    /// <returns>The weights. They may be disposed once the engine's model is built.</returns>
    public static TensorCollection From(TrainingModel model, TensorType type = TensorType.BF16)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (type is not (TensorType.F32 or TensorType.BF16)) throw new ArgumentException($"The engine takes F32 or BF16, not {type}.", nameof(type));
        TensorCollection weights = new();
        foreach (Parameter parameter in model.Parameters)
        {
            using var scope = NewDisposeScope();
            Dictionary<string, (List<byte> Bytes, int[] Shape, int Count)> stacks = new(StringComparer.Ordinal);
            foreach ((string name, Tensor view) in parameter.Parts())
            {
                string ggufName = HuggingFaceNames.ToGguf(name, out int? expert) ?? throw new InvalidOperationException($"There is no GGUF name for '{name}'.");
                if (IsPrediction(name, model.Config)) continue;
                int[] shape = [.. view.shape.Select(length => (int)length)];
                TensorType stored = shape.Length == 1 || name.EndsWith(".mlp.gate.weight", StringComparison.Ordinal) ? TensorType.F32 : type;
                ReadOnlySpan<byte> bytes = TensorBytes.Of(view, stored);
                if (expert is null) weights.Add(ggufName, stored, shape, bytes);
                else Append(stacks, ggufName, shape, bytes);
            }

            foreach ((string name, (List<byte> bytes, int[] shape, int count)) in stacks)
                weights.Add(name, type, [count, .. shape], CollectionsMarshal.AsSpan(bytes));
        }

        return weights;
    }

    /// <summary>Experts come in order, the first one first.</summary>
    private static void Append(Dictionary<string, (List<byte> Bytes, int[] Shape, int Count)> stacks, string name, int[] shape, ReadOnlySpan<byte> bytes)
    {
        (List<byte> all, _, int count) = stacks.TryGetValue(name, out var stack) ? stack : ([], shape, 0);
        all.AddRange(bytes);
        stacks[name] = (all, shape, count + 1);
    }

    private static bool IsPrediction(string name, ModelConfig config)
    {
        const string prefix = "model.layers.";
        if (!name.StartsWith(prefix, StringComparison.Ordinal)) return false;
        ReadOnlySpan<char> number = name.AsSpan(prefix.Length);
        return int.Parse(number[..number.IndexOf('.')], CultureInfo.InvariantCulture) >= config.LayerCount;
    }
}

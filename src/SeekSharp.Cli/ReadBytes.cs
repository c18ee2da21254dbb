using SeekSharp.Formats;
using SeekSharp.Models;

namespace SeekSharp.Cli;

/// <summary>Bytes of weights that a step reads: everything but the routed experts once, and each expert that any of its tokens chose.</summary>
internal sealed class ReadBytes
{
    private const string ExpertMark = "_exps.";
    private readonly long _always;
    private readonly long[] _perExpert;

    public ReadBytes(ModelFile file)
    {
        int layers = file.Config.LayerCount, experts = file.Config.MixtureOfExperts?.ExpertCount ?? 1;
        _perExpert = new long[layers];
        foreach (Tensor tensor in file.Tensors)
        {
            if (LayerOf(tensor.Name) is { } layer)
            {
                if (layer >= layers) continue; // multi-token prediction
                if (IsExpert(tensor.Name)) _perExpert[layer] += tensor.ByteCount;
                else _always += tensor.ByteCount;
            }
            else if (file.Config.TiedEmbeddings || !tensor.Name.Contains("embd", StringComparison.Ordinal) && !tensor.Name.Contains("embed_tokens", StringComparison.Ordinal))
            {
                _always += tensor.ByteCount;
            }
        }

        for (int layer = 0; layer < layers; layer++) _perExpert[layer] /= experts;
    }

    /// <summary>Of the tokens at some positions, taken in one step.</summary>
    public long Count(RouterTrace trace, int start, int count)
    {
        long bytes = _always;
        HashSet<int> chosen = [];
        for (int layer = 0; layer < _perExpert.Length; layer++)
        {
            chosen.Clear();
            for (int position = start; position < start + count; position++) chosen.UnionWith(trace.Experts(layer, position));
            bytes += chosen.Count * _perExpert[layer];
        }

        return bytes;
    }

    private static bool IsExpert(string name) => name.Contains(ExpertMark, StringComparison.Ordinal) || name.Contains(".experts.", StringComparison.Ordinal);

    /// <summary>N of "blk.N." and of "model.layers.N."; null for what belongs to no layer.</summary>
    private static int? LayerOf(string name)
    {
        string[] parts = name.Split('.');
        int at = parts[0] == "blk" ? 1 : parts is ["model", "layers", ..] ? 2 : -1;
        return at > 0 && at < parts.Length && int.TryParse(parts[at], out int layer) ? layer : null;
    }
}

using System.Globalization;
using SeekSharp.Formats;
using SeekSharp.Models;

namespace SeekSharp.Inference;

/// <summary>What a step must read and multiply at least, counted from the sizes of the stored tensors: the same for every engine.</summary>
/// <remarks>A step reads every matrix once, of the experts those that some token chose, and of an embedding that is no head one row per token.</remarks>
public sealed class StepTraffic
{
    private readonly ModelConfig _config;
    private readonly long _commonBytes;
    private readonly long _rowBytes;
    private readonly long[] _expertBytes;

    /// <summary>Counts the tensors of a model.</summary>
    /// <param name="file">The model, with weights.</param>
    public StepTraffic(ModelFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        _config = file.Config;
        _expertBytes = new long[_config.LayerCount];
        int experts = _config.MixtureOfExperts?.ExpertCount ?? 1, chosen = _config.MixtureOfExperts?.ExpertsPerToken ?? 1;
        foreach (Tensor tensor in file.Tensors)
        {
            int? layer = LayerOf(tensor.Name);
            if (layer >= _config.LayerCount) continue; // layers that predict further tokens are not run
            bool isEmbedding = IsEmbedding(tensor.Name), isExpert = layer is not null && IsExpert(tensor.Name);
            if (isExpert) _expertBytes[layer!.Value] += tensor.ByteCount;
            else if (isEmbedding && !_config.TiedEmbeddings) _rowBytes = tensor.ByteCount / _config.VocabularySize;
            else _commonBytes += tensor.ByteCount;

            bool isProduct = tensor.Shape.Count > 1 && !isEmbedding && !IsHead(tensor.Name);
            if (isProduct) MultiplyAdds += isExpert ? tensor.ElementCount / experts * chosen : tensor.ElementCount;
        }

        for (int i = 0; i < _expertBytes.Length; i++) _expertBytes[i] /= experts;
    }

    /// <summary>Multiply-adds of one token in the matrices, without attention and without the head, which a prompt needs for its last token only.</summary>
    public long MultiplyAdds { get; }

    /// <summary>Bytes of weights that a step with one token reads.</summary>
    public long OneToken => _commonBytes + _rowBytes + (_config.MixtureOfExperts?.ExpertsPerToken ?? 0) * _expertBytes.Sum();

    /// <summary>Bytes of weights that each step of several sequences reads, on average, by the experts that their tokens chose.</summary>
    /// <param name="traces">What the router chose, sequence by sequence.</param>
    /// <param name="first">Position of the first step.</param>
    /// <param name="steps">Number of steps.</param>
    public double Average(IReadOnlyList<RouterTrace> traces, int first, int steps)
    {
        ArgumentNullException.ThrowIfNull(traces);
        return Enumerable.Range(first, steps).Average(position => Count([.. traces.Select(trace => (trace, position))]));
    }

    /// <summary>Bytes of weights that a step with some neighbouring tokens of one sequence reads.</summary>
    /// <param name="trace">What the router chose for the sequence.</param>
    /// <param name="first">Position of the first token.</param>
    /// <param name="tokens">Number of tokens.</param>
    public long Of(RouterTrace trace, int first, int tokens) =>
        Count([.. Enumerable.Range(first, tokens).Select(position => (trace, position))]);

    private long Count((RouterTrace Trace, int Position)[] tokens)
    {
        long bytes = _commonBytes + tokens.Length * _rowBytes;
        for (int layer = 0; layer < _expertBytes.Length; layer++)
        {
            if (_expertBytes[layer] == 0) continue;
            bytes += _expertBytes[layer] * tokens.SelectMany(token => token.Trace.Experts(layer, token.Position)).Distinct().Count();
        }

        return bytes;
    }

    internal static bool IsEmbedding(string name) => name is "token_embd.weight" or "model.embed_tokens.weight";

    internal static bool IsHead(string name) => name is "output.weight" or "lm_head.weight";

    internal static bool IsExpert(string name) => name.Contains("_exps.", StringComparison.Ordinal) || name.Contains(".experts.", StringComparison.Ordinal);

    /// <summary>N of "blk.N." and "model.layers.N.".</summary>
    internal static int? LayerOf(string name)
    {
        foreach (string prefix in new[] { "blk.", "model.layers." })
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            ReadOnlySpan<char> rest = name.AsSpan(prefix.Length);
            int dot = rest.IndexOf('.');
            if (dot > 0 && int.TryParse(rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out int layer)) return layer;
        }

        return null;
    }
}

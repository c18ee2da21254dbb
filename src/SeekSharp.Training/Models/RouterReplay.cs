using SeekSharp.Models;

namespace SeekSharp.Training.Models;

/// <summary>
/// Expert choices that replace the router's own: those of a rollout, so that the gradient is that of the experts which wrote it (DeepSeek-V3.2 §3.1,
/// "Keep Routing"). Weights are still computed from the affinities.
/// </summary>
public sealed class RouterReplay
{
    private readonly Dictionary<int, int[]> _choices;

    private RouterReplay(Dictionary<int, int[]> choices) => _choices = choices;

    /// <summary>Takes the choices that the engine recorded.</summary>
    /// <param name="traces">One trace per sequence of the batch, or null where the router shall choose.</param>
    /// <param name="batch">The batch; its rows are the sequences.</param>
    /// <param name="layers">Number of layers of the model, without prediction layers.</param>
    /// <param name="expertsPerToken">Experts that a token uses.</param>
    /// <returns>The replay. Where a trace has nothing for a token, the router chooses.</returns>
    public static RouterReplay FromTraces(IReadOnlyList<RouterTrace?> traces, TokenBatch batch, int layers, int expertsPerToken)
    {
        ArgumentNullException.ThrowIfNull(traces);
        ArgumentNullException.ThrowIfNull(batch);
        if (traces.Count != batch.Rows) throw new ArgumentException($"{traces.Count} traces for {batch.Rows} sequences.", nameof(traces));
        Dictionary<int, int[]> choices = [];
        for (int layer = 0; layer < layers; layer++)
        {
            int[] ofLayer = new int[batch.Rows * batch.Length * expertsPerToken];
            ofLayer.AsSpan().Fill(-1);
            for (int row = 0; row < batch.Rows; row++)
            {
                if (traces[row] is not { } trace) continue;
                for (int position = 0; position < batch.Lengths[row]; position++)
                {
                    IReadOnlyList<int> experts = trace.Experts(layer, position);
                    if (experts.Count != expertsPerToken) continue;
                    for (int i = 0; i < expertsPerToken; i++) ofLayer[(row * batch.Length + position) * expertsPerToken + i] = experts[i];
                }
            }

            choices[layer] = ofLayer;
        }

        return new RouterReplay(choices);
    }

    /// <summary>Choices [tokens, experts per token], -1 where there is none; null for layers that are not replayed.</summary>
    internal int[]? Choices(int layer) => _choices.GetValueOrDefault(layer);
}

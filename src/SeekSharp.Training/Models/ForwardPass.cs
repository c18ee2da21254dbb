
namespace SeekSharp.Training.Models;

/// <summary>What a router did, with the gradient of its affinities.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Affinities">[tokens, experts].</param>
/// <param name="Choices">[tokens, experts per token], -1 for padding.</param>
internal sealed record RouterResult(int Layer, Tensor Affinities, int[] Choices);

/// <summary>What the parts of one forward pass share.</summary>
/// <param name="dimensions">Rows and length of the batch.</param>
/// <param name="lengths">Positions of each row that are no padding.</param>
/// <param name="rotary">Cosines and sines of all positions.</param>
/// <param name="replay">Choices that replace those of the routers, or null.</param>
internal sealed class ForwardPass(Dimensions dimensions, int[] lengths, RotaryTable rotary, RouterReplay? replay)
{
    private readonly List<RouterResult> _routers = [];

    public Dimensions Dimensions => dimensions;
    public int[] Lengths => lengths;
    public RotaryTable Rotary => rotary;
    public RouterReplay? Replay => replay;

    /// <summary>What the routers did, in the order of the layers.</summary>
    public IReadOnlyList<RouterResult> Routers => _routers;

    /// <summary>Whether a token is no padding.</summary>
    public bool IsReal(int token) => token % dimensions.Length < lengths[token / dimensions.Length];

    public void Routed(int layer, Tensor affinities, int[] choices) => _routers.Add(new RouterResult(layer, affinities, choices));
}

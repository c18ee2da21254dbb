using SeekSharp.Formats;
using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;

namespace SeekSharp.Planning.Training;

/// <summary>What one token sends in one layer with experts, in one direction (forward or backward), by level of the network.</summary>
/// <remarks>
/// DeepSeek-V3 §3.2.2: a token crosses to each of its nodes once over InfiniBand, and goes on to its experts over NVLink. As in the paper, the token's own node counts
/// as one of its nodes. What is dispatched forward returns as gradient backward and the other way round, in the same formats (§3.3.3).
/// </remarks>
/// <param name="DispatchBetween">Bytes between nodes on the way to the experts.</param>
/// <param name="CombineBetween">Bytes between nodes on the way back.</param>
/// <param name="DispatchWithin">Bytes within nodes on the way to the experts.</param>
/// <param name="CombineWithin">Bytes within nodes on the way back.</param>
public readonly record struct ExpertTraffic(double DispatchBetween, double CombineBetween, double DispatchWithin, double CombineWithin)
{
    /// <summary>Values that share one scale in FP8 dispatch (V3 §3.3.2).</summary>
    private const int ScaleTile = 128;

    /// <summary>Both ways, between nodes.</summary>
    public double Between => DispatchBetween + CombineBetween;

    /// <summary>Both ways, within nodes.</summary>
    public double Within => DispatchWithin + CombineWithin;

    /// <summary>Bytes of one copy of a token on the way to its experts: FP8 has a 4-byte scale per 128 values.</summary>
    /// <param name="hiddenSize">Width of the residual stream.</param>
    /// <param name="inFloat8">Whether activations travel in FP8, or in BF16.</param>
    public static double DispatchBytes(int hiddenSize, bool inFloat8) => inFloat8 ? hiddenSize + (4.0 * ((hiddenSize + ScaleTile - 1) / ScaleTile)) : CombineBytes(hiddenSize);

    /// <summary>Bytes of one copy of a token on the way back: always BF16.</summary>
    /// <param name="hiddenSize">Width of the residual stream.</param>
    public static double CombineBytes(int hiddenSize) => NumberFormat.BFloat16.Bytes() * hiddenSize;

    /// <summary>The traffic of one token.</summary>
    /// <param name="model">The model; one without experts has no traffic.</param>
    /// <param name="expertParallel">Devices over which the experts of a layer are spread.</param>
    /// <param name="devicesPerNode">Devices of a node.</param>
    /// <param name="nodeLimited">Whether a token crosses to each node once, and to as many nodes as its routing groups allow; otherwise once for each of its experts.</param>
    /// <param name="inFloat8">Whether tokens travel to experts in FP8.</param>
    public static ExpertTraffic Of(ModelShape model, int expertParallel, int devicesPerNode, bool nodeLimited, bool inFloat8)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Config.MixtureOfExperts is not { } mixture || expertParallel <= 1) return default;
        int nodes = (expertParallel + devicesPerNode - 1) / devicesPerNode;
        double between = nodes <= 1 ? 0 : nodeLimited ? Places(mixture, nodes) : mixture.ExpertsPerToken;
        // Within a node a token goes to the devices of its experts; with experts on one node alone, the limit is on devices (DeepSeek-V2 §2.2.2).
        double within = nodes <= 1 && nodeLimited ? Places(mixture, expertParallel) : mixture.ExpertsPerToken;
        double dispatch = DispatchBytes(model.Config.HiddenSize, inFloat8), combine = CombineBytes(model.Config.HiddenSize);
        return new ExpertTraffic(between * dispatch, between * combine, within * dispatch, within * combine);
    }

    /// <summary>Over how many of some equal places the experts of a token are spread.</summary>
    private static double Places(MixtureOfExpertsConfig mixture, int places)
    {
        // Without groups, experts fall where they like: the expected number of places that are hit.
        if (mixture.GroupCount == 1) return places * (1 - Math.Pow(1 - (1.0 / places), mixture.ExpertsPerToken));
        double perGroup = Math.Max(1.0, (double)places / mixture.GroupCount);
        return Math.Min(Math.Min(mixture.GroupsPerToken * perGroup, mixture.ExpertsPerToken), places);
    }
}

using SeekSharp.Formats;
using SeekSharp.Training.Operations;
using static TorchSharp.torch;

namespace SeekSharp.Training.Models;

/// <summary>
/// DeepSeekMoE (DeepSeek-V3 §2.1.2, equation 12): shared experts, plus the chosen routed ones times their weights. Tokens are sorted by expert into
/// [experts, capacity, hidden], and all experts are computed in one batched product; no token is dropped.
/// </summary>
internal sealed class MixtureOfExperts : IFeedForward
{
    private readonly MixtureOfExpertsConfig _config;
    private readonly Router _router;
    private readonly FeedForward? _shared;
    private readonly Tensor _gateUp;
    private readonly Tensor _down;

    public MixtureOfExperts(ModelConfig config, int layer, ParameterBuilder parameters)
    {
        _config = config.MixtureOfExperts!;
        (int hidden, int experts, int width) = (config.HiddenSize, _config.ExpertCount, _config.ExpertWidth);
        _router = new Router(config, layer, parameters.Within("gate"));
        if (_config.SharedExpertCount > 0) _shared = new FeedForward(hidden, _config.SharedExpertCount * width, parameters.Within("shared_experts"));
        ParameterBuilder stacked = parameters.Within("experts");
        _gateUp = stacked.Stack("gate_up_proj.weight", Parts("gate_proj", "up_proj"), experts, 2, width, hidden);
        _down = stacked.Stack("down_proj.weight", Parts("down_proj"), experts, hidden, width);

        string[] Parts(params string[] names) =>
            [.. Enumerable.Range(0, experts).SelectMany(expert => names.Select(name => FormattableString.Invariant($"{expert}.{name}.weight")))];
    }

    /// <summary>The router, for load balancing.</summary>
    public Router Router => _router;

    /// <inheritdoc/>
    public Tensor Forward(Tensor input, ForwardPass pass)
    {
        (ExpertAssignment assignment, Tensor weights) = _router.Forward(input, pass); // weights [tokens, experts per token]
        Tensor dispatched = DispatchOperation.Apply(input, assignment); // [experts, capacity, hidden]
        Tensor gateUp = bmm(dispatched, _gateUp.flatten(1, 2).to(input.dtype).transpose(1, 2)); // [experts, capacity, gate | up]
        Tensor output = bmm(SwiGluOperation.Apply(gateUp), _down.to(input.dtype).transpose(1, 2)); // [experts, capacity, hidden]
        Tensor routed = CombineOperation.Apply(output, weights, assignment); // [tokens, hidden]
        return _shared is null ? routed : routed + _shared.Forward(input);
    }
}

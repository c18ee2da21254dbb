using SeekSharp.Formats;
using SeekSharp.Training.Operations;
using static TorchSharp.torch;

namespace SeekSharp.Training.Models;

/// <summary>
/// The router (DeepSeek-V3 §2.1.2, equations 13 to 16; DeepSeek-V2 §2.2 for softmax). Scores, affinities and weights have gradients; the choice has
/// none, and is made by the engine's own router, so that both choose alike.
/// </summary>
internal sealed class Router
{
    private const float LeastSum = 6.103515625e-5f; // as the engine: a token that no expert wants does not blow up

    private readonly MixtureOfExpertsConfig _config;
    private readonly int _layer;
    private readonly Tensor _weight;
    private readonly Tensor? _selectionBias;

    public Router(ModelConfig config, int layer, ParameterBuilder parameters)
    {
        _config = config.MixtureOfExperts!;
        _layer = layer;
        _weight = parameters.Matrix("weight", _config.ExpertCount, config.HiddenSize);
        _selectionBias = _config.HasSelectionBias ? parameters.SelectionBias("e_score_correction_bias", _config.ExpertCount) : null;
        Statistics = new RouterStatistics(layer, _config.ExpertCount);
    }

    /// <summary>Load since the statistics were last cleared.</summary>
    public RouterStatistics Statistics { get; }

    /// <param name="input">[tokens, hidden].</param>
    /// <param name="pass">The forward pass: which tokens count, and whose choice it is.</param>
    /// <returns>Who computes what, and the weights of the chosen experts [tokens, experts per token].</returns>
    public (ExpertAssignment Assignment, Tensor Weights) Forward(Tensor input, ForwardPass pass)
    {
        Tensor scores = nn.functional.linear(input.to(_weight.dtype), _weight); // [tokens, experts]
        Tensor affinities = _config.Score == RouterScore.Sigmoid ? scores.sigmoid() : scores.softmax(-1);
        int tokens = pass.Dimensions.Tokens;
        var assignment = new ExpertAssignment(Choose(scores, pass), tokens, _config.ExpertCount);
        Statistics.Add(assignment.Load);
        pass.Routed(_layer, affinities, assignment.Choices);

        long[] indices = Array.ConvertAll(assignment.Choices, expert => (long)Math.Max(expert, 0));
        Tensor weights = affinities.gather(1, tensor(indices, [tokens, _config.ExpertsPerToken], device: scores.device)); // [tokens, experts per token]
        if (_config.NormalizeWeights) weights = weights / weights.sum(-1, keepdim: true).clamp_min(LeastSum);
        return (assignment, weights * _config.WeightScale);
    }

    /// <summary>
    /// Auxiliary-loss-free balancing (DeepSeek-V3 §2.1.2; arXiv 2408.15664): the bias of each expert with more than the mean load goes down by
    /// <paramref name="speed"/>, of each with less up.
    /// </summary>
    public void UpdateSelectionBias(double speed)
    {
        if (_selectionBias is null || Statistics.Tokens == 0) return;
        using var _ = no_grad();
        double mean = Statistics.Load.Average();
        using Tensor change = tensor(Statistics.Load.Select(load => speed * Math.Sign(mean - load)).ToArray()).to(_selectionBias.dtype, _selectionBias.device);
        _selectionBias.add_(change);
    }

    /// <summary>The chosen experts [tokens, experts per token]; -1 for padding.</summary>
    private int[] Choose(Tensor scores, ForwardPass pass)
    {
        int experts = _config.ExpertCount, perToken = _config.ExpertsPerToken;
        using Tensor detached = scores.detach();
        float[] values = Values(detached);
        float[]? bias = _selectionBias is null ? null : Values(_selectionBias);
        var router = new SeekSharp.Models.Router(_config, bias);
        int[] choices = new int[pass.Dimensions.Tokens * perToken];
        int[]? replayed = pass.Replay?.Choices(_layer);
        Fused.ForRows(pass.Dimensions.Tokens, (start, end, _) =>
        {
            float[] selection = new float[experts], groups = new float[_config.GroupCount], weights = new float[perToken];
            for (int token = start; token < end; token++)
            {
                Span<int> chosen = choices.AsSpan(token * perToken, perToken);
                if (!pass.IsReal(token)) chosen.Fill(-1);
                else if (replayed is not null && replayed[token * perToken] >= 0) replayed.AsSpan(token * perToken, perToken).CopyTo(chosen);
                else router.Select(values.AsSpan(token * experts, experts), selection, groups, chosen, weights, null, _layer, 0);
            }
        });
        return choices;
    }

    private static float[] Values(Tensor tensor)
    {
        using Tensor values = tensor.to(float32, CPU).contiguous();
        return values.data<float>().ToArray();
    }
}

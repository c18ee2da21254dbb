using SeekSharp.Formats;

namespace SeekSharp.Models;

/// <summary>
/// Chooses the experts of a token (DeepSeek-V3 §2.1.2, equations 12 to 20; DeepSeek-V2 §2.2 for softmax). Immutable.
/// </summary>
/// <param name="config">The mixture.</param>
/// <param name="selectionBias">Added to the affinities for selection only, or null.</param>
internal sealed class Router(MixtureOfExpertsConfig config, float[]? selectionBias)
{
    /// <summary>Chooses experts and weighs them.</summary>
    /// <param name="scores">Scores [experts]; turned into affinities in place.</param>
    /// <param name="selection">Room for [experts].</param>
    /// <param name="groupScores">Room for [groups].</param>
    /// <param name="experts">Receives the chosen experts, best first; ties go to the lower index.</param>
    /// <param name="weights">Receives their weights.</param>
    /// <param name="trace">Observes or replays the choice, or null.</param>
    /// <param name="layer">Layer, for the trace.</param>
    /// <param name="position">Position of the token, for the trace.</param>
    public void Select(
        Span<float> scores, Span<float> selection, Span<float> groupScores, Span<int> experts, Span<float> weights, RouterTrace? trace, int layer, int position)
    {
        ToAffinities(scores);
        scores.CopyTo(selection);
        if (selectionBias is not null)
            for (int i = 0; i < selection.Length; i++) selection[i] += selectionBias[i];
        if (config.GroupCount > 1 && config.GroupsPerToken < config.GroupCount) MaskGroups(selection, groupScores);
        for (int i = 0; i < experts.Length; i++)
        {
            experts[i] = Best(selection);
            selection[experts[i]] = float.NegativeInfinity;
        }

        trace?.Visit(layer, position, experts);
        Weigh(scores, experts, weights);
    }

    private void ToAffinities(Span<float> scores)
    {
        if (config.Score == RouterScore.Sigmoid)
        {
            foreach (ref float score in scores) score = 1 / (1 + MathF.Exp(-score));
            return;
        }

        float most = float.NegativeInfinity, sum = 0;
        foreach (float score in scores) most = MathF.Max(most, score);
        foreach (ref float score in scores)
        {
            score = MathF.Exp(score - most);
            sum += score;
        }

        foreach (ref float score in scores) score /= sum;
    }

    /// <summary>Takes the experts of all but the best groups out of the selection.</summary>
    private void MaskGroups(Span<float> selection, Span<float> groupScores)
    {
        int size = config.ExpertCount / config.GroupCount;
        for (int group = 0; group < config.GroupCount; group++)
        {
            float first = float.NegativeInfinity, second = float.NegativeInfinity;
            foreach (float score in selection.Slice(group * size, size))
            {
                if (score > first) (first, second) = (score, first);
                else if (score > second) second = score;
            }

            // V2 takes the best affinity of a group; V3 the sum of the two best (its groups have at least two experts).
            groupScores[group] = config.Score == RouterScore.Softmax || size == 1 ? first : first + second;
        }

        // A chosen group is marked with NaN, which is neither greater than nor equal to anything.
        for (int i = 0; i < config.GroupsPerToken; i++) groupScores[Best(groupScores)] = float.NaN;
        for (int group = 0; group < config.GroupCount; group++)
            if (!float.IsNaN(groupScores[group])) selection.Slice(group * size, size).Fill(float.NegativeInfinity);
    }

    private void Weigh(ReadOnlySpan<float> affinities, ReadOnlySpan<int> experts, Span<float> weights)
    {
        float sum = 0;
        for (int i = 0; i < experts.Length; i++)
        {
            weights[i] = affinities[experts[i]];
            sum += weights[i];
        }

        // The smallest normal float16: the floor that others use, so that a token which no expert wants does not blow up.
        float scale = config.WeightScale / (config.NormalizeWeights ? MathF.Max(sum, 6.103515625e-5f) : 1);
        foreach (ref float weight in weights) weight *= scale;
    }

    /// <summary>Index of the greatest number; the first of equals. NaN is never chosen unless nothing else is there.</summary>
    private static int Best(ReadOnlySpan<float> values)
    {
        int best = -1;
        for (int i = 0; i < values.Length; i++)
            if (!float.IsNaN(values[i]) && (best < 0 || values[i] > values[best])) best = i;
        return Math.Max(best, 0);
    }
}

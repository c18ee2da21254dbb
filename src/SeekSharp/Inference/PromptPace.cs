namespace SeekSharp.Inference;

/// <summary>How many prompt tokens fit into a step that decodes too, so that it does not take longer than it may: from the measured cost of such steps.</summary>
/// <param name="costs">What decoding costs.</param>
/// <param name="mostTokens">Most prompt tokens, whatever they cost.</param>
/// <param name="longest">Longest time of a step; null: no limit.</param>
internal sealed class PromptPace(StepCosts costs, int mostTokens, TimeSpan? longest)
{
    /// <summary>Prompt tokens that a step takes even where it is too long without any.</summary>
    public const int LeastTokens = 8;

    private const double Weight = 1.0 / 4;

    private double _secondsPerToken;

    /// <summary>Prompt tokens for a step.</summary>
    /// <param name="decoding">Tokens that are decoded in it.</param>
    public int TokensBeside(int decoding)
    {
        if (longest is not { } limit || _secondsPerToken == 0) return mostTokens;
        double left = limit.TotalSeconds - Decoding(decoding);
        return Math.Min(Math.Max((int)Math.Min(left / _secondsPerToken, mostTokens), LeastTokens), mostTokens);
    }

    /// <summary>Takes a measured step in.</summary>
    /// <param name="prompt">Its prompt tokens.</param>
    /// <param name="decoding">Its other tokens.</param>
    /// <param name="seconds">Its time.</param>
    public void Observe(int prompt, int decoding, double seconds)
    {
        if (prompt < LeastTokens) return;
        // A fixed part of the cost counts among that of the tokens: small steps make it look large, the next one is then smaller still, and what this converges to
        // is the number of tokens that takes just as long as it may.
        double measured = Math.Max(seconds - Decoding(decoding), seconds / 100) / prompt;
        if (_secondsPerToken == 0) _secondsPerToken = measured;
        else _secondsPerToken += (Math.Min(measured, 4 * _secondsPerToken) - _secondsPerToken) * Weight;
    }

    private double Decoding(int tokens) => tokens > 0 && costs.IsMeasured ? costs.Of(Math.Min(tokens, StepCosts.MaxTokens)) : 0;
}

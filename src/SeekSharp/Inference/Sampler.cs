using System.Numerics.Tensors;

namespace SeekSharp.Inference;

/// <summary>Chooses tokens from logits. Holds what one sequence needs: its random numbers and which tokens it has seen.</summary>
/// <remarks>Nothing is allocated after construction. Not thread-safe: one sampler serves one sequence.</remarks>
public sealed class Sampler
{
    private readonly SamplerOptions _options;
    private readonly Random _random;
    private readonly KeyValuePair<int, float>[] _biases;
    private readonly float[] _scores; // [vocabulary]: logits, then unnormalised probabilities
    private readonly ulong[] _ranking; // candidates, see Rank
    private readonly SeenTokens _seen;
    private readonly TokenLogProbability[] _top;
    private int _topCount;

    /// <summary>Creates a sampler.</summary>
    /// <param name="options">How to choose, or null for the defaults.</param>
    /// <param name="vocabularySize">Number of tokens: the length of the logits.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range, or biases a token that does not exist.</exception>
    public Sampler(SamplerOptions? options, int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabularySize);
        _options = (options ?? new SamplerOptions()).Validate();
        _options.RequireVocabulary(vocabularySize);
        _biases = [.. _options.LogitBias ?? new Dictionary<int, float>()];
        _random = _options.Seed is { } seed ? new Random(Fold(seed)) : new Random();
        _scores = new float[vocabularySize];
        _ranking = _options.Temperature > 0 || _options.TopLogProbabilities > 0 ? new ulong[vocabularySize] : [];
        _seen = new SeenTokens(HasPenalties ? vocabularySize : 0);
        _top = new TokenLogProbability[Math.Min(_options.TopLogProbabilities, vocabularySize)];
    }

    /// <summary>
    /// Log-probability of the token chosen last, in the model's own distribution: before bias, penalties, temperature and cuts. NaN unless
    /// <see cref="SamplerOptions.LogProbabilities"/> is set.
    /// </summary>
    public float LogProbability { get; private set; } = float.NaN;

    /// <summary>The most probable tokens of the step sampled last, most probable first, in the model's own distribution.</summary>
    public ReadOnlySpan<TokenLogProbability> TopLogProbabilities => _top.AsSpan(0, _topCount);

    private bool HasPenalties => _options.RepetitionPenalty != 1 || _options.PresencePenalty != 0 || _options.FrequencyPenalty != 0;

    /// <summary>Tells the sampler what stands before the reply, for the repetition penalty.</summary>
    /// <param name="tokens">Tokens of the prompt.</param>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    public void ObservePrompt(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)_scores.Length, nameof(tokens));
            if (HasPenalties) _seen.AddFromPrompt(token);
        }
    }

    /// <summary>Chooses the next token and remembers it as a part of the reply.</summary>
    /// <param name="logits">Logits [vocabulary]; left unchanged. Negative infinity forbids a token.</param>
    /// <returns>Token id.</returns>
    /// <exception cref="ArgumentException">The logits are not one per token of the vocabulary.</exception>
    /// <exception cref="NotFiniteNumberException">A logit is NaN or positive infinity, or all tokens are forbidden: nothing honest can be chosen.</exception>
    public int Sample(ReadOnlySpan<float> logits)
    {
        if (logits.Length != _scores.Length)
            throw new ArgumentException($"{logits.Length} logits for a vocabulary of {_scores.Length} tokens.", nameof(logits));
        logits.CopyTo(_scores);
        AddBiases();
        if (HasPenalties) SubtractPenalties();
        RequireFinite(TensorPrimitives.Max(_scores), "after bias and penalties");
        int token = _options.Temperature == 0 ? TensorPrimitives.IndexOfMax(_scores) : Draw();
        if (HasPenalties) _seen.AddFromReply(token);
        if (_options.LogProbabilities) MeasureProbabilities(logits, token);
        return token;
    }

    /// <summary>Takes a token in that was not chosen here, as a part of the reply.</summary>
    /// <param name="logits">Logits [vocabulary] of its place.</param>
    /// <param name="token">Token id.</param>
    internal void Observe(ReadOnlySpan<float> logits, int token)
    {
        if (HasPenalties) _seen.AddFromReply(token);
        if (_options.LogProbabilities) MeasureProbabilities(logits, token);
    }

    // Random takes 32 bits: all 64 of the seed shall count (Fibonacci hashing, Knuth volume 3 §6.4).
    private static int Fold(long seed) => (int)(unchecked((ulong)seed * 0x9E3779B97F4A7C15) >> 32);

    // The ranking sorts by one unsigned number: the complement of the score's bits (scores are never negative, so that their bits are in
    // their order), then the token. Ascending order is: most probable first, of equals the lowest id first.
    private static ulong Rank(float score, int token) => ((ulong)~BitConverter.SingleToUInt32Bits(score) << 32) | (uint)token;

    private static int TokenOf(ulong rank) => (int)(uint)rank;

    private static float ScoreOf(ulong rank) => BitConverter.UInt32BitsToSingle(~(uint)(rank >> 32));

    // Max propagates NaN, so that looking at the greatest value is enough.
    private static void RequireFinite(float greatest, string when)
    {
        if (!float.IsFinite(greatest)) throw new NotFiniteNumberException($"The greatest logit is {greatest} {when}: no token can be chosen.", greatest);
    }

    private void AddBiases()
    {
        foreach (var (token, bias) in _biases) _scores[token] += bias;
    }

    private void SubtractPenalties()
    {
        foreach (int token in _seen.Tokens)
        {
            float logit = _scores[token];
            logit = logit > 0 ? logit / _options.RepetitionPenalty : logit * _options.RepetitionPenalty;
            if (_seen.CountInReply(token) is > 0 and var count) logit -= _options.PresencePenalty + count * _options.FrequencyPenalty;
            _scores[token] = logit;
        }
    }

    private int Draw()
    {
        // Unnormalised probabilities: the greatest becomes 1, so that min-p is a plain threshold.
        TensorPrimitives.Subtract(_scores, TensorPrimitives.Max(_scores), _scores);
        TensorPrimitives.Divide(_scores, _options.Temperature, _scores);
        TensorPrimitives.Exp(_scores, _scores);
        bool cutsToK = _options.TopK > 0 && _options.TopK < _scores.Length;
        float threshold = Math.Max(_options.MinP, float.Epsilon);
        if (!cutsToK && _options.TopP == 1) return DrawFrom(CollectCandidates(threshold));

        // Tokens below (1 - p) x sum / count together have less than 1 - p of the sum: top-p never reaches them, and they need no sorting.
        // Half of it leaves room for rounding. Min-p waits, for it must not change the sum that top-p refers to.
        float reachable = cutsToK ? float.Epsilon : Math.Max((1 - _options.TopP) * TensorPrimitives.Sum(_scores) / _scores.Length / 2, float.Epsilon);
        var candidates = CollectCandidates(reachable);
        if (cutsToK && _options.TopK < candidates.Length)
        {
            Selection.MoveSmallestFirst(candidates, _options.TopK);
            candidates = candidates[.._options.TopK];
        }

        candidates.Sort();
        if (_options.TopP < 1) candidates = candidates[..CountForTopP(candidates)];
        while (candidates.Length > 1 && ScoreOf(candidates[^1]) < _options.MinP) candidates = candidates[..^1];
        return DrawFrom(candidates);
    }

    private Span<ulong> CollectCandidates(float threshold)
    {
        int count = 0;
        for (int token = 0; token < _scores.Length; token++)
        {
            if (_scores[token] >= threshold) _ranking[count++] = Rank(_scores[token], token);
        }

        return _ranking.AsSpan(0, count);
    }

    private int CountForTopP(ReadOnlySpan<ulong> candidates)
    {
        double sum = _options.TopK > 0 ? SumOf(candidates) : SumOfScores();
        double share = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            share += ScoreOf(candidates[i]);
            if (share >= _options.TopP * sum) return i + 1;
        }

        return candidates.Length;
    }

    private double SumOfScores()
    {
        double sum = 0;
        foreach (float score in _scores) sum += score;
        return sum;
    }

    private static double SumOf(ReadOnlySpan<ulong> candidates)
    {
        double sum = 0;
        foreach (ulong candidate in candidates) sum += ScoreOf(candidate);
        return sum;
    }

    private int DrawFrom(ReadOnlySpan<ulong> candidates)
    {
        double point = _random.NextDouble() * SumOf(candidates);
        foreach (ulong candidate in candidates)
        {
            point -= ScoreOf(candidate);
            if (point < 0) return TokenOf(candidate);
        }

        return TokenOf(candidates[^1]);
    }

    private void MeasureProbabilities(ReadOnlySpan<float> logits, int chosen)
    {
        float greatest = TensorPrimitives.Max(logits);
        RequireFinite(greatest, "of the model");
        TensorPrimitives.Subtract(logits, greatest, _scores);
        TensorPrimitives.Exp(_scores, _scores);
        float logSum = greatest + (float)Math.Log(SumOfScores());
        LogProbability = logits[chosen] - logSum;
        if (_top.Length == 0) return;
        var candidates = CollectCandidates(0);
        Selection.MoveSmallestFirst(candidates, _top.Length);
        _topCount = Math.Min(_top.Length, candidates.Length);
        candidates[.._topCount].Sort();
        for (int i = 0; i < _topCount; i++)
        {
            int token = TokenOf(candidates[i]);
            _top[i] = new TokenLogProbability(token, logits[token] - logSum);
        }
    }
}

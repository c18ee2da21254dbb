namespace SeekSharp.Inference;

/// <summary>
/// Chooses how many drafts each decoding request gets, so that a step is expected to give the most tokens per second: drafts are taken in the order of their
/// probability to be accepted, and as many of them as pay. With many requests in a step another token of one of them saves fewer bytes, and drafts become few.
/// </summary>
/// <param name="costs">What steps cost.</param>
internal sealed class DraftPlanner(StepCosts costs)
{
    // Costs are measured, and measurements are not exact: less than this is no gain.
    private const double SmallestGain = 1.02;
    private const double LeastProbability = 0.02;

    private readonly List<RequestDrafts> _adaptive = [];
    private readonly List<int> _counts = [];
    private readonly List<int> _picks = [];

    /// <summary>Puts drafts into the coming step.</summary>
    /// <param name="proposed">The drafts of those requests that have any.</param>
    /// <param name="decoding">Requests that decode, with and without drafts.</param>
    public void Plan(IReadOnlyList<RequestDrafts> proposed, int decoding)
    {
        int tokens = decoding;
        double expected = decoding;
        _adaptive.Clear();
        _counts.Clear();
        for (int i = 0; i < proposed.Count; i++)
        {
            RequestDrafts drafts = proposed[i];
            if (drafts.IsAdaptive)
            {
                _adaptive.Add(drafts);
                _counts.Add(0);
                continue;
            }

            drafts.Choose(drafts.Available);
            tokens += drafts.Available;
            expected += Expected(drafts);
        }

        if (_adaptive.Count == 0) return;
        PickMostProbable(tokens, expected);
        bool hasTrial = false;
        for (int i = 0; i < _adaptive.Count; i++)
        {
            if (_counts[i] > 0) _adaptive[i].Choose(_counts[i]);
            else hasTrial = hasTrial || _adaptive[i].TryOnTrial();
        }
    }

    /// <summary>How many tokens the prediction module shall foresee for a request; each takes a pass of its own.</summary>
    /// <param name="drafts">The request's drafts.</param>
    /// <param name="decoding">Requests that decode, this one among them.</param>
    /// <param name="room">Most tokens.</param>
    public int CountPredictions(RequestDrafts drafts, int decoding, int room)
    {
        int most = Math.Min(Math.Min(room, drafts.MaxDrafts), StepCosts.MaxTokens - decoding);
        if (!drafts.IsAdaptive || most <= 0) return Math.Max(most, 0);
        int best = 0;
        double bestRate = SmallestGain * decoding / costs.Of(decoding), expected = decoding, probability = 1;
        for (int count = 1; count <= most; count++)
        {
            expected += probability *= drafts.Acceptance;
            double rate = expected / (costs.Of(decoding + count) + count * costs.Prediction);
            if (rate > bestRate) (bestRate, best) = (rate, count);
        }

        return best == 0 && drafts.IsTrialDue() ? 1 : best;
    }

    private static double Expected(RequestDrafts drafts)
    {
        double sum = 0, probability = 1;
        for (int i = 0; i < drafts.Available; i++) sum += probability *= drafts.Acceptance;
        return sum;
    }

    private void PickMostProbable(int tokens, double expected)
    {
        _picks.Clear();
        int best = 0;
        double bestRate = tokens <= StepCosts.MaxTokens ? SmallestGain * expected / costs.Of(tokens) : double.PositiveInfinity;
        while (tokens + _picks.Count < StepCosts.MaxTokens && MostProbable(out double probability) is >= 0 and var pick)
        {
            _picks.Add(pick);
            _counts[pick]++;
            expected += probability;
            double rate = expected / costs.Of(tokens + _picks.Count);
            if (rate > bestRate) (bestRate, best) = (rate, _picks.Count);
        }

        for (int i = best; i < _picks.Count; i++) _counts[_picks[i]]--;
    }

    /// <summary>The request whose next draft is the most probable one, or -1 where none is worth a thought.</summary>
    private int MostProbable(out double probability)
    {
        int most = -1;
        probability = LeastProbability;
        for (int i = 0; i < _adaptive.Count; i++)
        {
            if (_counts[i] == _adaptive[i].Available) continue;
            double next = Math.Pow(_adaptive[i].Acceptance, _counts[i] + 1);
            if (next > probability) (most, probability) = (i, next);
        }

        return most;
    }
}

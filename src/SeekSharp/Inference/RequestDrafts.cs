namespace SeekSharp.Inference;

/// <summary>The drafts of one request, and how often they have been right.</summary>
/// <param name="source">Where drafts come from; null: the prediction module offers them.</param>
/// <param name="options">How many there may be.</param>
internal sealed class RequestDrafts(IDraftSource? source, SpeculationOptions options)
{
    // Evidence fades: about the last thirty drafts count. Before the first, it is as if one of two had been accepted.
    private const double Memory = 0.97;
    private const int FirstPause = 16, LongestPause = 256;

    private double _accepted = 1, _tested = 2;
    private int _pause = FirstPause;
    private int _waited;
    private bool _isTrial;

    /// <summary>Whether the number of drafts is chosen; otherwise all that there are get into the step.</summary>
    public bool IsAdaptive => options.IsAdaptive;

    /// <summary>Most drafts of a step.</summary>
    public int MaxDrafts => options.MaxDrafts;

    /// <summary>Drafts that were proposed for the coming step.</summary>
    public int Available { get; private set; }

    /// <summary>How many of them get into the step.</summary>
    public int Count { get; private set; }

    /// <summary>Probability that a draft is accepted, if those in front of it are.</summary>
    public double Acceptance => _accepted / _tested;

    /// <summary>Asks for drafts; none of them is in the step yet.</summary>
    /// <param name="tokens">Prompt and reply.</param>
    /// <param name="room">Receives the drafts.</param>
    /// <param name="vocabularySize">Number of tokens of the model.</param>
    /// <exception cref="InvalidOperationException">The source gives what cannot be drafts.</exception>
    public void Propose(ReadOnlySpan<int> tokens, Span<int> room, int vocabularySize)
    {
        Count = 0;
        if (source is null) return;
        Available = 0;
        room = room[..Math.Min(room.Length, options.MaxDrafts)];
        int count = source.Propose(tokens, room);
        if ((uint)count > (uint)room.Length) throw new InvalidOperationException($"A draft source gave {count} drafts where it was asked for at most {room.Length}.");
        foreach (int token in room[..count])
            if ((uint)token >= (uint)vocabularySize) throw new InvalidOperationException($"A draft source gave token {token}, which is not in the vocabulary of {vocabularySize}.");
        Available = count;
    }

    /// <summary>Says how many drafts there are for the coming step, where they do not come from a source.</summary>
    public void Offer(int count) => Available = count;

    /// <summary>Forgets the drafts.</summary>
    public void Clear() => Count = Available = 0;

    /// <summary>Puts drafts into the coming step.</summary>
    public void Choose(int count)
    {
        Count = count;
        _isTrial = false;
        if (count > 0) _waited = 0;
    }

    /// <summary>
    /// Called instead of <see cref="Choose"/> where drafts do not seem to pay: now and then, less and less often, one of them gets into the step all the same,
    /// since the text may have changed.
    /// </summary>
    /// <returns>Whether it was time for that.</returns>
    public bool TryOnTrial()
    {
        if (++_waited < _pause) return false;
        _waited = 0;
        _pause = Math.Min(2 * _pause, LongestPause);
        _isTrial = true;
        Count = 1;
        return true;
    }

    /// <summary>The same question about a draft that is still to be made; it is then asked again with <see cref="TryOnTrial"/>.</summary>
    /// <returns>Whether it is time.</returns>
    public bool IsTrialDue()
    {
        if (_waited + 1 >= _pause) return true;
        _waited++;
        return false;
    }

    /// <summary>Takes drafts out of the step that find no room.</summary>
    public void Limit(int count) => Count = Math.Min(Count, count);

    /// <summary>Learns from a step.</summary>
    /// <param name="accepted">How many of its drafts were accepted.</param>
    public void Learn(int accepted)
    {
        if (_isTrial && accepted > 0)
        {
            // The past does not count any more.
            (_accepted, _tested, _pause) = (1, 2, FirstPause);
        }

        for (int i = 0; i < accepted; i++) Test(1);
        if (accepted < Count) Test(0);
        Clear();
    }

    private void Test(double outcome)
    {
        _accepted = Memory * _accepted + outcome;
        _tested = Memory * _tested + 1;
    }
}

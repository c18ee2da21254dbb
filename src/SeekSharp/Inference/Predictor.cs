using System.Diagnostics;

namespace SeekSharp.Inference;

/// <summary>Lets the prediction module draft for the requests of a step that want it to.</summary>
/// <param name="engine">Its model has a prediction module.</param>
/// <param name="planner">Says how many drafts pay.</param>
/// <param name="costs">Learns what a pass of the module costs.</param>
internal sealed class Predictor(Engine engine, DraftPlanner planner, StepCosts costs)
{
    private readonly EnginePrediction _module = engine.Prediction!;
    private readonly List<Draft> _drafts = [];

    /// <summary>A request that drafts: how many tokens, and in which row of the last pass its newest one is.</summary>
    private record struct Draft(ScheduledRequest Request, int Wanted, int Row);

    /// <summary>Follows the last step.</summary>
    /// <param name="inStep">The requests of the step.</param>
    /// <param name="starts">Length of each one's sequence before the step.</param>
    /// <param name="isDecodingOnly">Whether the step had no prompts, so that its time says something.</param>
    public void Follow(List<ScheduledRequest> inStep, ReadOnlySpan<int> starts, bool isDecodingOnly)
    {
        long from = Stopwatch.GetTimestamp();
        int decoding = 0;
        foreach (ScheduledRequest request in inStep)
            if (request is { Sequence: not null, IsDecoding: true }) decoding++;
        FollowTokens(inStep, starts, decoding);
        if (_drafts.Count == 0) return;
        int passes = 1;
        TakeForeseen(0);
        for (; ForeseeFurther(passes); passes++) TakeForeseen(passes);
        if (isDecodingOnly) costs.ObservePrediction(Stopwatch.GetElapsedTime(from).TotalSeconds / passes);
    }

    private void FollowTokens(List<ScheduledRequest> inStep, ReadOnlySpan<int> starts, int decoding)
    {
        _drafts.Clear();
        _module.Begin(followsStep: true);
        for (int i = 0; i < inStep.Count; i++)
        {
            ScheduledRequest request = inStep[i];
            if (request is not { Sequence: { } sequence, Predicts: true }) continue;
            int wanted = request.IsDecoding ? Reserve(sequence, planner.CountPredictions(request.Drafts!, decoding, request.DraftRoom)) : 0;
            int row = _module.Add(sequence, starts[i], engine.FirstRow(i), request.TokensBehind(starts[i]), wanted > 0);
            if (wanted > 0) _drafts.Add(new Draft(request, wanted, row));
        }

        _module.Run();
    }

    /// <summary>Feeds the module with what it foresaw itself.</summary>
    /// <returns>Whether any request wants more than it has.</returns>
    private bool ForeseeFurther(int done)
    {
        _drafts.RemoveAll(draft => draft.Wanted <= draft.Request.Drafts!.Available);
        if (_drafts.Count == 0) return false;
        _module.Begin(followsStep: false);
        for (int i = 0; i < _drafts.Count; i++)
        {
            (ScheduledRequest request, int wanted, int row) = _drafts[i];
            _drafts[i] = new Draft(request, wanted, _module.Add(request.Sequence!, request.Sequence!.Length - 1 + done, row, request.LastDraft, foresees: true));
        }

        _module.Run();
        return true;
    }

    private void TakeForeseen(int done)
    {
        for (int i = 0; i < _drafts.Count; i++)
            _drafts[i].Request.AddDraft(done, _module.MostProbable(i, _drafts[i].Request.VocabularySize));
    }

    /// <summary>Drafts behind the first are cached where their tokens will be.</summary>
    private static int Reserve(Sequence sequence, int wanted) =>
        wanted <= 1 || sequence.Pages.TryReserve(sequence.Length, sequence.Length + wanted - 1) ? wanted : 1;
}

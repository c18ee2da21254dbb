using System.Numerics.Tensors;
using SeekSharp.Models;

namespace SeekSharp.Inference;

/// <summary>
/// Runs the prediction module of an engine's model behind a step, for several sequences at once: first over the tokens that the step has settled, which fills the module's
/// own layer of the cache, then token by token over what it foresees itself. The engine's logits are overwritten.
/// </summary>
/// <param name="module">The module.</param>
/// <param name="workspace">Buffers of the engine: they hold the hidden states of its last step.</param>
/// <param name="logits">The engine's logits.</param>
/// <param name="maxBatch">Most tokens of one pass.</param>
internal sealed unsafe class EnginePrediction(PredictionModule module, Workspace workspace, float* logits, int maxBatch)
{
    private readonly ForwardBatch _batch = new(maxBatch);
    private readonly int[] _hiddenRows = new int[maxBatch];
    private bool _followsStep;

    /// <summary>Starts a pass.</summary>
    /// <param name="followsStep">Whether its hidden states are those of the engine's last step, or of the last pass.</param>
    public void Begin(bool followsStep)
    {
        _batch.Clear();
        _followsStep = followsStep;
    }

    /// <summary>Adds neighbouring tokens of a sequence to the pass.</summary>
    /// <param name="sequence">Its pages have room for the positions.</param>
    /// <param name="firstPosition">Position of the first hidden state.</param>
    /// <param name="firstHiddenRow">Row of that hidden state.</param>
    /// <param name="nextTokens">For each hidden state the token behind it.</param>
    /// <param name="foresees">Whether the token behind the last of these tokens is wanted.</param>
    /// <returns>Row of the last token in this pass.</returns>
    public int Add(Sequence sequence, int firstPosition, int firstHiddenRow, ReadOnlySpan<int> nextTokens, bool foresees)
    {
        for (int i = 0; i < nextTokens.Length; i++) _hiddenRows[_batch.Count + i] = firstHiddenRow + i;
        _batch.Add(nextTokens, firstPosition, sequence.Pages, trace: null, foresees ? 1 : 0);
        return _batch.Count - 1;
    }

    /// <summary>Runs the pass.</summary>
    public void Run()
    {
        if (_batch.Count > 0) module.Forward(_batch, _hiddenRows.AsSpan(0, _batch.Count), _followsStep, workspace, logits);
    }

    /// <summary>The logits of one of the tokens that the pass foresaw.</summary>
    /// <param name="index">Which: they are in the order in which they were asked for.</param>
    /// <returns>Logits [vocabulary], valid until the next pass or step.</returns>
    public ReadOnlySpan<float> Logits(int index) => new(logits + (long)index * workspace.Config.VocabularySize, workspace.Config.VocabularySize);

    /// <summary>The most probable of them.</summary>
    /// <param name="index">As for <see cref="Logits"/>.</param>
    /// <param name="vocabularySize">Ids from this one on are no tokens.</param>
    public int MostProbable(int index, int vocabularySize) => TensorPrimitives.IndexOfMax(Logits(index)[..vocabularySize]);
}

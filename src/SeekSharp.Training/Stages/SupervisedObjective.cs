using System.Globalization;
using SeekSharp.Training.Models;
using SeekSharp.Training.Text;
using TorchSharp;

namespace SeekSharp.Training.Stages;

/// <summary>Reads a stream of batches; a position goes into checkpoints.</summary>
internal sealed class BatchReader : IDisposable
{
    private const string Window = "window", Batch = "batch";

    private readonly IEnumerator<Text.TokenBatch> _batches;
    private DataPosition _next;

    /// <param name="read">The stream from a position on.</param>
    /// <param name="state">Values of a checkpoint, or of none.</param>
    public BatchReader(Func<DataPosition, IEnumerable<Text.TokenBatch>> read, IReadOnlyDictionary<string, string> state)
    {
        if (state.TryGetValue(Window, out string? window) && state.TryGetValue(Batch, out string? batch))
            _next = new DataPosition(long.Parse(window, CultureInfo.InvariantCulture), int.Parse(batch, CultureInfo.InvariantCulture));
        _batches = read(_next).GetEnumerator();
    }

    /// <summary>Where reading goes on.</summary>
    public IReadOnlyDictionary<string, string> State => new Dictionary<string, string>
    {
        [Window] = _next.Window.ToString(CultureInfo.InvariantCulture), [Batch] = _next.Batch.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The next batch.</summary>
    public Models.TokenBatch Read()
    {
        _batches.MoveNext(); // streams are endless
        _next = _batches.Current.Next;
        return TrainingRows.ToModel(_batches.Current);
    }

    /// <inheritdoc/>
    public void Dispose() => _batches.Dispose();
}

/// <summary>Cross-entropy on a stream of batches: pre-training and supervised fine-tuning.</summary>
/// <param name="start">The model.</param>
/// <param name="loss">What is added to the cross-entropy.</param>
/// <param name="read">The stream from a position on.</param>
internal sealed class SupervisedObjective(StartingPoint start, LossOptions loss, Func<DataPosition, IEnumerable<Text.TokenBatch>> read) : IObjective
{
    private readonly BatchReader _batches = new(read, start.State.Values);

    public IReadOnlyDictionary<string, string> State => _batches.State;

    public IReadOnlyList<GradedReply>? Replies => null;

    public StepResult Step(long step, double learningRate, CancellationToken cancellation)
    {
        using var scope = torch.NewDisposeScope();
        Models.TokenBatch batch = _batches.Read();
        TrainingLoss result = start.Model.Loss(batch, loss);
        result.Total.backward();
        double norm = start.Optimizer.Step(learningRate);
        List<(string, double)> values = [("loss", result.CrossEntropy)];
        if (loss.PredictionWeight > 0 && start.Model.Config.PredictionLayerCount > 0) values.Add(("prediction_loss", result.Prediction));
        if (loss.SequenceBalanceWeight + loss.AuxiliaryBalanceWeight > 0) values.Add(("balance_loss", result.Balance));
        return new StepResult(batch.RealTokens, values, norm);
    }

    public void Dispose() => _batches.Dispose();
}

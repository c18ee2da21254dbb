using SeekSharp.Inference;
using SeekSharp.Training.Text;
using static TorchSharp.torch;

namespace SeekSharp.Training.Stages;

/// <summary>
/// Cross-entropy with the teacher's whole distribution behind every token of its replies, beside that with the tokens (Hinton et al., arXiv 1503.02531, at
/// temperature 1).
/// </summary>
internal sealed class DistillationObjective : IObjective
{
    private readonly StartingPoint _start;
    private readonly double _weight;
    private readonly BatchReader _batches;
    private readonly Engine _teacher;

    /// <param name="start">The student.</param>
    /// <param name="teacher">The teacher; its tokens must be the student's.</param>
    /// <param name="weight">Share of the loss that compares distributions.</param>
    /// <param name="threads">Threads of the teacher.</param>
    /// <param name="longest">Longest example in tokens.</param>
    /// <param name="read">The stream from a position on.</param>
    public DistillationObjective(
        StartingPoint start, LanguageModel teacher, double weight, int threads, int longest, Func<DataPosition, IEnumerable<Text.TokenBatch>> read)
    {
        (_start, _weight) = (start, weight);
        _batches = new BatchReader(read, start.State.Values);
        _teacher = new Engine(teacher, new EngineOptions { Threads = threads, CacheTokens = longest + 64 });
    }

    public IReadOnlyDictionary<string, string> State => _batches.State;

    public IReadOnlyList<GradedReply>? Replies => null;

    public StepResult Step(long step, double learningRate, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        Models.TokenBatch batch = _batches.Read();
        int[] learned = [.. Enumerable.Range(0, batch.Weights.Length).Where(position => batch.Weights[position] != 0)];
        Tensor logits = _start.Model.Forward(batch);
        Tensor logProbabilities = logits.view(-1, logits.shape[2]).index_select(0, tensor(learned, dtype: ScalarType.Int64, device: logits.device))
            .to(ScalarType.Float32).log_softmax(-1); // [learned, vocabulary]
        Tensor targets = tensor(learned.Select(position => (long)batch.Targets[position]).ToArray(), [learned.Length, 1], device: logits.device);
        Tensor tokenLoss = -logProbabilities.gather(1, targets).mean();
        Tensor teacher = tensor(TeacherLogits(batch, (int)logits.shape[2]), [learned.Length, logits.shape[2]], device: logits.device).softmax(-1);
        Tensor distributionLoss = -(teacher * logProbabilities).sum() / learned.Length;
        ((1 - _weight) * tokenLoss + _weight * distributionLoss).backward();
        double norm = _start.Optimizer.Step(learningRate);
        return new StepResult(batch.RealTokens, [("loss", Value(tokenLoss)), ("distribution_loss", Value(distributionLoss))], norm);
    }

    public void Dispose()
    {
        _batches.Dispose();
        _teacher.Dispose();
    }

    /// <summary>The teacher's logits at the learned positions, row by row.</summary>
    private float[] TeacherLogits(Models.TokenBatch batch, int vocabulary)
    {
        List<float> all = [];
        for (int row = 0; row < batch.Rows; row++)
        {
            int length = batch.Lengths[row], start = row * batch.Length;
            float[] logits = new float[length * vocabulary];
            using (Sequence sequence = _teacher.CreateSequence()) _teacher.EvaluateAll(sequence, batch.Tokens.AsSpan(start, length), logits);
            for (int i = 0; i < length; i++)
                if (batch.Weights[start + i] != 0) all.AddRange(logits.AsSpan(i * vocabulary, vocabulary));
        }

        return [.. all];
    }

    private static double Value(Tensor scalar) => PolicyLoss.Values(scalar)[0];
}

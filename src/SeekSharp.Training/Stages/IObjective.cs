
namespace SeekSharp.Training.Stages;

/// <summary>What came of a step.</summary>
/// <param name="Tokens">Tokens that were read, without padding.</param>
/// <param name="Values">What was measured, the loss or reward first.</param>
/// <param name="GradientNorm">Norm of the gradients; NaN or infinity where they were of no use, null where there were none.</param>
internal sealed record StepResult(int Tokens, IReadOnlyList<(string Name, double Value)> Values, double? GradientNorm);

/// <summary>What a training stage does in a step. Everything that it draws follows from seed, step and <see cref="State"/>.</summary>
internal interface IObjective : IDisposable
{
    /// <summary>What is needed to go on exactly, beside weights and optimizer.</summary>
    IReadOnlyDictionary<string, string> State { get; }

    /// <summary>Makes a step: gradients, and the optimizer's move.</summary>
    /// <param name="step">Steps made before.</param>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="cancellation">Ends the step without moving anything.</param>
    StepResult Step(long step, double learningRate, CancellationToken cancellation);

    /// <summary>What is there to read of the last step, or null.</summary>
    IReadOnlyList<GradedReply>? Replies { get; }
}

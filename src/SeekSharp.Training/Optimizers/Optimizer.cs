using SeekSharp.Training.Models;
using static TorchSharp.torch;

namespace SeekSharp.Training.Optimizers;

/// <summary>
/// Muon (as scaled by Moonlight, arXiv 2502.16982) for matrices, AdamW (arXiv 1711.05101) for embedding, head and vectors. Both take one learning rate: an update of
/// Muon is given the size of one of AdamW.
/// </summary>
public sealed class Optimizer : IDisposable
{
    /// <summary>Root mean square of AdamW's updates, which Muon's are brought to.</summary>
    private const double UpdateSize = 0.2;

    private readonly TrainingModel _model;
    private readonly OptimizerOptions _options;
    private readonly List<Slot> _slots = [];

    /// <summary>Creates an optimizer without history.</summary>
    /// <param name="model">The model; it must outlive the optimizer.</param>
    /// <param name="options">How, or null for the defaults.</param>
    public Optimizer(TrainingModel model, OptimizerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _options = options ?? new OptimizerOptions();
        using var scope = NewDisposeScope();
        foreach (Parameter parameter in model.Parameters.Where(parameter => parameter.Kind != ParameterKind.SelectionBias))
        {
            bool isMuon = _options.UsesMuon && parameter.Kind == ParameterKind.Matrix;
            _slots.Add(new Slot(parameter, zeros_like(parameter.Value).DetachFromDisposeScope(), isMuon ? null : zeros_like(parameter.Value).DetachFromDisposeScope()));
        }
    }

    /// <summary>A parameter with its history: momentum, and for AdamW the mean of squared gradients.</summary>
    private sealed record Slot(Parameter Parameter, Tensor Momentum, Tensor? Square);

    /// <summary>Steps made.</summary>
    public long StepCount { get; private set; }

    /// <summary>How parameters are moved.</summary>
    public OptimizerOptions Options => _options;

    /// <summary>The history, under names that say whose and what.</summary>
    internal IEnumerable<(string Name, Tensor Value)> State
    {
        get
        {
            foreach (Slot slot in _slots)
            {
                yield return (slot.Parameter.Name + ".momentum", slot.Momentum);
                if (slot.Square is not null) yield return (slot.Parameter.Name + ".square", slot.Square);
            }
        }
    }

    /// <summary>Moves the parameters by their gradients, and forgets these.</summary>
    /// <param name="learningRate">The rate of this step.</param>
    /// <returns>The norm of all gradients together, before it was clipped. Where it is not finite, nothing is moved.</returns>
    public double Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        Slot[] slots = [.. _slots.Where(slot => slot.Parameter.Value.grad is not null)];
        double norm = Norm(slots);
        if (double.IsFinite(norm))
        {
            StepCount++;
            double scale = norm > _options.MaxGradientNorm ? _options.MaxGradientNorm / norm : 1;
            foreach (Slot slot in slots)
            {
                using var inner = NewDisposeScope();
                Tensor gradient = slot.Parameter.Value.grad!;
                if (scale < 1) gradient.mul_(scale);
                if (slot.Square is null) Muon(slot, gradient, learningRate);
                else AdamW(slot, gradient, slot.Square, learningRate);
            }
        }

        _model.ClearGradients();
        return norm;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Slot slot in _slots)
        {
            slot.Momentum.Dispose();
            slot.Square?.Dispose();
        }
    }

    /// <summary>Continues the history of another optimizer, whose <see cref="State"/> was copied into this one's.</summary>
    internal void Resume(long stepCount) => StepCount = stepCount;

    private static double Norm(Slot[] slots)
    {
        if (slots.Length == 0) return 0;
        using Tensor squares = stack([.. slots.Select(slot => slot.Parameter.Value.grad!.square().sum())]).sum().to(ScalarType.Float64).cpu();
        return Math.Sqrt(squares.item<double>());
    }

    /// <summary>W -= rate · (0.2 · sqrt(longer side) · NewtonSchulz(gradient + momentum) + decay · W), Nesterov's momentum.</summary>
    private void Muon(Slot slot, Tensor gradient, double learningRate)
    {
        Tensor weight = slot.Parameter.Value;
        (long rows, long columns) = (weight.shape[^2], weight.shape[^1]);
        slot.Momentum.mul_(_options.Momentum).add_(gradient);
        Tensor direction = gradient.add(slot.Momentum, alpha: _options.Momentum).view(-1, rows, columns);
        ScalarType type = weight.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.BFloat16;
        Tensor update = NewtonSchulz.Orthogonalize(direction, type).reshape(weight.shape).to(weight.dtype);
        weight.mul_(1 - learningRate * _options.WeightDecay);
        weight.add_(update, alpha: -learningRate * UpdateSize * Math.Sqrt(Math.Max(rows, columns)));
    }

    /// <summary>W -= rate · (m / (sqrt(v) + ε) + decay · W), with m and v corrected for their start at zero.</summary>
    private void AdamW(Slot slot, Tensor gradient, Tensor square, double learningRate)
    {
        Tensor weight = slot.Parameter.Value;
        (double beta1, double beta2) = (_options.Beta1, _options.Beta2);
        slot.Momentum.mul_(beta1).add_(gradient, alpha: 1 - beta1);
        square.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
        double momentumCorrection = 1 - Math.Pow(beta1, StepCount), squareCorrection = 1 - Math.Pow(beta2, StepCount);
        Tensor denominator = square.sqrt().mul_(1 / Math.Sqrt(squareCorrection)).add_(_options.Epsilon);
        if (slot.Parameter.Kind != ParameterKind.Vector) weight.mul_(1 - learningRate * _options.WeightDecay);
        weight.addcdiv_(slot.Momentum, denominator, -learningRate / momentumCorrection);
    }
}

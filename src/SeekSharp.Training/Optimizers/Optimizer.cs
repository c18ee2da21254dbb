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
            foreach (Slot slot in slots.Where(slot => slot.Square is not null)) AdamW(slot, slot.Parameter.Value.grad!, slot.Square!, scale, learningRate);
            foreach (var matrices in slots.Where(slot => slot.Square is null).GroupBy(slot => (slot.Parameter.Value.shape[^2], slot.Parameter.Value.shape[^1])))
                Muon([.. matrices], matrices.Key.Item1, matrices.Key.Item2, scale, learningRate);
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
        using Tensor norms = stack([.. slots.Select(slot => slot.Parameter.Value.grad!.norm())]).norm().to(ScalarType.Float64).cpu();
        return norms.item<double>();
    }

    /// <summary>
    /// W -= rate · (0.2 · sqrt(longer side) · NewtonSchulz(gradient + momentum) + decay · W), Nesterov's momentum. All matrices of one shape are one batch.
    /// </summary>
    private void Muon(Slot[] slots, long rows, long columns, double scale, double learningRate)
    {
        using var scope = NewDisposeScope();
        Tensor first = slots[0].Parameter.Value;
        long count = slots.Sum(slot => slot.Parameter.Count / (rows * columns));
        Tensor directions = empty([count, rows, columns], MuonKernel.ProductType(first), first.device);
        foreach ((Slot slot, Tensor direction) in Slices(directions)) MuonKernel.Direction(slot.Parameter.Value.grad!, slot.Momentum, direction, scale, _options.Momentum);
        double rate = learningRate * UpdateSize * Math.Sqrt(Math.Max(rows, columns)), kept = 1 - learningRate * _options.WeightDecay;
        foreach ((Slot slot, Tensor update) in Slices(NewtonSchulz.Orthogonalize(directions))) MuonKernel.Move(slot.Parameter.Value, update, kept, rate);

        // What belongs to each parameter.
        IEnumerable<(Slot Slot, Tensor Slice)> Slices(Tensor all)
        {
            long start = 0;
            foreach (Slot slot in slots)
            {
                long own = slot.Parameter.Count / (rows * columns);
                yield return (slot, all.narrow(0, start, own));
                start += own;
            }
        }
    }

    /// <summary>W -= rate · (m / (sqrt(v) + ε) + decay · W), with m and v corrected for their start at zero.</summary>
    private void AdamW(Slot slot, Tensor gradient, Tensor square, double scale, double learningRate)
    {
        using var scope = NewDisposeScope();
        Tensor weight = slot.Parameter.Value;
        (double beta1, double beta2) = (_options.Beta1, _options.Beta2);
        if (scale < 1) gradient.mul_(scale);
        slot.Momentum.mul_(beta1).add_(gradient, alpha: 1 - beta1);
        square.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
        double momentumCorrection = 1 - Math.Pow(beta1, StepCount), squareCorrection = 1 - Math.Pow(beta2, StepCount);
        Tensor denominator = square.sqrt().mul_(1 / Math.Sqrt(squareCorrection)).add_(_options.Epsilon);
        if (slot.Parameter.Kind != ParameterKind.Vector) weight.mul_(1 - learningRate * _options.WeightDecay);
        weight.addcdiv_(slot.Momentum, denominator, -learningRate / momentumCorrection);
    }
}

using SeekSharp.Training.Models;
using SeekSharp.Training.Optimizers;
using SeekSharp.Training.Tests.Models;
using static TorchSharp.torch;

namespace SeekSharp.Training.Tests.Optimizers;

/// <summary>Optimizers against twins in plain float64.</summary>
public sealed class OptimizerTests
{
    [Fact]
    public void Two_steps_of_Muon_and_AdamW_are_those_of_plain_twins()
    {
        using TrainingModel model = TestModels.Create(TinyConfigs.Of("v3"), Precision.Float64);
        OptimizerOptions options = new() { MaxGradientNorm = 0.5, WeightDecay = 0.2 };
        using Optimizer optimizer = new(model, options);
        TokenBatch batch = TestModels.Batch(model.Config.VocabularySize, 9, 6);
        Dictionary<string, Twin> twins = model.Parameters.Where(parameter => parameter.Kind != ParameterKind.SelectionBias).ToDictionary(parameter => parameter.Name, parameter => new Twin(parameter));
        double[] rates = [0.01, 0.007];
        for (int step = 1; step <= rates.Length; step++)
        {
            using var scope = NewDisposeScope();
            model.Loss(batch).Total.backward();
            Dictionary<string, double[]> gradients = model.Parameters.Where(parameter => parameter.Value.grad is not null).ToDictionary(parameter => parameter.Name, parameter => parameter.Value.grad!.Values());
            double norm = Math.Sqrt(gradients.Values.Sum(values => values.Sum(value => value * value)));
            Assert.Equal(norm, optimizer.Step(rates[step - 1]), 1e-9 * norm);
            foreach ((string name, double[] gradient) in gradients) twins[name].Step([.. gradient.Select(value => value * Math.Min(1, 0.5 / norm))], rates[step - 1], step, options);
        }

        foreach (Parameter parameter in model.Parameters.Where(parameter => twins.ContainsKey(parameter.Name)))
        {
            // Coefficients of the iteration are float32 in LibTorch's call.
            Assert.True(TestModels.RelativeError(parameter.Value.Values(), twins[parameter.Name].Weight) < 1e-6, parameter.Name);
            Assert.Null(parameter.Value.grad);
        }
    }

    [Fact]
    public void Newton_Schulz_brings_singular_values_near_one()
    {
        Training.Native.LibTorch.Load();
        using var scope = NewDisposeScope();
        foreach (long[] shape in new long[][] { [3, 40, 16], [2, 16, 40] })
        {
            Tensor random = randn(shape, dtype: float64), turned = NewtonSchulz.Orthogonalize(random / random.square().sum([1, 2], keepdim: true).sqrt());
            Assert.Equal(shape, turned.shape);
            Assert.All(linalg.svdvals(turned).Values(), value => Assert.InRange(value, 0.5, 1.3));
        }
    }

    /// <summary>What surrounds the iteration, fused in float32 against plain in float64. Sizes are no multiples of 16.</summary>
    [Fact]
    public void Fused_passes_of_Muon_are_the_plain_ones()
    {
        Training.Native.LibTorch.Load();
        using var scope = NewDisposeScope();
        long[] shape = [5, 7, 9];
        Tensor gradient = randn(shape), momentum = randn(shape), weight = randn(shape), direction = empty(shape, ScalarType.BFloat16);
        (Tensor plainMomentum, Tensor plainWeight, Tensor plainDirection) = (momentum.to(float64), weight.to(float64), empty(shape, ScalarType.Float64));
        MuonKernel.Direction(gradient.to(float64), plainMomentum, plainDirection, 0.7, 0.95);
        MuonKernel.Direction(gradient, momentum, direction, 0.7, 0.95);
        Assert.InRange(TestModels.RelativeError(momentum.Values(), plainMomentum.Values()), 0, 1e-6);
        Assert.InRange(TestModels.RelativeError(direction.Values(), plainDirection.Values()), 0, 4e-3);
        MuonKernel.Move(plainWeight, direction.to(float64), 0.99, 0.3);
        MuonKernel.Move(weight, direction, 0.99, 0.3);
        Assert.InRange(TestModels.RelativeError(weight.Values(), plainWeight.Values()), 0, 1e-6);
    }

    [Fact]
    public void A_step_with_a_gradient_that_is_not_finite_moves_nothing()
    {
        using TrainingModel model = TestModels.Create(TinyConfigs.Of("llama"));
        using Optimizer optimizer = new(model);
        using var scope = NewDisposeScope();
        (model.Loss(TestModels.Batch(61, 5)).Total * double.NaN).backward();
        double[] before = model.Parameters[0].Value.Values();
        Assert.False(double.IsFinite(optimizer.Step(1)));
        Assert.Equal(before, model.Parameters[0].Value.Values());
        Assert.Equal(0, optimizer.StepCount);
    }

    [Fact]
    public void Schedules()
    {
        LearningRateSchedule linear = new(2, WarmUpSteps: 10, ConstantShare: 0.6, LearningRateDecay.Linear);
        Assert.Equal([0.2, 2, 2, 2, 1, 0], new long[] { 0, 9, 30, 60, 80, 100 }.Select(step => Math.Round(linear.At(step, 100), 12)));
        LearningRateSchedule cosine = new(2, Decay: LearningRateDecay.Cosine, FinalShare: 0.1);
        Assert.Equal([2, 1.1, 0.2, 0.2], new long[] { 0, 50, 100, 200 }.Select(step => Math.Round(cosine.At(step, 100), 12)));
        Assert.Equal(2, new LearningRateSchedule(2).At(1000, 100));
    }

    /// <summary>One parameter, moved by loops over its numbers.</summary>
    private sealed class Twin(Parameter parameter)
    {
        private readonly long[] _shape = parameter.Value.shape;
        private readonly ParameterKind _kind = parameter.Kind;
        private readonly double[] _momentum = new double[parameter.Count];
        private readonly double[] _square = new double[parameter.Count];

        public double[] Weight { get; } = parameter.Value.Values();

        public void Step(double[] gradient, double rate, int step, OptimizerOptions options)
        {
            double decay = _kind == ParameterKind.Vector ? 0 : options.WeightDecay;
            double[] update = _kind == ParameterKind.Matrix ? Muon(gradient, options.Momentum) : AdamW(gradient, step, options);
            for (int i = 0; i < Weight.Length; i++) Weight[i] = Weight[i] * (1 - rate * decay) - rate * update[i];
        }

        private double[] AdamW(double[] gradient, int step, OptimizerOptions options)
        {
            double[] update = new double[gradient.Length];
            for (int i = 0; i < update.Length; i++)
            {
                _momentum[i] = options.Beta1 * _momentum[i] + (1 - options.Beta1) * gradient[i];
                _square[i] = options.Beta2 * _square[i] + (1 - options.Beta2) * gradient[i] * gradient[i];
                double mean = _momentum[i] / (1 - Math.Pow(options.Beta1, step)), square = _square[i] / (1 - Math.Pow(options.Beta2, step));
                update[i] = mean / (Math.Sqrt(square) + options.Epsilon);
            }

            return update;
        }

        private double[] Muon(double[] gradient, double momentum)
        {
            int rows = (int)_shape[^2], columns = (int)_shape[^1];
            double[] update = new double[gradient.Length];
            for (int i = 0; i < update.Length; i++)
            {
                _momentum[i] = momentum * _momentum[i] + gradient[i];
                update[i] = gradient[i] + momentum * _momentum[i];
            }

            for (int start = 0; start < update.Length; start += rows * columns)
            {
                double norm = Math.Sqrt(update.AsSpan(start, rows * columns).ToArray().Sum(value => value * value)) + 1e-7;
                double[,] x = new double[rows, columns];
                for (int i = 0; i < rows * columns; i++) x[i / columns, i % columns] = update[start + i] / norm;
                for (int step = 0; step < 5; step++)
                {
                    // a X + (b X Xᵀ + c (X Xᵀ)²) X
                    double[,] gram = Multiply(x, Transpose(x)), square = Multiply(gram, gram), polynomial = new double[rows, rows];
                    for (int i = 0; i < rows * rows; i++) polynomial[i / rows, i % rows] = -4.7750 * gram[i / rows, i % rows] + 2.0315 * square[i / rows, i % rows];
                    double[,] product = Multiply(polynomial, x);
                    for (int i = 0; i < rows * columns; i++) product[i / columns, i % columns] += 3.4445 * x[i / columns, i % columns];
                    x = product;
                }

                for (int i = 0; i < rows * columns; i++) update[start + i] = 0.2 * Math.Sqrt(Math.Max(rows, columns)) * x[i / columns, i % columns];
            }

            return update;
        }

        private static double[,] Transpose(double[,] matrix)
        {
            double[,] result = new double[matrix.GetLength(1), matrix.GetLength(0)];
            for (int i = 0; i < matrix.GetLength(0); i++)
                for (int j = 0; j < matrix.GetLength(1); j++) result[j, i] = matrix[i, j];
            return result;
        }

        private static double[,] Multiply(double[,] left, double[,] right)
        {
            double[,] result = new double[left.GetLength(0), right.GetLength(1)];
            for (int i = 0; i < left.GetLength(0); i++)
                for (int k = 0; k < left.GetLength(1); k++)
                    for (int j = 0; j < right.GetLength(1); j++) result[i, j] += left[i, k] * right[k, j];
            return result;
        }
    }
}

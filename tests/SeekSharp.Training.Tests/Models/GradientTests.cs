using SeekSharp.Formats;
using SeekSharp.Training.Models;
using TorchSharp;

namespace SeekSharp.Training.Tests.Models;

/// <summary>Gradients in float64 are those of finite differences, parameter by parameter, for every kind of model and every loss.</summary>
public sealed class GradientTests
{
    private const double Step = 1e-5, Tolerance = 1e-6;

    [Theory]
    [InlineData("v3")]
    [InlineData("v3-groups-yarn")]
    [InlineData("v2-softmax-groups")]
    [InlineData("lite")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("llama3")]
    public void Gradients_are_those_of_finite_differences(string name)
    {
        ModelConfig config = TinyConfigs.Of(name);
        if (config.Architecture == Architecture.DeepSeek) config = config with { PredictionLayerCount = 1 };
        using TrainingModel model = TestModels.Create(config, Precision.Float64);
        TokenBatch batch = Weighted(config.VocabularySize);
        LossOptions options = new() { PredictionWeight = 0.3, SequenceBalanceWeight = 0.1, AuxiliaryBalanceWeight = 0.1 };
        using (torch.NewDisposeScope()) model.Loss(batch, options).Total.backward();

        // The loss is differentiable between changes of the choice of experts; a difference that crosses one is taken elsewhere.
        Random random = new(3);
        foreach (Parameter parameter in model.Parameters.Where(parameter => parameter.Kind != ParameterKind.SelectionBias))
        {
            double[] gradient = parameter.Value.grad!.Values();
            double scale = gradient.Max(Math.Abs);
            Assert.True(scale > 0, $"{parameter.Name} has no gradient.");
            for (int i = 0; i < 3; i++)
            {
                int index = random.Next(gradient.Length);
                double expected = Difference(model, batch, options, parameter, index);
                Assert.True(Math.Abs(gradient[index] - expected) <= Tolerance * Math.Max(scale, 1e-3), $"{parameter.Name}[{index}]: {gradient[index]:R}, expected {expected:R}.");
            }
        }
    }

    private static double Difference(TrainingModel model, TokenBatch batch, LossOptions options, Parameter parameter, int index)
    {
        using var _ = torch.no_grad();
        return (At(Step) - At(-Step)) / (2 * Step);

        double At(double change)
        {
            using var scope = torch.NewDisposeScope();
            Tensor number = parameter.Value.view(-1)[index];
            number.add_(change);
            double loss = model.Loss(batch, options).Total.item<double>();
            number.sub_(change);
            return loss;
        }
    }

    /// <summary>Rows of different lengths, with weights that differ and are sometimes 0.</summary>
    private static TokenBatch Weighted(int vocabulary)
    {
        Random random = new(11);
        return TokenBatch.Create([.. new[] { 7, 5 }.Select(length => new TrainingSequence(
            Enumerable.Range(0, length).Select(_ => random.Next(vocabulary)).ToArray(),
            Enumerable.Range(0, length).Select(i => i < 3 ? 0f : 0.5f + 0.1f * i).ToArray()))], lengthStep: 8);
    }
}

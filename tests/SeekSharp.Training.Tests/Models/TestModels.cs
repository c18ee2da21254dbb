using SeekSharp.Formats;
using SeekSharp.Training.Models;
using TorchSharp;

namespace SeekSharp.Training.Tests.Models;

/// <summary>Models and batches for tests.</summary>
internal static class TestModels
{
    /// <summary>A model whose every parameter matters: no weight is 1, no bias 0, and logits are of the size of trained ones.</summary>
    public static TrainingModel Create(ModelConfig config, Precision precision = Precision.Float32, ulong seed = 1)
    {
        TrainingModel model = TrainingModel.Create(config, seed, new TrainingModelOptions { Precision = precision, InitialDeviation = 0.15 });
        using var scope = torch.NewDisposeScope();
        using var _ = torch.no_grad();
        using torch.Generator random = new(seed + 1);
        foreach (Parameter parameter in model.Parameters.Where(parameter => parameter.Kind is ParameterKind.Vector or ParameterKind.SelectionBias))
            parameter.Value.add_(torch.randn(parameter.Value.shape, generator: random).mul_(0.1).to(parameter.Value.dtype));
        return model;
    }

    /// <summary>Rows of different lengths.</summary>
    public static TokenBatch Batch(int vocabulary, params int[] lengths)
    {
        Random random = new(7);
        return TokenBatch.Create([.. lengths.Select(length => new TrainingSequence(Enumerable.Range(0, length + 1).Select(_ => random.Next(vocabulary)).ToArray()))], lengthStep: 1);
    }

    /// <summary>A tensor's numbers.</summary>
    public static double[] Values(this Tensor tensor)
    {
        using Tensor values = tensor.detach().to(torch.float64).contiguous();
        return values.data<double>().ToArray();
    }

    /// <summary>|actual - expected| / |expected|.</summary>
    public static double RelativeError(IReadOnlyList<double> actual, IReadOnlyList<double> expected)
    {
        Assert.Equal(expected.Count, actual.Count);
        double error = 0, size = 0;
        for (int i = 0; i < actual.Count; i++)
        {
            error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            size += expected[i] * expected[i];
        }

        double relative = size == 0 && error == 0 ? 0 : Math.Sqrt(error / size);
        return double.IsFinite(relative) ? relative : double.PositiveInfinity; // not a number must not pass
    }
}

using SeekSharp.Training.Models;
using TorchSharp;

namespace SeekSharp.Training.Tests.Models;

/// <summary>The loss of multi-token prediction against a twin in plain loops.</summary>
public sealed class MultiTokenPredictionTests
{
    /// <summary>
    /// A model whose prediction layers are blind: their layer adds nothing (output projections are 0) and the projection takes the embedding half alone, so that depth k predicts from the
    /// embedding of token i + k. The twin computes that from the numbers of the weights.
    /// </summary>
    [Fact]
    public void The_loss_is_that_of_a_twin_in_plain_loops()
    {
        const int depth = 2;
        using TrainingModel model = TestModels.Create(TinyConfigs.Of("v3") with { PredictionLayerCount = depth }, Precision.Float64);
        int hidden = model.Config.HiddenSize, vocabulary = model.Config.VocabularySize, first = model.Config.LayerCount;
        Dictionary<string, Parameter> parameters = model.Parameters.ToDictionary(parameter => parameter.Name);
        using (torch.no_grad())
        {
            for (int layer = first; layer < first + depth; layer++)
            {
                parameters[$"model.layers.{layer}.self_attn.o_proj.weight"].Value.zero_();
                parameters[$"model.layers.{layer}.mlp.experts.down_proj.weight"].Value.zero_();
                parameters[$"model.layers.{layer}.mlp.shared_experts.down_proj.weight"].Value.zero_();
                parameters[$"model.layers.{layer}.eh_proj.weight"].Value.narrow(1, hidden, hidden).zero_();
            }
        }

        int[] tokens = [3, 14, 15, 9, 26, 5];
        float[] weights = [0, 1, 0.5f, 0, 2, 1];
        TokenBatch batch = TokenBatch.Create([new TrainingSequence(tokens, weights), new TrainingSequence(new[] { 1, 2 })], lengthStep: 4);
        double expected = 0;
        for (int k = 1; k <= depth; k++)
        {
            double sum = 0, weight = 0;
            for (int i = 0; i + k + 1 < tokens.Length; i++)
            {
                // position i, embedding of token i + k, target i + k + 1
                if (weights[i + k + 1] == 0) continue;
                sum += weights[i + k + 1] * CrossEntropy(first + k - 1, tokens[i + k], tokens[i + k + 1]);
                weight += weights[i + k + 1];
            }

            expected += sum / weight / depth; // the second sequence is too short to have a target
        }

        using var scope = torch.NewDisposeScope();
        TrainingLoss loss = model.Loss(batch, new LossOptions { PredictionWeight = 0.3 });
        Assert.Equal(expected, loss.Prediction, 1e-10);
        Assert.Equal(loss.CrossEntropy + 0.3 * loss.Prediction, loss.Total.item<double>(), 1e-10);
        Assert.Equal(loss.CrossEntropy, model.Loss(batch).Total.item<double>(), 1e-12);

        double CrossEntropy(int layer, int token, int target)
        {
            double[] normed = Norm(Row("model.embed_tokens.weight", token, hidden), $"model.layers.{layer}.enorm.weight");
            double[] h = [.. Enumerable.Range(0, hidden).Select(row => Dot(Row($"model.layers.{layer}.eh_proj.weight", row, 2 * hidden), normed))];
            double[] output = Norm(h, $"model.layers.{layer}.shared_head.norm.weight");
            double[] logits = [.. Enumerable.Range(0, vocabulary).Select(row => Dot(Row("lm_head.weight", row, hidden), output))];
            return Math.Log(logits.Sum(Math.Exp)) - logits[target];
        }

        double[] Row(string name, int row, int columns) => parameters[name].Value.Values()[(row * columns)..((row + 1) * columns)];

        double[] Norm(double[] values, string name)
        {
            double[] weight = parameters[name].Value.Values();
            double scale = 1 / Math.Sqrt(values.Average(value => value * value) + model.Config.NormEpsilon);
            return [.. values.Select((value, i) => value * scale * weight[i])];
        }

        static double Dot(double[] left, double[] right) => right.Select((value, i) => value * left[i]).Sum();
    }
}

using SeekSharp.Formats;
using SeekSharp.Inference;

namespace SeekSharp.Tests.Models;

/// <summary>
/// Holds the prediction module to DeepSeek-V3 §2.2 (equations 21 to 23), written down once more in float64. Its decoder layer is the one that other tests hold
/// to llama.cpp: the reference runs it as the only layer of a model whose embeddings are the joined inputs.
/// </summary>
public sealed class PredictionModuleTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LogitsAreThoseOfTheEquations(bool isShared)
    {
        (ModelConfig config, TensorCollection random) = PredictionModel.CreateRandom(isShared);
        using TensorCollection tensors = random;
        int[] tokens = [.. Enumerable.Range(0, 90).Select(i => (7 * i * i + 37 * i + 11) % 250)];
        const int foreseen = 3;
        float[][] expected = [.. Reference(config, tensors, tokens, foreseen, isShared)];

        using LanguageModel model = LanguageModel.Build(config, tensors, options: new LoadOptions { LoadsPrediction = true });
        Assert.True(model.HasPrediction);
        using var engine = new Engine(model, Evaluation.Options);
        using Sequence sequence = engine.CreateSequence();
        EnginePrediction module = engine.Prediction!;
        int count = tokens.Length - 1, row = 0;
        foreach (int end in new[] { 1, 2, 33, 64, count })
        {
            int start = sequence.Length;
            engine.Step([new StepItem(sequence, tokens.AsMemory(start, end - start), wantsLogits: false)]);
            module.Begin(followsStep: true);
            row = module.Add(sequence, start, engine.FirstRow(0), tokens.AsSpan(start + 1, end - start), foresees: true);
            module.Run();
            AssertClose(expected[end - 1], module.Logits(0).ToArray());
        }

        for (int i = 0; i < foreseen; i++)
        {
            int draft = module.MostProbable(0, config.VocabularySize);
            Assert.True(sequence.Pages.TryReserve(count, count + i + 1));
            module.Begin(followsStep: false);
            row = module.Add(sequence, count + i, row, [draft], foresees: true);
            module.Run();
            AssertClose(expected[count + i], module.Logits(0).ToArray());
        }
    }

    [Fact]
    public void AModelWithoutItsModuleIsTheSame()
    {
        (ModelConfig config, TensorCollection random) = PredictionModel.CreateRandom(isShared: true);
        using TensorCollection tensors = random;
        using LanguageModel with = LanguageModel.Build(config, tensors, options: new LoadOptions { LoadsPrediction = true });
        using LanguageModel without = LanguageModel.Build(config, tensors), none = LanguageModel.Build(config with { PredictionLayerCount = 0 }, tensors);
        Assert.False(without.HasPrediction);
        Matrix logits = Evaluation.Logits(none, [1, 2, 3, 4, 5]);
        Evaluation.Logits(with, [1, 2, 3, 4, 5]).AssertSameBits(logits, "with");
        Evaluation.Logits(without, [1, 2, 3, 4, 5]).AssertSameBits(logits, "without");

        tensors.Dispose();
        using TensorCollection incomplete = new();
        Assert.Throws<ModelFormatException>(() => LanguageModel.Build(config, incomplete, options: new LoadOptions { LoadsPrediction = true }));
    }

    /// <summary>The module's logits behind each token with a known successor, then behind what the module itself foresees.</summary>
    private static IEnumerable<float[]> Reference(ModelConfig config, TensorCollection tensors, int[] tokens, int foreseen, bool isShared)
    {
        int hidden = config.HiddenSize, count = tokens.Length - 1;
        float[] Module(string name, string? shared = null) =>
            PredictionModel.Values(tensors.Find(isShared && shared is not null ? shared : $"blk.{config.LayerCount}.nextn.{name}.weight")!);
        float[] embedding = Module("embed_tokens", "token_embd.weight"), enorm = Module("enorm"), hnorm = Module("hnorm"), projection = Module("eh_proj");
        float[] outputNorm = Module("shared_head_norm", "output_norm.weight"), head = Module("shared_head_head", "output.weight");

        // A model that ends in the identity shows its hidden states, behind its norm. Without weights, the norm of the module's own takes only their length, which the norm h
        // takes away anyway.
        using LanguageModel main = Build(config with { PredictionLayerCount = 0 }, tensors, 0, config.LayerCount, Values("token_embd.weight"), Values("output_norm.weight"), Identity(config, hidden));
        Matrix states = Evaluation.Logits(main, tokens.AsSpan(0, count));
        var joined = new List<double[]>();
        for (int i = 0; i < count; i++) joined.Add(Join(tokens[i + 1], states.Row(i), config.NormEpsilon));
        for (int i = 0; ; i++)
        {
            float[] inputs = new float[config.VocabularySize * hidden];
            for (int row = 0; row < joined.Count; row++)
                for (int column = 0; column < hidden; column++) inputs[row * hidden + column] = (float)joined[row][column];
            Matrix logits = RunLayer(inputs, outputNorm, head);
            for (int row = i == 0 ? 0 : joined.Count - 1; row < joined.Count; row++) yield return logits.Row(row).ToArray();
            if (i == foreseen) yield break;
            Matrix own = RunLayer(inputs, Ones(hidden), Identity(config, hidden));
            joined.Add(Join(Array.IndexOf(logits.Row(joined.Count - 1).ToArray(), logits.Row(joined.Count - 1).ToArray().Max()), own.Row(joined.Count - 1), 0));
        }

        float[] Values(string name) => PredictionModel.Values(tensors.Find(name)!);

        Matrix RunLayer(float[] inputs, float[] norm, float[] matrix)
        {
            ModelConfig single = config with { LayerCount = 1, PredictionLayerCount = 0, MixtureOfExperts = config.MixtureOfExperts! with { LeadingDenseLayers = 0 } };
            using LanguageModel layer = Build(single, tensors, config.LayerCount, 1, inputs, norm, matrix);
            return Evaluation.Logits(layer, Enumerable.Range(0, joined.Count).ToArray());
        }

        double[] Join(int token, ReadOnlySpan<float> state, double epsilon)
        {
            double[] both = [.. Norm(embedding.AsSpan(token * hidden, hidden), enorm, config.NormEpsilon), .. Norm(state[..hidden], hnorm, epsilon)];
            double[] result = new double[hidden];
            for (int row = 0; row < hidden; row++)
                for (int column = 0; column < 2 * hidden; column++) result[row] += projection[row * 2 * hidden + column] * both[column];
            return result;
        }
    }

    private static double[] Norm(ReadOnlySpan<float> vector, float[] weight, double epsilon)
    {
        double sum = 0;
        foreach (float value in vector) sum += (double)value * value;
        double scale = 1 / Math.Sqrt(sum / vector.Length + epsilon);
        double[] normed = new double[vector.Length];
        for (int i = 0; i < normed.Length; i++) normed[i] = vector[i] * scale * weight[i];
        return normed;
    }

    /// <summary>A model of some of the layers, with another beginning and end.</summary>
    private static LanguageModel Build(ModelConfig config, TensorCollection tensors, int firstLayer, int layers, float[] embedding, float[] norm, float[] head)
    {
        using TensorCollection some = new();
        some.Add("token_embd.weight", [config.VocabularySize, config.HiddenSize], embedding);
        some.Add("output_norm.weight", [config.HiddenSize], norm);
        some.Add("output.weight", [config.VocabularySize, config.HiddenSize], head);
        foreach (Tensor tensor in tensors)
        {
            string[] parts = tensor.Name.Split('.', 3);
            if (parts[0] != "blk" || parts[2].StartsWith("nextn", StringComparison.Ordinal)) continue;
            int layer = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) - firstLayer;
            if (layer >= 0 && layer < layers) some.Add($"blk.{layer}.{parts[2]}", [.. tensor.Shape], PredictionModel.Values(tensor));
        }

        return LanguageModel.Build(config, some);
    }

    private static float[] Ones(int count) => [.. Enumerable.Repeat(1f, count)];

    private static float[] Identity(ModelConfig config, int hidden) =>
        [.. Enumerable.Range(0, config.VocabularySize * hidden).Select(i => i / hidden == i % hidden ? 1f : 0)];

    private static void AssertClose(float[] expected, float[] actual)
    {
        double error = new Matrix(1, actual.Length, actual).RelativeRms(new Matrix(1, expected.Length, expected));
        Assert.InRange(error, 0, 1e-5);
    }
}

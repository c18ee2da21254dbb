using SeekSharp.Formats;
using SeekSharp.Inference;

namespace SeekSharp.Tests.Models;

/// <summary>Models with a prediction module.</summary>
internal static class PredictionModel
{
    /// <summary>The tensors of tiny-deepseek-v3, whose last layer becomes that of a prediction module; what the module has beside a layer is random.</summary>
    /// <param name="isShared">Whether embedding, norm and head are the model's own.</param>
    public static unsafe (ModelConfig Config, TensorCollection Tensors) CreateRandom(bool isShared)
    {
        using ModelFile file = ModelFile.Open(Oracle.Path("tiny-deepseek-v3.gguf"));
        var tensors = new TensorCollection();
        foreach (Tensor tensor in file.Tensors)
            tensors.Add(tensor.Name, tensor.Type, [.. tensor.Shape], new ReadOnlySpan<byte>(tensor.Data, checked((int)tensor.ByteCount)));
        ModelConfig config = file.Config with { LayerCount = file.Config.LayerCount - 1, PredictionLayerCount = 1 };
        int hidden = config.HiddenSize;
        var random = new Random(7);
        Add("eh_proj", [hidden, 2 * hidden], 0, 0.15);
        Add("enorm", [hidden], 1, 0.2);
        Add("hnorm", [hidden], 1, 0.2);
        if (!isShared)
        {
            Add("embed_tokens", [config.VocabularySize, hidden], 0, 1);
            Add("shared_head_norm", [hidden], 1, 0.2);
            Add("shared_head_head", [config.VocabularySize, hidden], 0, 0.2);
        }

        return (config, tensors);

        void Add(string name, int[] shape, double mean, double spread)
        {
            float[] values = new float[shape.Aggregate(1, (product, length) => product * length)];
            for (int i = 0; i < values.Length; i++) values[i] = (float)(mean + spread * (random.NextDouble() - 0.5) * 2);
            tensors.Add($"blk.{config.LayerCount}.nextn.{name}.weight", shape, values);
        }
    }

    /// <summary>A model whose module is always right: every token is followed by the next higher one, and both model and module look at the last token alone.</summary>
    /// <param name="vocabulary">Number of tokens, at most 64.</param>
    /// <param name="wrongEvery">The module is wrong behind each so manieth token; 0: never.</param>
    public static LanguageModel CreateSuccessor(int vocabulary, int wrongEvery = 0)
    {
        (ModelConfig config, TensorCollection random) = CreateRandom(isShared: true);
        using TensorCollection source = random, tensors = new();
        int hidden = config.HiddenSize;
        foreach (Tensor tensor in source)
        {
            // Blocks add nothing to the residual stream.
            bool addsNothing = tensor.Name.Contains("attn_output", StringComparison.Ordinal) || tensor.Name.Contains("ffn_down", StringComparison.Ordinal);
            float[] values = Values(tensor);
            if (addsNothing) Array.Clear(values);
            if (tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal)) Array.Fill(values, 1);
            switch (tensor.Name)
            {
                case "token_embd.weight": values = Matrix(vocabulary, hidden, (row, column) => row == column ? 1 : 0); break;
                case "output.weight": values = Matrix(vocabulary, hidden, (row, column) => row == (column + 1) % vocabulary ? 1 : 0); break;
                case "blk.2.nextn.eh_proj.weight": values = Matrix(hidden, 2 * hidden, (row, column) => row == Seen(column) ? 1 : 0); break;
            }

            int[] shape = tensor.Name is "token_embd.weight" or "output.weight" ? [vocabulary, hidden] : [.. tensor.Shape];
            tensors.Add(tensor.Name, shape, values);
        }

        return LanguageModel.Build(config with { VocabularySize = vocabulary }, tensors, options: new LoadOptions { LoadsPrediction = true });

        int Seen(int token) => wrongEvery > 0 && token < hidden && token % wrongEvery == 0 ? (token + 1) % hidden : token;
    }

    public static float[] Values(Tensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        Dequantizer.ToFloat32(tensor, values);
        return values;
    }

    private static float[] Matrix(int rows, int columns, Func<int, int, float> element) =>
        [.. Enumerable.Range(0, rows * columns).Select(i => element(i / columns, i % columns))];
}

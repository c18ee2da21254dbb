using SeekSharp.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Inference;

/// <summary>A loaded model with its tokenizer. Immutable: any number of engines and sequences share it.</summary>
public sealed class LanguageModel : IDisposable
{
    /// <summary>The configuration.</summary>
    public ModelConfig Config => throw new NotImplementedException();

    /// <summary>The tokenizer, or null for a model that was built from tensors in memory.</summary>
    public Tokenizer? Tokenizer => throw new NotImplementedException();

    /// <summary>Bytes of memory that the weights occupy.</summary>
    public long WeightBytes => throw new NotImplementedException();

    /// <summary>Loads a GGUF file or a Hugging Face folder.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="options">How to load, or null for the defaults.</param>
    /// <returns>The model.</returns>
    public static LanguageModel Load(string path, LoadOptions? options = null) => throw new NotImplementedException(path);

    /// <summary>Builds a model from tensors, for instance in memory.</summary>
    /// <param name="config">What the tensors are.</param>
    /// <param name="weights">The tensors, under GGUF's names.</param>
    /// <param name="options">How to load, or null for the defaults.</param>
    /// <returns>The model. It keeps copies: the source may be disposed.</returns>
    public static LanguageModel Build(ModelConfig config, IWeightSource weights, LoadOptions? options = null) =>
        throw new NotImplementedException(config.Name);

    /// <inheritdoc/>
    public void Dispose() { }
}

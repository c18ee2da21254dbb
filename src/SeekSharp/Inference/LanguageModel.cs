using System.Security.Cryptography;
using SeekSharp.Formats;
using SeekSharp.Models;
using SeekSharp.Tokenizers;
using SeekSharp.Weights;

namespace SeekSharp.Inference;

/// <summary>A loaded model with its tokenizer. Immutable: any number of engines and sequences share it.</summary>
public sealed class LanguageModel : IDisposable
{
    private readonly PackedWeights _weights;
    private readonly Transformer _transformer;
    private readonly Tokenizer? _tokenizer;
    private readonly string? _tokenizerProblem;
    private bool _disposed;

    private LanguageModel(PackedWeights weights, Transformer transformer, Tokenizer? tokenizer, string? tokenizerProblem, string? chatTemplate, byte[]? identity)
    {
        Identity = identity;
        _weights = weights;
        _transformer = transformer;
        _tokenizer = tokenizer;
        _tokenizerProblem = tokenizerProblem;
        ChatTemplate = chatTemplate;
    }

    /// <summary>The configuration.</summary>
    public ModelConfig Config => _transformer.Config;

    /// <summary>The tokenizer.</summary>
    /// <exception cref="ModelFormatException">The model came without a tokenizer, or with one that cannot be used; the message says why.</exception>
    public Tokenizer Tokenizer => _tokenizer ?? throw new ModelFormatException(_tokenizerProblem ?? "The model was built without a tokenizer.");

    /// <summary>The chat template (Jinja) of the model file, or null.</summary>
    public string? ChatTemplate { get; }

    /// <summary>Bytes of memory that the weights occupy.</summary>
    public long WeightBytes => _weights.ByteCount;

    /// <summary>How the weights came into the form in which kernels read them.</summary>
    public WeightOrigin WeightOrigin => _weights.Origin;

    /// <summary>Whether a multi-token-prediction module was loaded (<see cref="LoadOptions.LoadsPrediction"/>).</summary>
    public bool HasPrediction => _transformer.Prediction is not null;

    /// <summary>What the cache of routed experts has done so far; null where all weights are in memory (see <see cref="LoadOptions.WeightMemory"/>).</summary>
    public ExpertCacheStatistics? ExpertCache => (_weights as StreamedWeights)?.Statistics;

    /// <summary>A hash of the model's files (length, time, header) and of how they were loaded; null for a model in memory.</summary>
    internal byte[]? Identity { get; }

    /// <summary>The layers.</summary>
    internal Transformer Transformer => _disposed ? throw new ObjectDisposedException(nameof(LanguageModel)) : _transformer;

    /// <summary>Loads a GGUF file or a Hugging Face folder.</summary>
    /// <param name="path">A file (any part of a split one) or a folder.</param>
    /// <param name="options">How to load, or null for the defaults.</param>
    /// <returns>The model. The file is closed again.</returns>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="ModelFormatException">The file is damaged, or is a model of a kind that is not supported.</exception>
    /// <exception cref="NotSupportedException"><see cref="LoadOptions.WeightMemory"/> is less than the model needs.</exception>
    /// <exception cref="IOException">Experts are to be kept on disk, and cannot.</exception>
    public static LanguageModel Load(string path, LoadOptions? options = null)
    {
        using ModelFile file = ModelFile.Open(path);
        ModelConfig config = file.Config;
        Task<Tokenizer> tokenizer = Task.Run(() => Tokenizer.FromModel(file));
        string? problem = null;
        PackedWeights? weights = null;
        try
        {
            (weights, Transformer transformer) = new ModelLoading(config, file, file.Path, options ?? new LoadOptions()).Run();
            try
            {
                tokenizer.GetAwaiter().GetResult();
            }
            catch (ModelFormatException exception)
            {
                // A model can be measured and compared without one; whoever needs it is told then.
                problem = exception.Message;
            }

            return new LanguageModel(weights, transformer, problem is null ? tokenizer.Result : null, problem, file.ChatTemplate, IdentityOf(file, options ?? new LoadOptions()));
        }
        catch
        {
            weights?.Dispose();
            // The file must not be unmapped under the tokenizer's feet.
            ((IAsyncResult)tokenizer).AsyncWaitHandle.WaitOne();
            throw;
        }
    }

    /// <summary>Builds a model from tensors, for instance in memory.</summary>
    /// <param name="config">What the tensors are.</param>
    /// <param name="weights">The tensors, under GGUF's names. They are copied: the source may be disposed afterwards.</param>
    /// <param name="tokenizer">The tokenizer, or null where text is not needed.</param>
    /// <param name="options">How to load, or null for the defaults.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ModelFormatException">A tensor is missing or has another shape than the configuration asks for.</exception>
    public static LanguageModel Build(ModelConfig config, IWeightSource weights, Tokenizer? tokenizer = null, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        string name = config.Name.Length > 0 ? config.Name : "model in memory";
        (PackedWeights packed, Transformer transformer) = new ModelLoading(config.Validate(name), weights, name, options ?? new LoadOptions()).Run();
        return new LanguageModel(packed, transformer, tokenizer, null, null, null);
    }

    private static byte[] IdentityOf(ModelFile file, LoadOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([(byte)(options.ExpandToFloat32 ? 1 : 0), (byte)options.LatentAttention, (byte)(options.LoadsPrediction ? 1 : 0)]);
        file.AppendIdentity(hash);
        return hash.GetHashAndReset();
    }

    /// <summary>Frees the weights. Engines of this model cannot be used afterwards.</summary>
    public void Dispose()
    {
        _disposed = true;
        _weights.Dispose();
    }
}

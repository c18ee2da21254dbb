using System.Globalization;
using SeekSharp.Formats;
using SeekSharp.Training.Native;
using SeekSharp.Training.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace SeekSharp.Training.Models;

/// <summary>
/// A language model with gradients: the architecture of the engine's <see cref="ModelConfig"/> in TorchSharp. DeepSeek V2 and V3 (latent attention,
/// mixture of experts, multi-token prediction) and the dense shapes of Qwen2, Qwen3 and Llama.
/// </summary>
/// <remarks>
/// Tensors that a call returns live in the dispose scope that is open at the call: open one per step (torch.NewDisposeScope), or memory grows.
/// Not for several threads at once.
/// </remarks>
public sealed class TrainingModel : IDisposable
{
    private readonly List<Parameter> _parameters = [];
    private readonly TrainingModelOptions _options;
    private readonly Device _device;
    private readonly Tensor _embedding;
    private readonly Tensor _head;
    private readonly List<DecoderLayer> _layers = [];
    private readonly RmsNorm _norm;
    private readonly List<MultiTokenPrediction> _predictions = [];

    private TrainingModel(ModelConfig config, ulong seed, TrainingModelOptions options)
    {
        Config = config;
        _options = options;
        _device = device(options.Device);
        using IDisposable scope = NewDisposeScope();
        using Generator random = new(seed);
        double deviation = options.InitialDeviation ?? 0.5 / Math.Sqrt(config.HiddenSize);
        ParameterBuilder builder = new(_parameters, random, options.Precision.Master(), _device, deviation);
        ParameterBuilder model = builder.Within("model");
        _embedding = model.Embedding("embed_tokens.weight", config.VocabularySize, config.HiddenSize);
        for (int layer = 0; layer < config.LayerCount; layer++) _layers.Add(new DecoderLayer(config, layer, Layer(layer)));
        _norm = new RmsNorm(model.Ones("norm.weight", config.HiddenSize), config.NormEpsilon);
        _head = config.TiedEmbeddings ? _embedding : builder.Embedding("lm_head.weight", config.VocabularySize, config.HiddenSize);
        for (int depth = 0; depth < config.PredictionLayerCount; depth++)
            _predictions.Add(new MultiTokenPrediction(config, config.LayerCount + depth, Layer(config.LayerCount + depth)));

        ParameterBuilder Layer(int layer) => model.Within("layers").Within(layer.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>What the model is.</summary>
    public ModelConfig Config { get; }

    /// <summary>In which type it computes.</summary>
    public Precision Precision => _options.Precision;

    /// <summary>All tensors that a checkpoint keeps.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Load of the experts, one entry per mixture layer, prediction layers last. Counted by every forward pass until it is cleared.</summary>
    public IReadOnlyList<RouterStatistics> RouterStatistics => [.. Routers.Select(router => router.Statistics)];

    private IEnumerable<Router> Routers => _layers.Select(layer => layer.Router).Concat(_predictions.Select(prediction => prediction.Router)).OfType<Router>();

    /// <summary>Makes a model with random weights.</summary>
    /// <param name="config">What it shall be.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="options">How it is trained, or null for the defaults.</param>
    /// <returns>The model.</returns>
    /// <exception cref="LibTorchException">LibTorch cannot be loaded.</exception>
    /// <exception cref="ModelFormatException">The configuration contradicts itself.</exception>
    public static TrainingModel Create(ModelConfig config, ulong seed, TrainingModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        LibTorch.Load();
        return new TrainingModel(config.Validate(config.Name.Length > 0 ? config.Name : "model"), seed, options ?? new TrainingModelOptions());
    }

    /// <summary>The logits behind every token.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="replay">Choices that replace those of the routers, or null.</param>
    /// <returns>[rows, length, vocabulary], in the type of activations; what is behind padding means nothing.</returns>
    public Tensor Forward(TokenBatch batch, RouterReplay? replay = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = Head(_norm.Forward(Hidden(batch, Pass(batch, replay))));
        return logits.view(batch.Rows, batch.Length, -1).MoveToOuterDisposeScope();
    }

    /// <summary>Log-probabilities of the tokens that are to be predicted, with gradient: what policy gradients differentiate.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="replay">Choices that replace those of the routers, or null.</param>
    /// <returns>
    /// One number per position whose weight is not 0, row by row, in the order of <see cref="TokenBatch.Weights"/>. The weights themselves are not applied.
    /// </returns>
    public Tensor LogProbabilities(TokenBatch batch, RouterReplay? replay = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using DisposeScope scope = NewDisposeScope();
        Tensor hidden = _norm.Forward(Hidden(batch, Pass(batch, replay)));
        return LogProbabilities(hidden, batch.Targets, batch.Weights).MoveToOuterDisposeScope();
    }

    /// <summary>The loss of a batch: weighted mean of the cross-entropies, and what the options add.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="options">What is added, or null for nothing.</param>
    /// <param name="replay">Choices that replace those of the routers, or null.</param>
    /// <returns>The loss and its parts.</returns>
    /// <exception cref="ArgumentException">No token of the batch is to be predicted.</exception>
    public TrainingLoss Loss(TokenBatch batch, LossOptions? options = null, RouterReplay? replay = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        options ??= new LossOptions();
        using DisposeScope scope = NewDisposeScope();
        ForwardPass pass = Pass(batch, replay);
        Tensor hidden = _norm.Forward(Hidden(batch, pass));
        Tensor crossEntropy = CrossEntropy(hidden, batch.Targets, batch.Weights) ?? throw new ArgumentException("No token of the batch is to be predicted.", nameof(batch));
        Tensor total = crossEntropy;
        Tensor? prediction = options.PredictionWeight > 0 ? PredictionLoss(hidden, batch, pass) : null;
        if (prediction is not null) total = total + options.PredictionWeight * prediction;
        Tensor? balance = Balance(pass, options);
        if (balance is not null) total = total + balance;
        return new TrainingLoss(total.MoveToOuterDisposeScope(), Value(crossEntropy), Value(prediction), Value(balance));
    }

    /// <summary>Moves the selection biases by the load since the last call, and starts to count again. Call it after each step.</summary>
    /// <param name="speed">γ of DeepSeek-V3 §4.2: 0.001, at the end 0.</param>
    public void UpdateSelectionBias(double speed)
    {
        foreach (Router router in Routers)
        {
            router.UpdateSelectionBias(speed);
            router.Statistics.Clear();
        }
    }

    /// <summary>Forgets the gradients.</summary>
    public void ClearGradients()
    {
        foreach (Parameter parameter in _parameters)
        {
            parameter.Value.grad?.Dispose();
            parameter.Value.grad = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ClearGradients();
        foreach (Parameter parameter in _parameters) parameter.Value.Dispose();
    }

    private ForwardPass Pass(TokenBatch batch, RouterReplay? replay) => new(
        new Dimensions(batch.Rows, batch.Length), batch.Lengths, RotaryTable.Create(Config, batch.Length, _options.Precision.Master(), _device), replay);

    /// <summary>The residual stream behind the last layer, [tokens, hidden].</summary>
    private Tensor Hidden(TokenBatch batch, ForwardPass pass)
    {
        Tensor hidden = Embed(batch.Tokens);
        foreach (DecoderLayer layer in _layers) hidden = layer.Forward(hidden, pass);
        return hidden;
    }

    private Tensor Embed(int[] tokens) => EmbeddingOperation.Apply(_embedding, tokens, _options.Precision.Compute());

    private Tensor Head(Tensor normed) => nn.functional.linear(normed, _head.to(normed.dtype)); // [tokens, vocabulary]

    /// <summary>Only rows that are in the loss see the head: on prompts and padding it would be computed for nothing.</summary>
    private Tensor LogProbabilities(Tensor normed, int[] targets, float[] weights)
    {
        int[] rows = [.. Enumerable.Range(0, weights.Length).Where(row => weights[row] != 0)];
        Tensor chosen = rows.Length == weights.Length ? normed : normed.index_select(0, tensor(rows, dtype: ScalarType.Int64, device: _device));
        return LogProbabilityOperation.Apply(Head(chosen), [.. rows.Select(row => targets[row])]);
    }

    /// <summary>Null where nothing is to be predicted.</summary>
    private Tensor? CrossEntropy(Tensor normed, int[] targets, float[] weights)
    {
        float[] used = [.. weights.Where(weight => weight != 0)];
        if (used.Length == 0) return null;
        Tensor logProbabilities = LogProbabilities(normed, targets, weights);
        return -(logProbabilities * tensor(used).to(logProbabilities.dtype, _device)).sum() / used.Sum(weight => (double)weight);
    }

    /// <summary>Mean over the depths of their cross-entropies (DeepSeek-V3 equations 24 and 25, without λ).</summary>
    private Tensor? PredictionLoss(Tensor hidden, TokenBatch batch, ForwardPass pass)
    {
        Tensor? sum = null;
        int[] next = batch.Targets; // behind depth k: the token at position i + k
        float[] weights = batch.Weights;
        foreach (MultiTokenPrediction prediction in _predictions)
        {
            hidden = prediction.Forward(hidden, Embed(next), pass);
            (next, weights) = (Shift(next, batch), Shift(weights, batch));
            if (CrossEntropy(prediction.OutputNorm.Forward(hidden), next, weights) is { } loss) sum = sum is null ? loss : sum + loss;
        }

        return sum is null ? null : sum / _predictions.Count;
    }

    /// <summary>Every row one position to the left.</summary>
    private static T[] Shift<T>(T[] values, TokenBatch batch)
    {
        T[] shifted = new T[values.Length];
        for (int row = 0; row < batch.Rows; row++) Array.Copy(values, row * batch.Length + 1, shifted, row * batch.Length, batch.Length - 1);
        return shifted;
    }

    private Tensor? Balance(ForwardPass pass, LossOptions options)
    {
        Tensor? sum = null;
        if (Config.MixtureOfExperts is not { } config) return null;
        foreach (RouterResult router in pass.Routers)
        {
            if (options.SequenceBalanceWeight > 0) Add(options.SequenceBalanceWeight * BalanceLoss.SequenceWise(router, config, pass));
            if (options.AuxiliaryBalanceWeight > 0) Add(options.AuxiliaryBalanceWeight * BalanceLoss.ExpertLevel(router, config, pass));
        }

        return sum;

        void Add(Tensor loss) => sum = sum is null ? loss : sum + loss;
    }

    private static double Value(Tensor? scalar)
    {
        if (scalar is null) return 0;
        using Tensor value = scalar.detach().to(ScalarType.Float64, CPU);
        return value.item<double>();
    }
}

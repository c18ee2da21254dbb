using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Models;
using SeekSharp.Tokenizers;
using SeekSharp.Training.Checkpoints;
using SeekSharp.Training.Models;

namespace SeekSharp.Training.Stages;

/// <summary>SeekSharp's engine as the writer of many replies at once: of a model file, or of weights that are being trained, handed over in memory.</summary>
internal sealed class RolloutEngine : IDisposable
{
    /// <summary>Replies that are written at the same time: enough to keep the processor busy, few enough for the cache.</summary>
    private const int MostAtOnce = 512;
    private const int SmallestStep = 512;

    private readonly LanguageModel _model;
    private readonly int _threads;
    private readonly CacheType _cacheType;

    private RolloutEngine(LanguageModel model, int threads, CacheType cacheType) => (_model, _threads, _cacheType) = (model, threads, cacheType);

    /// <summary>The model.</summary>
    public LanguageModel Model => _model;

    /// <summary>Takes the weights that a model has now.</summary>
    public static RolloutEngine Of(TrainingModel model, Tokenizer tokenizer, int threads)
    {
        TensorType type = model.Precision == Precision.BFloat16 ? TensorType.BF16 : TensorType.F32;
        using TensorCollection weights = EngineWeights.From(model, type);
        ModelConfig config = model.Config with { PredictionLayerCount = 0 };
        return new(LanguageModel.Build(config, weights, tokenizer, new LoadOptions { Threads = threads }), threads, CacheType.F32);
    }

    /// <summary>Loads a model file or folder.</summary>
    public static RolloutEngine Load(string path, int threads) => new(LanguageModel.Load(path, new LoadOptions { Threads = threads }), threads, CacheType.F16);

    /// <summary>Writes replies, all of them side by side.</summary>
    /// <param name="requests">What shall be continued.</param>
    /// <param name="cancellation">Ends all replies.</param>
    /// <returns>One reply per request, in order. The same requests give the same replies.</returns>
    /// <exception cref="ArgumentException">A prompt leaves no room in the model's context.</exception>
    public IReadOnlyList<Rollout> Run(IReadOnlyList<RolloutRequest> requests, CancellationToken cancellation)
    {
        if (requests.Count == 0) return [];
        int context = _model.Config.ContextLength, longest = requests.Max(request => Math.Min(context, request.Prompt.Length + request.MaxTokens));
        int atOnce = Math.Min(requests.Count, MostAtOnce);
        // Pages are not shared by halves: each reply may leave most of one unused.
        using Engine engine = new(_model, new EngineOptions
        {
            Threads = _threads, CacheType = _cacheType, CacheTokens = atOnce * (longest + 64), MaxBatch = Math.Max(atOnce, SmallestStep),
        });
        using Scheduler scheduler = new(engine, new SchedulerOptions { PromptTokensPerStep = engine.MaxBatch });
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            (TokenReply, RouterTrace?)[] replies = [.. requests.Select(request => Start(scheduler, request, context, stop.Token))];
            return [.. replies.Select(reply => Read(reply.Item1, reply.Item2).GetAwaiter().GetResult())];
        }
        finally
        {
            stop.Cancel();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private (TokenReply, RouterTrace?) Start(Scheduler scheduler, RolloutRequest request, int context, CancellationToken cancellation)
    {
        int room = context - request.Prompt.Length;
        if (room < 1) throw new ArgumentException($"A prompt of {request.Prompt.Length} tokens leaves no room in the model's context of {context}.");
        RouterTrace? trace = request.IsTraced && _model.Config.MixtureOfExperts is not null ? new RouterTrace() : null;
        return (scheduler.Submit(
            new TokenRequest
            {
                Prompt = request.Prompt,
                MaxTokens = Math.Min(request.MaxTokens, room),
                VocabularySize = _model.Tokenizer.VocabularySize,
                StopTokens = _model.Tokenizer.EndOfText,
                Sampling = new SamplerOptions { Temperature = request.Temperature, Seed = request.Seed, LogProbabilities = request.IsTraced },
                Trace = trace,
            },
            cancellation), trace);
    }

    private static async Task<Rollout> Read(TokenReply reply, RouterTrace? trace)
    {
        List<int> tokens = [];
        List<float> logProbabilities = [];
        await foreach (SampledToken token in reply.ConfigureAwait(false))
        {
            tokens.Add(token.Token);
            if (!float.IsNaN(token.LogProbability)) logProbabilities.Add(token.LogProbability);
        }

        return new([.. tokens], [.. logProbabilities], reply.FinishReason == FinishReason.Stop, trace);
    }
}

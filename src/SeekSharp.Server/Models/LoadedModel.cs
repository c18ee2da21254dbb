using SeekSharp.Chat;
using SeekSharp.Inference;
using SeekSharp.Templates;
using SeekSharp.Tokenizers;

namespace SeekSharp.Server.Models;

/// <summary>A model in memory, with everything that replies need.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly Engine _engine;
    private readonly Scheduler _scheduler;

    private LoadedModel(ServedModel served, LanguageModel model, Engine engine)
    {
        Name = served.Name;
        (Model, _engine) = (model, engine);
        Tokenizer = model.Tokenizer;
        ChatTemplate template = model.ChatTemplate is { } source ? ChatTemplate.Parse(source) : ChatTemplates.DefaultFor(model.Config.Architecture, Tokenizer);
        Prompts = new PromptBuilder(template, Tokenizer);
        _scheduler = new Scheduler(engine);
        Generator = new TextGenerator(_scheduler, Tokenizer);
    }

    public string Name { get; }

    public LanguageModel Model { get; }

    public Tokenizer Tokenizer { get; }

    public PromptBuilder Prompts { get; }

    public TextGenerator Generator { get; }

    /// <summary>Tokens that all requests together may hold.</summary>
    public int ContextLength => _engine.CacheTokens;

    /// <summary>Tokens in cache pages that requests hold now.</summary>
    public int TokensInUse => _engine.CacheTokensInUse;

    /// <summary>Loads a model.</summary>
    /// <param name="served">Which.</param>
    /// <param name="options">How.</param>
    /// <param name="weightMemory">Most bytes for weights; 0: no limit.</param>
    public static LoadedModel Load(ServedModel served, ServerOptions options, long weightMemory)
    {
        LanguageModel model = LanguageModel.Load(served.Path, new LoadOptions
        {
            Threads = options.Threads,
            PackedCache = options.PackedCache,
            WeightMemory = weightMemory,
            Notice = options.Notice,
        });
        Engine? engine = null;
        try
        {
            engine = new Engine(model, new EngineOptions
            {
                Threads = options.Threads,
                CacheType = options.CacheType,
                CacheTokens = options.ContextLengthFor(model.Config),
            });
            return new LoadedModel(served, model, engine);
        }
        catch
        {
            engine?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>Ends replies and frees the model.</summary>
    public void Dispose()
    {
        _scheduler.Dispose();
        _engine.Dispose();
        Model.Dispose();
    }
}

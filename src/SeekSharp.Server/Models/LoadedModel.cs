using SeekSharp.Chat;
using SeekSharp.Inference;
using SeekSharp.Tokenizers;

namespace SeekSharp.Server.Models;

/// <summary>A model in memory, with everything that replies need.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly Scheduler _scheduler;

    private LoadedModel(ServedModel served, SeekChatClient client)
    {
        Name = served.Name;
        Client = client;
        _scheduler = (Scheduler)client.GetService(typeof(Scheduler))!;
        Generator = new TextGenerator(_scheduler, client.Model.Tokenizer);
        Prompts = new CompletionPrompts(client.Model.Tokenizer);
    }

    public string Name { get; }

    /// <summary>Continues conversations.</summary>
    public SeekChatClient Client { get; }

    /// <summary>Continues texts.</summary>
    public TextGenerator Generator { get; }

    /// <summary>Writes the prompts of texts.</summary>
    public CompletionPrompts Prompts { get; }

    public Tokenizer Tokenizer => Client.Model.Tokenizer;

    /// <summary>The engine, for its counts.</summary>
    public Engine Engine => _scheduler.Engine;

    /// <summary>Loads a model.</summary>
    /// <param name="served">Which.</param>
    /// <param name="options">How.</param>
    /// <param name="context">Tokens that all requests together may hold.</param>
    /// <param name="weightMemory">Most bytes for weights; 0: no limit.</param>
    public static LoadedModel Load(ServedModel served, ServerOptions options, int context, long weightMemory)
    {
        var client = new SeekChatClient(served.Path, new SeekChatClientOptions
        {
            Threads = options.Threads,
            CacheType = options.CacheType,
            ContextLength = context,
            PackedCache = options.PackedCache,
            WeightMemory = weightMemory,
            Notice = options.Notice,
            ModelId = served.Name,
            Scheduling = options.Scheduling with { Name = served.Name },
        });
        return new LoadedModel(served, client);
    }

    /// <summary>Ends replies and frees the model.</summary>
    public void Dispose() => Client.Dispose();
}

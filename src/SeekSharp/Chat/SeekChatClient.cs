using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Templates;
using SeekSharp.Tokenizers;

namespace SeekSharp.Chat;

/// <summary>
/// A local model behind <see cref="IChatClient"/>. Thread-safe: any number of requests run at once on one copy of the weights, and what one gets does
/// not depend on the others.
/// </summary>
/// <remarks>
/// <para>Thoughts arrive as <see cref="TextReasoningContent"/>, the answer as <see cref="TextContent"/>, counts of tokens as <see cref="UsageContent"/>
/// in the last update. Stop sequences end the answer; they are not looked for in thoughts.</para>
/// <para><see cref="ReasoningOptions.Effort"/>: None keeps the model from thinking; the other values let it think, for a share of the reply that
/// <see cref="ChatRequest.Effort"/> tells, then the end of its thoughts is written for it (<see cref="GenerationOptions.ReasoningBudget"/>). Null leaves
/// it to the model's template. <see cref="ReasoningOutput.None"/> leaves thoughts out of the response; they are counted all the same.</para>
/// <para>A last message of the assistant whose <see cref="ChatMessage.AdditionalProperties"/> have "prefix" = true is continued.</para>
/// <para>Functions among <see cref="ChatOptions.Tools"/> are described to the model by its template; its calls stay in the text of the answer, in the
/// model's own format. What only SeekSharp knows (min-p, bias, log-probabilities, a trace of the experts) is given by
/// <see cref="ChatOptions.RawRepresentationFactory"/> as <see cref="GenerationOptions"/>, on which the other options are put.</para>
/// </remarks>
public sealed class SeekChatClient : IChatClient
{
    private readonly Scheduler _scheduler;
    private readonly TextGenerator _generator;
    private readonly PromptBuilder _prompts;
    private readonly RequestReader _requests;
    private readonly ChatClientMetadata _metadata;
    private readonly ILogger _logger;
    private readonly IDisposable[] _owned;

    /// <summary>Loads a model. This takes seconds for a large one; weights are read once, whatever number of requests follows.</summary>
    /// <param name="modelPath">GGUF file (any part of a split one) or Hugging Face folder.</param>
    /// <param name="options">How to load and talk, or null for the defaults.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="ModelFormatException">The file is damaged, is of a kind that is not supported, or has no tokenizer.</exception>
    /// <exception cref="ChatTemplateException">The chat template cannot be read.</exception>
    public SeekChatClient(string modelPath, SeekChatClientOptions? options = null) : this(Load(modelPath, options ??= new()), options) { }

    /// <summary>
    /// Talks through a scheduler that others may use, too. The client does not dispose it. Of the options, those that are about loading play no part.
    /// </summary>
    /// <param name="scheduler">What computes.</param>
    /// <param name="options">How to talk, or null for the defaults.</param>
    /// <exception cref="ModelFormatException">The model has no tokenizer.</exception>
    /// <exception cref="ChatTemplateException">The chat template cannot be read.</exception>
    public SeekChatClient(Scheduler scheduler, SeekChatClientOptions? options = null) : this(Borrow(scheduler), options ?? new()) { }

    private SeekChatClient((Scheduler Scheduler, IDisposable[] Owned, string Name) parts, SeekChatClientOptions options)
    {
        (_scheduler, _owned, string name) = parts;
        try
        {
            LanguageModel model = _scheduler.Engine.Model;
            Tokenizer tokenizer = model.Tokenizer;
            string? source = options.ChatTemplate ?? model.ChatTemplate;
            ChatTemplate template = source is null ? ChatTemplates.DefaultFor(model.Config.Architecture, tokenizer) : ChatTemplate.Parse(source);
            _prompts = new PromptBuilder(template, tokenizer);
            _generator = new TextGenerator(_scheduler, tokenizer);
            _requests = new RequestReader(options.Sampling.Validate());
            _metadata = new ChatClientMetadata("seeksharp", defaultModelId: options.ModelId ?? (model.Config.Name.Length > 0 ? model.Config.Name : name));
            _logger = CreateLogger(options);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What replies call the model.</summary>
    public string ModelId => _metadata.DefaultModelId!;

    /// <summary>The model.</summary>
    public LanguageModel Model => _scheduler.Engine.Model;

    /// <summary>Whether the model may think before it answers.</summary>
    public bool Thinks => _prompts.Thinks;

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The request wants something that is not there yet; the message says what.</exception>
    /// <exception cref="ContextOverflowException">The conversation does not fit into the context.</exception>
    /// <exception cref="ChatTemplateException">The model's template refuses the conversation.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The request wants something that is not there yet; the message says what.</exception>
    /// <exception cref="ContextOverflowException">The conversation does not fit into the context.</exception>
    /// <exception cref="ChatTemplateException">The model's template refuses the conversation.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return StreamAsync(messages, options, cancellationToken);
    }

    /// <summary>Starts replies to a conversation, with all that SeekSharp knows: the way in for servers.</summary>
    /// <param name="request">The conversation and how to continue it.</param>
    /// <param name="count">Number of replies; the prompt is computed once.</param>
    /// <param name="cancellation">Ends the replies between two tokens.</param>
    /// <returns>The replies; they are computed from now on. Dispose them.</returns>
    /// <exception cref="ContextOverflowException">The conversation does not fit into the context.</exception>
    /// <exception cref="QueueFullException">Too many requests wait already.</exception>
    /// <exception cref="ChatTemplateException">The model's template refuses the conversation.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or the last message cannot be continued.</exception>
    public IReadOnlyList<ChatReply> Start(ChatRequest request, int count = 1, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        GenerationOptions options = request.Generation.Validate();
        ChatPrompt prompt = BuildPrompt(request);
        // Stop strings are about the answer: thoughts are full of line breaks and half sentences.
        IReadOnlyList<TextReply> replies = _generator.Start(prompt.Tokens, options with { StopStrings = [] }, count, LimitFor(request, prompt), cancellation);
        bool thinks = _prompts.Thinks && !prompt.ContinuesAnswer;
        return [.. replies.Select(reply => new ChatReply(
            reply, Model.Tokenizer, new ReasoningParser(thinks, prompt.OpensReasoning, prompt.ContinuesAnswer), options, cancellation))];
    }

    /// <summary>Counts the tokens of a request's prompt.</summary>
    /// <param name="request">The conversation.</param>
    /// <returns>Number of tokens.</returns>
    /// <exception cref="ChatTemplateException">The model's template refuses the conversation.</exception>
    /// <exception cref="ArgumentException">The last message cannot be continued.</exception>
    public int CountTokens(ChatRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return BuildPrompt(request).Tokens.Length;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return new object[] { this, _metadata, _scheduler, _scheduler.Engine, Model, Model.Tokenizer }.FirstOrDefault(serviceType.IsInstanceOfType);
    }

    /// <summary>Ends running replies with an <see cref="OperationCanceledException"/> and frees the model, if this client loaded it.</summary>
    public void Dispose()
    {
        foreach (IDisposable part in _owned) part.Dispose();
    }

    private static (Scheduler, IDisposable[], string) Load(string path, SeekChatClientOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        LanguageModel model = LanguageModel.Load(path, new LoadOptions
        {
            Threads = options.Threads,
            LoadsPrediction = options.LoadsPrediction,
            PackedCache = options.PackedCache,
            WeightMemory = options.WeightMemory,
            Progress = options.Progress,
            Notice = options.Notice,
        });
        Engine? engine = null;
        try
        {
            engine = new Engine(model, new EngineOptions
            {
                Threads = options.Threads,
                KernelLevel = options.KernelLevel,
                CacheType = options.CacheType,
                CacheTokens = options.ContextLength,
            });
            string name = Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(path));
            var scheduler = new Scheduler(engine, options.Scheduling);
            ChatLog.Loaded(CreateLogger(options), name, Stopwatch.GetElapsedTime(start).TotalSeconds, model.WeightBytes, engine.CacheTokens);
            return (scheduler, [scheduler, engine, model], name);
        }
        catch
        {
            engine?.Dispose();
            model.Dispose();
            throw;
        }
    }

    private static (Scheduler, IDisposable[], string) Borrow(Scheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        return (scheduler, [], "model");
    }

    private static ILogger CreateLogger(SeekChatClientOptions options) => (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<SeekChatClient>();

    private ChatPrompt BuildPrompt(ChatRequest request) => request.ContinuesLastMessage
        ? _prompts.BuildContinuing(request.Messages, request.Tools, request.EffectiveThinking)
        : _prompts.Build(request.Messages, request.Tools, request.EffectiveThinking);

    private ReasoningLimit? LimitFor(ChatRequest request, ChatPrompt prompt)
    {
        if (!_prompts.Thinks || prompt.ContinuesAnswer) return null;
        GenerationOptions options = request.Generation;
        int room = Math.Min(options.MaxTokens, Math.Max(_scheduler.Engine.CacheTokens - prompt.Tokens.Length, 0));
        return (options.ReasoningBudget ?? ReasoningEfforts.BudgetOf(request.Effort, room)) is { } budget
            ? new ReasoningLimit(Model.Tokenizer, budget, options.ReasoningClosing, prompt.Opening)
            : null;
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        GenerationOptions generation = _requests.ReadGeneration(options, this).Validate();
        List<ChatMessage> conversation = [.. messages];
        var request = new ChatRequest
        {
            Messages = MessageReader.ReadMessages(conversation, options?.Instructions),
            Tools = MessageReader.ReadTools(options),
            Effort = options?.Reasoning?.Effort,
            ContinuesLastMessage = MessageReader.ContinuesLast(conversation),
            Generation = generation,
        };
        bool showsReasoning = options?.Reasoning?.Output != ReasoningOutput.None;
        var updates = new UpdateFactory(ModelId);
        using ChatReply reply = Start(request, 1, cancellation)[0];
        bool isRead = false;
        try
        {
            await foreach (ReplyPiece piece in reply.ReadAsync().ConfigureAwait(false))
                if (showsReasoning || piece.Part == ReplyPart.Answer) yield return updates.Create(piece);
            isRead = true;
            yield return updates.CreateLast(reply);
        }
        finally
        {
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (!isRead) ChatLog.GivenUp(_logger, updates.ResponseId, reply.OutputTokens);
            else ChatLog.Finished(_logger, updates.ResponseId, reply.InputTokens, reply.CachedInputTokens, reply.OutputTokens, reply.ReasoningTokens, reply.FinishReason, seconds);
        }
    }
}

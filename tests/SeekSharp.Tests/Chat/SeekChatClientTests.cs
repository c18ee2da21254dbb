using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using SeekSharp.Chat;
using SeekSharp.Inference;

namespace SeekSharp.Tests.Chat;

public sealed class SeekChatClientTests : IDisposable
{
    /// <summary>The prompt is the message and the start of the answer; its last token is the message's own.</summary>
    private const string Template = "{% if thinking is defined and not thinking %}{{ messages[-1].content + 'N' }}{% else %}{{ messages[-1].content }}{% endif %}";

    private static readonly string[] Vocabulary =
    [
        "1", "<think>", "two", " and", " two", "</think>", "\n\n", "fo", "ur", ".", ScriptedModel.End,
        "2", "<thi", "nk>\n", "hm", " </th", "ink>", "no", "!", ScriptedModel.End,
        "3", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", ScriptedModel.End,
        "4", "<|think|>", "x", ScriptedModel.End,
        "N", "at", " once", ScriptedModel.End,
    ];

    private readonly LanguageModel _model = ScriptedModel.Create(256, Vocabulary);
    private readonly Engine _engine;
    private readonly Scheduler _scheduler;
    private readonly SeekChatClient _client;
    private readonly RecordingLogger _log = new();

    public SeekChatClientTests()
    {
        _engine = new Engine(_model, new EngineOptions { Threads = 1, CacheTokens = 256 });
        _scheduler = new Scheduler(_engine);
        _client = new SeekChatClient(_scheduler, new() { ChatTemplate = Template, LoggerFactory = _log });
    }

    [Theory]
    [InlineData("1", "two and two", "four.", 9, 5)] // <think> two and two </think> \n\n fo ur .
    [InlineData("2", "hm", "no!", 7, 5)] // the tags in pieces
    [InlineData("4", "", "x", 2, 0)] // a control token that is no tag has no text
    public async Task Reasoning_and_answer_come_apart(string prompt, string reasoning, string answer, int outputTokens, int reasoningTokens)
    {
        ChatResponse response = await _client.GetResponseAsync(prompt, Greedy);
        ChatMessage message = Assert.Single(response.Messages);
        Assert.Equal(ChatRole.Assistant, message.Role);
        Assert.Equal(reasoning, string.Concat(message.Contents.OfType<TextReasoningContent>().Select(content => content.Text)));
        Assert.Equal(answer, response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        UsageDetails usage = response.Usage!;
        Assert.Equal((1, outputTokens, 1 + outputTokens), (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount));
        Assert.Equal((0, reasoningTokens), (usage.CachedInputTokenCount, usage.ReasoningTokenCount));
        Assert.Equal("scripted", response.ModelId);
        Assert.False(string.IsNullOrEmpty(response.ResponseId));
        Assert.InRange(DateTimeOffset.UtcNow - response.CreatedAt!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Updates_arrive_token_by_token_and_usage_last()
    {
        List<ChatResponseUpdate> updates = await Read("3");
        Assert.Equal("abcdefghijklm".Select(letter => $"{letter}"), updates.SkipLast(1).Select(update => update.Text));
        Assert.Single(updates.Select(update => update.ResponseId).Distinct());
        Assert.All(updates.SkipLast(1), update => Assert.Null(update.FinishReason));
        Assert.IsType<UsageContent>(Assert.Single(updates[^1].Contents));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
    }

    [Fact]
    public async Task Stop_sequences_end_the_answer_but_not_the_reasoning()
    {
        ChatResponse response = await _client.GetResponseAsync("1", new() { Temperature = 0, StopSequences = ["two", "ur"] });
        Assert.Equal("fo", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal("abc", (await _client.GetResponseAsync("3", new() { Temperature = 0, StopSequences = ["xyz", "de"] })).Text);
        await WaitUntilIdle();
    }

    [Fact]
    public async Task Most_tokens_end_the_reply()
    {
        ChatResponse response = await _client.GetResponseAsync("3", new() { Temperature = 0, MaxOutputTokens = 4 });
        Assert.Equal("abcd", response.Text);
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
    }

    [Fact]
    public async Task Reasoning_can_be_left_out_and_switched_off()
    {
        ChatResponse hidden = await _client.GetResponseAsync("1", new() { Temperature = 0, Reasoning = new() { Output = ReasoningOutput.None } });
        Assert.Empty(hidden.Messages[0].Contents.OfType<TextReasoningContent>());
        Assert.Equal(5, hidden.Usage!.ReasoningTokenCount);
        Assert.Equal("at once", (await _client.GetResponseAsync("1", new() { Temperature = 0, Reasoning = new() { Effort = ReasoningEffort.None } })).Text);
        Assert.Equal("four.", (await _client.GetResponseAsync("1", new() { Temperature = 0, Reasoning = new() { Effort = ReasoningEffort.High } })).Text);
    }

    [Fact]
    public void Options_reach_the_sampler()
    {
        var reader = new RequestReader(new SeekChatClientOptions().Sampling);
        SamplerOptions usual = reader.ReadGeneration(null, _client).Sampling;
        Assert.Equal((0.6f, 0.95f, 0, null), (usual.Temperature, usual.TopP, usual.TopK, usual.Seed));
        Assert.Equal(usual, reader.ReadGeneration(new(), _client).Sampling);
        GenerationOptions read = reader.ReadGeneration(
            new()
            {
                Temperature = 0.1f, TopP = 0.2f, TopK = 3, Seed = 4, FrequencyPenalty = 0.5f, PresencePenalty = 0.7f, MaxOutputTokens = 8, StopSequences = ["s"],
            },
            _client);
        Assert.Equal(new SamplerOptions { Temperature = 0.1f, TopP = 0.2f, TopK = 3, Seed = 4, FrequencyPenalty = 0.5f, PresencePenalty = 0.7f }, read.Sampling);
        Assert.Equal(8, read.MaxTokens);
        Assert.Equal(["s"], read.StopStrings);
    }

    [Fact]
    public void What_only_we_know_comes_through_the_raw_representation()
    {
        var own = new GenerationOptions { StopStrings = ["a"], Sampling = new() { MinP = 0.1f, Temperature = 0.3f } };
        GenerationOptions read = new RequestReader(new()).ReadGeneration(
            new() { TopK = 5, StopSequences = ["b"], RawRepresentationFactory = client => client == _client ? own : null }, _client);
        Assert.Equal(own.Sampling with { TopK = 5 }, read.Sampling);
        Assert.Equal(["a", "b"], read.StopStrings);
    }

    [Fact]
    public async Task What_is_not_there_yet_says_so()
    {
        async Task Throws<T>(ChatOptions options, string part) where T : Exception =>
            Assert.Contains(part, (await Assert.ThrowsAnyAsync<T>(() => _client.GetResponseAsync("1", options))).Message, StringComparison.Ordinal);
        await Throws<NotSupportedException>(new() { ResponseFormat = ChatResponseFormat.Json }, "JSON");
        await Throws<NotSupportedException>(new() { Tools = [new HostedWebSearchTool()] }, "functions");
        await Throws<ArgumentException>(new() { Temperature = -1 }, "Temperature");
        await Throws<ArgumentException>(new() { StopSequences = [""] }, "stop");
        await Throws<ArgumentException>(new() { MaxOutputTokens = -1 }, "MaxTokens");
        await Assert.ThrowsAsync<ArgumentNullException>(() => _client.GetResponseAsync((IEnumerable<ChatMessage>)null!));
        await Assert.ThrowsAsync<ContextOverflowException>(() => _client.GetResponseAsync(new string('a', 300)));
    }

    [Fact]
    public async Task Cancellation_ends_the_stream_between_two_tokens()
    {
        using var source = new CancellationTokenSource();
        var text = "";
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate update in _client.GetStreamingResponseAsync("3", Greedy, source.Token))
            {
                text += update.Text;
                await source.CancelAsync();
            }
        });
        Assert.Equal("a", text);
        await WaitUntilIdle();
        Assert.Equal("abcdefghijklm", (await _client.GetResponseAsync("3", Greedy, CancellationToken.None)).Text);
    }

    [Fact]
    public async Task A_reader_who_leaves_frees_the_cache()
    {
        await foreach (ChatResponseUpdate _ in _client.GetStreamingResponseAsync("3", Greedy)) break;
        await WaitUntilIdle();
    }

    [Fact]
    public async Task Many_requests_and_two_clients_do_not_mix()
    {
        using var other = new SeekChatClient(_scheduler, new() { ChatTemplate = Template, ModelId = "other" });
        (string Prompt, string Answer)[] known = [("1", "four."), ("2", "no!"), ("3", "abcdefghijklm"), ("N", "at once")];
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async i =>
        {
            (string prompt, string answer) = known[i % known.Length];
            ChatResponse response = await (i % 3 == 0 ? other : _client).GetResponseAsync(prompt, Greedy);
            Assert.Equal(answer, response.Text);
            Assert.Equal(i % 3 == 0 ? "other" : "scripted", response.ModelId);
        }));
        await WaitUntilIdle();
    }

    [Fact]
    public void Gives_its_parts_as_services()
    {
        Assert.Same(_client, _client.GetService(typeof(IChatClient)));
        Assert.Same(_client, _client.GetService<SeekChatClient>());
        Assert.Same(_scheduler, _client.GetService<Scheduler>());
        Assert.Same(_engine, _client.GetService<Engine>());
        Assert.Same(_model, _client.GetService<LanguageModel>());
        ChatClientMetadata metadata = _client.GetService<ChatClientMetadata>()!;
        Assert.Equal(("seeksharp", "scripted"), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.Null(_client.GetService(typeof(IChatClient), "key"));
        Assert.Null(_client.GetService<string>());
    }

    [Fact]
    public async Task A_borrowed_scheduler_outlives_the_client()
    {
        new SeekChatClient(_scheduler, new() { ChatTemplate = Template }).Dispose();
        Assert.Equal("four.", (await _client.GetResponseAsync("1", Greedy)).Text);
    }

    [Fact]
    public async Task Logs_say_nothing_of_what_was_said()
    {
        await _client.GetResponseAsync("1", Greedy);
        await foreach (ChatResponseUpdate _ in _client.GetStreamingResponseAsync("3", Greedy)) break;
        await Assert.ThrowsAnyAsync<Exception>(() => _client.GetResponseAsync([new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])], Greedy));
        Assert.Contains(_log.Lines, line => line.Contains("9 tokens of reply", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.Contains("given up", StringComparison.Ordinal));
        Assert.All(_log.Lines, line =>
        {
            foreach (string said in new[] { "four", "two", "abc" }) Assert.DoesNotContain(said, line, StringComparison.Ordinal);
        });
    }

    public void Dispose()
    {
        _client.Dispose();
        _scheduler.Dispose();
        _engine.Dispose();
        _model.Dispose();
    }

    private static ChatOptions Greedy => new() { Temperature = 0 };

    private async Task<List<ChatResponseUpdate>> Read(string prompt)
    {
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in _client.GetStreamingResponseAsync(prompt, Greedy)) updates.Add(update);
        return updates;
    }

    private async Task WaitUntilIdle()
    {
        for (int i = 0; i < 500 && _engine.CacheTokensInUse > 0; i++) await Task.Delay(10);
        Assert.Equal(0, _engine.CacheTokensInUse);
    }

    private sealed class RecordingLogger : ILoggerFactory, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) { }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines) Lines.Add(formatter(state, exception) + exception);
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Dispose() { }
    }
}

using Microsoft.Extensions.AI;
using SeekSharp.Chat;
using SeekSharp.Inference;
using SeekSharp.Templates;

namespace SeekSharp.Tests.Chat;

/// <summary>What a chat has beside <see cref="ChatOptions"/>: budgets of reasoning, messages to continue, several replies, log-probabilities.</summary>
public sealed class ChatRequestTests : IDisposable
{
    private const string Template = "{{ messages[-1].content }}{% if thinking %}<think>\n{% endif %}";

    private static readonly string[] Vocabulary =
    [
        "1", "<think>", "two", " and", " two", "</think>", "\n\n", "fo", "ur", ".", ScriptedModel.End,
        "2", "<thi", "nk>\n", "hm", " </th", "ink>", "no", "!", ScriptedModel.End,
        "3", "\n", "x", "y", "z", ScriptedModel.End, "abc", "N", "at", " once", ScriptedModel.End,
    ];

    private readonly LanguageModel _model = ScriptedModel.Create(256, Vocabulary);
    private readonly Engine _engine;
    private readonly Scheduler _scheduler;
    private readonly SeekChatClient _client;

    public ChatRequestTests()
    {
        _engine = new Engine(_model, new EngineOptions { Threads = 1, CacheTokens = 256 });
        _scheduler = new Scheduler(_engine);
        _client = new SeekChatClient(_scheduler, new() { ChatTemplate = Template });
    }

    [Theory]
    [InlineData("1", null, "two and two", "four.", 5)]
    [InlineData("1", 3, "two and two", "four.", 5)]
    [InlineData("1", 2, "two and", "four.", 4)] // <think> two and </think>: what follows the tag is the model's again
    [InlineData("1", 0, "", "four.", 2)]
    [InlineData("2", 1, "hm", "four.", 5)] // <thi nk>\n hm \n </think>, and then \n\n of the answer
    [InlineData("2", 2, "hm", "four.", 5)] // the model's own half of the tag, and the rest of it
    [InlineData("3", 1, "", "\nxyz", 0)] // does not think
    public async Task ReasoningEndsAtItsBudget(string prompt, int? budget, string reasoning, string answer, int reasoningTokens)
    {
        ChatReply reply = Start(prompt, new() { ReasoningBudget = budget });
        (string thoughts, string text) = await Read(reply);
        Assert.Equal((reasoning, answer.TrimStart()), (thoughts, text));
        Assert.Equal(reasoningTokens, reply.ReasoningTokens);
        Assert.Equal(FinishReason.Stop, reply.FinishReason);
    }

    [Fact]
    public async Task EffortIsAShareOfWhatTheReplyMayHave()
    {
        Assert.Equal((20, 50, 80, null, null), (Budget(ReasoningEffort.Low, 100), Budget(ReasoningEffort.Medium, 100), Budget(ReasoningEffort.High, 100),
            Budget(ReasoningEffort.ExtraHigh, 100), Budget(null, 100)));
        Assert.Equal((1024, 8192, 32_768), (Budget(ReasoningEffort.Low, 100_000), Budget(ReasoningEffort.Medium, 100_000), Budget(ReasoningEffort.High, 100_000)));
        // Five tokens leave one for thoughts: the reply still gets to its answer.
        ChatResponse response = await _client.GetResponseAsync("1", new() { Temperature = 0, MaxOutputTokens = 5, Reasoning = new() { Effort = ReasoningEffort.Low } });
        Assert.Equal("fo", response.Text);
        Assert.Equal(3, response.Usage!.ReasoningTokenCount);

        static int? Budget(ReasoningEffort? effort, int room) => ReasoningEfforts.BudgetOf(effort, room);
    }

    [Fact]
    public async Task ABudgetStreamsAndCountsInsideAnOpenTagToo()
    {
        ChatReply reply = _client.Start(new ChatRequest { Messages = [new("user", "abc")], Thinking = true, Generation = Greedy(new() { ReasoningBudget = 2 }) })[0];
        // Behind "<think>\n" the prompt ends with the token that the template's line break is: x, y, then the end is forced.
        List<ReplyPiece> pieces = [];
        await foreach (ReplyPiece piece in reply.ReadAsync()) pieces.Add(piece);
        Assert.Equal(["x", "y"], pieces.Where(piece => piece.Part == ReplyPart.Reasoning).Select(piece => piece.Text));
        Assert.Equal("four.", string.Concat(pieces.Where(piece => piece.Part == ReplyPart.Answer).Select(piece => piece.Text)));
        Assert.Equal(4, reply.ReasoningTokens); // x y \n </think>
    }

    [Fact]
    public async Task SeveralRepliesShareAPrompt()
    {
        IReadOnlyList<ChatReply> replies = _client.Start(new ChatRequest { Messages = [new("user", "1")], Generation = Greedy(new()) }, count: 3);
        foreach (ChatReply reply in replies) Assert.Equal(("two and two", "four."), await Read(reply));
        Assert.Equal(0, _engine.CacheTokensInUse);
    }

    [Fact]
    public async Task TokensComeWithThePieceThatTheyMake()
    {
        var sampling = new SamplerOptions { Temperature = 0, LogProbabilities = true, TopLogProbabilities = 2 };
        foreach (string prompt in new[] { "1", "2" })
        {
            ChatReply reply = _client.Start(new ChatRequest { Messages = [new("user", prompt)], Generation = new() { Sampling = sampling } })[0];
            await foreach (ReplyPiece piece in reply.ReadAsync())
            {
                Assert.NotEmpty(piece.Tokens!);
                Assert.Equal(piece.Text.Trim(), string.Concat(piece.Tokens!.Select(token => Vocabulary[token.Token])).Trim());
                Assert.All(piece.Tokens!, token => Assert.Equal(2, token.Top!.Count));
            }
        }

        await foreach (ReplyPiece piece in Start("1", new()).ReadAsync()) Assert.Null(piece.Tokens);
    }

    [Fact]
    public async Task AMessageOfTheAssistantIsContinued()
    {
        Assert.Equal(("", "ur."), await Read(Start(new() { Messages = [new("user", "abc"), new("assistant", "fo")], ContinuesLastMessage = true })));
        // White space at the start of what is continued is text.
        Assert.Equal(("", " once"), await Read(Start(new() { Messages = [new("user", "abc"), new("assistant", "at")], ContinuesLastMessage = true })));
        Assert.Equal((" and two".Trim(), "four."), await Read(Start(new()
        {
            Messages = [new("user", "abc"), new("assistant", "") { ReasoningContent = "two" }], ContinuesLastMessage = true,
        })));
        Assert.Throws<ArgumentException>(() => Start(new() { Messages = [new("user", "abc")], ContinuesLastMessage = true }));
        ChatMessage prefix = new(ChatRole.Assistant, "fo") { AdditionalProperties = new() { ["prefix"] = true } };
        Assert.Equal("ur.", (await _client.GetResponseAsync([new(ChatRole.User, "abc"), prefix], new() { Temperature = 0 })).Text);
    }

    [Fact]
    public void TokensOfAPromptAreCounted() => Assert.Equal(3, _client.CountTokens(new ChatRequest { Messages = [new("user", "two and two")] }));

    public void Dispose()
    {
        _client.Dispose();
        _scheduler.Dispose();
        _engine.Dispose();
        _model.Dispose();
    }

    private static GenerationOptions Greedy(GenerationOptions options) => options with { Sampling = new() { Temperature = 0 } };

    private ChatReply Start(ChatRequest request) => _client.Start(request with { Generation = Greedy(request.Generation) })[0];

    private ChatReply Start(string prompt, GenerationOptions options) => Start(new ChatRequest { Messages = [new TemplateMessage("user", prompt)], Generation = options });

    private static async Task<(string Reasoning, string Answer)> Read(ChatReply reply)
    {
        string reasoning = "", answer = "";
        await foreach (ReplyPiece piece in reply.ReadAsync())
            _ = piece.Part == ReplyPart.Reasoning ? reasoning += piece.Text : answer += piece.Text;
        return (reasoning, answer);
    }
}

using System.ClientModel;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using OpenAI;
using OpenAI.Chat;
using ChatFinishReason = OpenAI.Chat.ChatFinishReason;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatMessageContent = Microsoft.SemanticKernel.ChatMessageContent;

namespace SeekSharp.Server.Tests.Clients;

/// <summary>Clients for .NET that others wrote: chat, streams, several turns, giving up and errors.</summary>
public class DotnetClientTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Question = "2 + 2?", Answer = "It is four.", NextAnswer = "Four again.", Endless = "random", Thinking = "deepseek-reasoner";
    private const int Enough = 5;

    private OpenAIClient Client => new(new ApiKeyCredential("sk-none"), new OpenAIClientOptions { Endpoint = new Uri(fixture.Server.Address, "v1") });

    [Fact]
    public async Task OpenAI_is_served()
    {
        ChatClient chat = Client.GetChatClient(Thinking);
        ChatCompletion reply = await chat.CompleteChatAsync(new UserChatMessage(Question));
        Assert.Equal(Answer, reply.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, reply.FinishReason);
        Assert.Equal(5, reply.Usage.OutputTokenDetails.ReasoningTokenCount);

        string text = "";
        await foreach (StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync(new UserChatMessage(Question)))
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
        Assert.Equal(Answer, text);

        ChatCompletion second = await chat.CompleteChatAsync(new UserChatMessage(Question), new AssistantChatMessage(reply), new UserChatMessage("And again?"));
        Assert.Equal(NextAnswer, second.Content[0].Text);

        int pieces = 0;
        await foreach (StreamingChatCompletionUpdate _ in Client.GetChatClient(Endless).CompleteChatStreamingAsync(new UserChatMessage(Question)))
            if (++pieces == Enough) break;
        await fixture.Server.RequireIdleAsync();
        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(() => Client.GetChatClient("gpt-4").CompleteChatAsync(new UserChatMessage(Question)));
        Assert.Equal(404, error.Status);
        Assert.Contains(Client.GetOpenAIModelClient().GetModels().Value, model => model.Id == Thinking);
    }

    [Fact]
    public async Task Microsoft_Extensions_AI_is_served()
    {
        IChatClient client = Client.GetChatClient(Thinking).AsIChatClient();
        List<ChatMessage> messages = [new(ChatRole.User, Question)];
        ChatResponse reply = await client.GetResponseAsync(messages);
        Assert.Equal(Answer, reply.Text);
        Assert.True(reply.Usage?.TotalTokenCount > 0);
        Assert.Equal(Answer, (await client.GetStreamingResponseAsync(messages).ToChatResponseAsync()).Text);
        messages.AddMessages(reply);
        messages.Add(new(ChatRole.User, "And again?"));
        Assert.Equal(NextAnswer, (await client.GetResponseAsync(messages)).Text);

        using var source = new CancellationTokenSource();
        int pieces = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in Client.GetChatClient(Endless).AsIChatClient().GetStreamingResponseAsync(messages, cancellationToken: source.Token))
                if (++pieces == Enough) await source.CancelAsync();
        });
        await fixture.Server.RequireIdleAsync();
        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(() => client.GetResponseAsync(messages, new ChatOptions { Temperature = 9 }));
        Assert.Equal(400, error.Status);
    }

    [Fact]
    public async Task Semantic_Kernel_is_served()
    {
        Kernel kernel = Kernel.CreateBuilder().AddOpenAIChatCompletion(Thinking, Client).Build();
        IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
        ChatHistory history = [new ChatMessageContent(AuthorRole.User, Question)];
        ChatMessageContent reply = await chat.GetChatMessageContentAsync(history, kernel: kernel);
        Assert.Equal(Answer, reply.Content);
        string text = "";
        await foreach (StreamingChatMessageContent update in chat.GetStreamingChatMessageContentsAsync(history, kernel: kernel)) text += update.Content;
        Assert.Equal(Answer, text);
        history.Add(reply);
        history.AddUserMessage("And again?");
        Assert.Equal(NextAnswer, (await chat.GetChatMessageContentAsync(history, kernel: kernel)).Content);

        IChatCompletionService endless = Kernel.CreateBuilder().AddOpenAIChatCompletion(Endless, Client).Build().GetRequiredService<IChatCompletionService>();
        int pieces = 0;
        await foreach (StreamingChatMessageContent _ in endless.GetStreamingChatMessageContentsAsync(history))
            if (++pieces == Enough) break;
        await fixture.Server.RequireIdleAsync();
        IChatCompletionService missing = Kernel.CreateBuilder().AddOpenAIChatCompletion("gpt-4", Client).Build().GetRequiredService<IChatCompletionService>();
        HttpOperationException error = await Assert.ThrowsAsync<HttpOperationException>(() => missing.GetChatMessageContentAsync(history));
        Assert.Equal(404, (int?)error.StatusCode);
    }

    [Fact]
    public async Task Agents_are_served()
    {
        var agent = new ChatClientAgent(Client.GetChatClient(Thinking).AsIChatClient(), instructions: null, name: "counter");
        AgentSession session = await agent.CreateSessionAsync();
        Assert.Equal(Answer, (await agent.RunAsync(Question, session)).Text);
        Assert.Equal(NextAnswer, (await agent.RunAsync("And again?", session)).Text);
        string text = "";
        await foreach (AgentResponseUpdate update in agent.RunStreamingAsync(Question)) text += update.Text;
        Assert.Equal(Answer, text);

        var endless = new ChatClientAgent(Client.GetChatClient(Endless).AsIChatClient());
        int pieces = 0;
        await foreach (AgentResponseUpdate _ in endless.RunStreamingAsync(Question))
            if (++pieces == Enough) break;
        await fixture.Server.RequireIdleAsync();
        var missing = new ChatClientAgent(Client.GetChatClient("gpt-4").AsIChatClient());
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => missing.RunAsync(Question))).Status);
    }
}

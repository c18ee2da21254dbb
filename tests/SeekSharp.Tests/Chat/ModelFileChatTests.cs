using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SeekSharp.Chat;
using SeekSharp.Tests.Models;

namespace SeekSharp.Tests.Chat;

/// <summary>The client over a model file: loading, services, middleware, many requests at once.</summary>
public sealed class ModelFileChatTests
{
    private static readonly ChatOptions Greedy = new() { Temperature = 0, MaxOutputTokens = 16 };

    private static string Model => Oracle.Path("tiny-deepseek-v3.gguf");

    [Fact]
    public async Task A_path_is_enough_and_a_file_without_a_template_gets_its_familys()
    {
        using var client = new SeekChatClient(Model);
        Assert.Equal("tiny-deepseek-v3", client.ModelId);
        Assert.Null(client.Model.ChatTemplate);
        ChatResponse response = await client.GetResponseAsync("hello", Greedy);
        Assert.Equal(16, response.Usage!.OutputTokenCount);
        Assert.Equal("<s>User: hello\n\nAssistant:".Length - 2, response.Usage.InputTokenCount); // bytes, but <s> is one token and "th" is none here
    }

    [Fact]
    public async Task Eight_requests_at_once_say_what_each_says_alone()
    {
        using var client = new SeekChatClient(Model, new() { Threads = 2 });
        string[] prompts = [.. Enumerable.Range(0, 8).Select(i => string.Concat(Enumerable.Repeat($"prompt {i} ", 1 + 3 * i)))];
        var alone = new List<string>();
        foreach (string prompt in prompts) alone.Add((await client.GetResponseAsync(prompt, Greedy)).Text);
        ChatResponse[] together = await Task.WhenAll(prompts.Select(prompt => client.GetResponseAsync(prompt, Greedy)));
        Assert.Equal(alone, together.Select(response => response.Text));
        Assert.Equal(8, alone.Distinct().Count());
        Assert.True(together[^1].Usage!.CachedInputTokenCount > 0); // its whole pages were still there
    }

    [Fact]
    public async Task Services_share_one_client()
    {
        var services = new ServiceCollection().AddSeekSharp(Model, options => options with { ContextLength = 128, Threads = 1 });
        await using ServiceProvider provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<SeekChatClient>();
        Assert.Same(client, provider.GetRequiredService<IChatClient>());
        Assert.Equal(128, client.GetService<SeekSharp.Inference.Engine>()!.CacheTokens);
        Assert.NotEqual("", (await client.GetResponseAsync("hello", Greedy)).Text);
        await provider.DisposeAsync();
        await Assert.ThrowsAnyAsync<ObjectDisposedException>(() => client.GetResponseAsync("hello", Greedy));
    }

    [Fact]
    public void Services_load_on_first_use()
    {
        using ServiceProvider provider = new ServiceCollection().AddSeekSharp("missing.gguf").BuildServiceProvider();
        Assert.Throws<FileNotFoundException>(provider.GetRequiredService<IChatClient>);
    }

    [Fact]
    public async Task Disposing_ends_running_replies()
    {
        var client = new SeekChatClient(Model, new() { Threads = 1 });
        IAsyncEnumerator<ChatResponseUpdate> updates = client.GetStreamingResponseAsync("hello", new() { Temperature = 0 }).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await updates.MoveNextAsync());
        client.Dispose();
        client.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await updates.MoveNextAsync()) { }
        });
        await updates.DisposeAsync();
    }

    [Fact]
    public async Task The_middleware_of_Microsoft_Extensions_AI_works_around_it()
    {
        using var inner = new SeekChatClient(Model, new() { Threads = 1 });
        var counting = new CountingClient(inner);
        var cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        await using ServiceProvider provider = new ServiceCollection().BuildServiceProvider();
        using IChatClient client = counting.AsBuilder()
            .UseFunctionInvocation()
            .UseOpenTelemetry(sourceName: "test")
            .UseLogging(Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance)
            .UseDistributedCache(cache)
            .Build(provider);
        ChatResponse first = await client.GetResponseAsync("hello", Greedy);
        ChatResponse second = await client.GetResponseAsync("hello", Greedy);
        Assert.Equal(1, counting.Calls); // the second came from the cache
        Assert.Equal(first.Text, second.Text);
        Assert.Equal(16, second.Usage!.OutputTokenCount);

        var streamed = "";
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello", Greedy)) streamed += update.Text;
        Assert.Equal(first.Text, streamed);
        Assert.Same(inner, client.GetService<SeekChatClient>());
    }

    private sealed class CountingClient(IChatClient inner) : DelegatingChatClient(inner)
    {
        public int Calls { get; private set; }

        public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Calls++;
            return base.GetResponseAsync(messages, options, cancellationToken);
        }
    }
}

using System.Text;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Inference;

public sealed class TextGeneratorTests : IDisposable
{
    private readonly LanguageModel _model = Successor.CreateModel();
    private readonly Engine _engine;
    private readonly Scheduler _scheduler;
    private readonly TextGenerator _generator;

    public TextGeneratorTests()
    {
        _engine = new Engine(_model, new EngineOptions { Threads = 1, CacheTokens = 64 });
        _scheduler = new Scheduler(_engine);
        _generator = new TextGenerator(_scheduler, Successor.Tokenizer);
    }

    [Fact]
    public async Task Continues_until_the_end_token()
    {
        var (text, reply) = await Generate("w");
        Assert.Equal("xyz", text); // the alphabet's successor, then the end
        Assert.Equal(FinishReason.Stop, reply.FinishReason);
        Assert.Equal(3, reply.TokenCount);
        Assert.Equal(1, reply.PromptTokens);
    }

    [Fact]
    public async Task Ends_after_the_tokens_that_were_asked_for()
    {
        var (text, reply) = await Generate("a", new() { MaxTokens = 4 });
        Assert.Equal("bcde", text);
        Assert.Equal(FinishReason.Length, reply.FinishReason);
        Assert.Equal("", (await Generate("a", new() { MaxTokens = 0 })).Text);
    }

    [Fact]
    public async Task Ends_when_the_context_is_full()
    {
        // The prompt takes 60 of 64; 4 tokens follow, and one more whose successor has no room.
        var (text, reply) = await Generate(new string('a', 60));
        Assert.Equal("bcdef", text);
        Assert.Equal(FinishReason.Length, reply.FinishReason);
        await Assert.ThrowsAsync<ContextOverflowException>(() => Generate(new string('a', 65)));
        await Assert.ThrowsAsync<ArgumentException>(() => Generate(""));
    }

    [Fact]
    public async Task Ends_in_front_of_a_stop_string_of_several_tokens()
    {
        var (text, reply) = await Generate("a", new() { StopStrings = ["xyz", "fgh"] });
        Assert.Equal("bcde", text);
        Assert.Equal(FinishReason.Stop, reply.FinishReason);
        Assert.Equal("bcdefghijklmnopqrstuvwxyz", (await Generate("a", new() { StopStrings = ["efx", "yzz"] })).Text);
    }

    [Fact]
    public async Task Stop_tokens_replace_those_of_the_tokenizer() =>
        Assert.Equal("bcd", (await Generate("a", new() { StopTokens = new HashSet<int> { 'e' - 'a' } })).Text);

    [Fact]
    public async Task Cancellation_ends_between_two_tokens()
    {
        using var source = new CancellationTokenSource();
        TextReply reply = _generator.Start(new[] { 0 }, Greedy(new()), source.Token);
        var text = new StringBuilder();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (GeneratedPiece piece in reply) text.Append(piece.Text);
        });
        Assert.StartsWith(text.ToString(), "bcdefghijklmnopqrstuvwxyz", StringComparison.Ordinal);
        Assert.Null(reply.FinishReason);
    }

    [Fact]
    public async Task Log_probabilities_come_with_the_tokens()
    {
        var options = new GenerationOptions { MaxTokens = 3, Sampling = new() { Temperature = 0, LogProbabilities = true, TopLogProbabilities = 2 } };
        await foreach (GeneratedPiece piece in _generator.Start(new[] { 0 }, options))
        {
            Assert.InRange(piece.LogProbability, -0.1f, 0);
            Assert.Equal(piece.Token, piece.Top![0].Token);
            Assert.Equal(2, piece.Top.Count);
        }
    }

    public void Dispose()
    {
        _scheduler.Dispose();
        _engine.Dispose();
        _model.Dispose();
    }

    private static GenerationOptions Greedy(GenerationOptions options) => options with { Sampling = new SamplerOptions { Temperature = 0 } };

    private async Task<(string Text, TextReply Reply)> Generate(string prompt, GenerationOptions? options = null)
    {
        int[] tokens = [.. Successor.Tokenizer.Encode(prompt)];
        TextReply reply = _generator.Start(tokens, Greedy(options ?? new()));
        var text = new StringBuilder();
        await foreach (GeneratedPiece piece in reply) text.Append(piece.Text);
        return (text.ToString(), reply);
    }

    /// <summary>A model that says the letter behind the last one: attention and feed-forward add nothing, the head is the embedding, one row down.</summary>
    private static class Successor
    {
        private const int Letters = 26, Vocabulary = 32, Hidden = 32;

        public static Tokenizer Tokenizer { get; } = new Alphabet();

        public static LanguageModel CreateModel()
        {
            var config = new ModelConfig
            {
                Architecture = Architecture.Llama, LayerCount = 1, HiddenSize = Hidden, FeedForwardSize = 32, VocabularySize = Vocabulary, ContextLength = 64,
                HeadCount = 2, KeyValueHeadCount = 2, HeadDimension = 16, NormEpsilon = 1e-5f, RotaryBase = 10_000, RotaryPairing = RotaryPairing.Interleaved,
            };
            using var weights = new TensorCollection();
            weights.Add("token_embd.weight", [Vocabulary, Hidden], Matrix(Vocabulary, (row, column) => row == column ? 1 : 0));
            weights.Add("output.weight", [Vocabulary, Hidden], Matrix(Vocabulary, (row, column) => row == column + 1 ? 4 : 0));
            foreach (string norm in new[] { "output_norm", "blk.0.attn_norm", "blk.0.ffn_norm" }) weights.Add($"{norm}.weight", [Hidden], Matrix(1, (_, _) => 1));
            foreach (string matrix in new[] { "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down" })
                weights.Add($"blk.0.{matrix}.weight", [Hidden, Hidden], Matrix(Hidden, (_, _) => 0));
            return LanguageModel.Build(config, weights, Tokenizer);
        }

        private static float[] Matrix(int rows, Func<int, int, float> element) =>
            [.. Enumerable.Range(0, rows * Hidden).Select(i => element(i / Hidden, i % Hidden))];

        private sealed class Alphabet : Tokenizer
        {
            public override int VocabularySize => Letters + 1;

            public override int? BeginningOfText => null;

            public override IReadOnlySet<int> EndOfText { get; } = new HashSet<int> { Letters };

            public override bool AddsBeginningOfText => false;

            public override IReadOnlyList<int> Encode(string text, bool parseSpecial = false) => [.. text.Select(letter => letter - 'a')];

            public override ReadOnlySpan<byte> TokenBytes(int token) => "abcdefghijklmnopqrstuvwxyz."u8.Slice(token, 1);

            public override bool IsSpecial(int token) => token == Letters;

            public override int? FindToken(string spelling) => null;

            public override string Decode(IEnumerable<int> tokens, bool includeSpecial = false) => string.Concat(tokens.Select(token => (char)('a' + token)));
        }
    }
}

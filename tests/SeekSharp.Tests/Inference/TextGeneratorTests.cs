using System.Text;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Inference;

public sealed class TextGeneratorTests : IDisposable
{
    private readonly LanguageModel _model = Successor.CreateModel();
    private readonly Engine _engine;

    public TextGeneratorTests() => _engine = new Engine(_model, new EngineOptions { Threads = 1, CacheTokens = 64 });

    [Fact]
    public void Continues_until_the_end_token()
    {
        var (text, generator) = Generate("w");
        Assert.Equal("xyz", text); // the alphabet's successor, then the end
        Assert.Equal(FinishReason.Stop, generator.FinishReason);
        Assert.Equal(3, generator.TokenCount);
    }

    [Fact]
    public void Ends_after_the_tokens_that_were_asked_for()
    {
        var (text, generator) = Generate("a", new() { MaxTokens = 4 });
        Assert.Equal("bcde", text);
        Assert.Equal(FinishReason.Length, generator.FinishReason);
        Assert.Equal("", Generate("a", new() { MaxTokens = 0 }).Text);
    }

    [Fact]
    public void Ends_when_the_context_is_full()
    {
        // The prompt takes 2 of 5; 3 tokens follow, and one more whose successor has no room.
        var (text, generator) = Generate("ab", new() { MaxContext = 5 });
        Assert.Equal("cdef", text);
        Assert.Equal(FinishReason.Length, generator.FinishReason);
        Assert.Throws<ArgumentException>(() => Generate("abcdef", new() { MaxContext = 5 }));
        Assert.Throws<ArgumentException>(() => Generate(new string('a', 65)));
    }

    [Fact]
    public void Ends_in_front_of_a_stop_string_of_several_tokens()
    {
        var (text, generator) = Generate("a", new() { StopStrings = ["xyz", "fgh"] });
        Assert.Equal("bcde", text);
        Assert.Equal(FinishReason.Stop, generator.FinishReason);
        Assert.Equal("bcdefghijklmnopqrstuvwxyz", Generate("a", new() { StopStrings = ["efx", "yzz"] }).Text);
    }

    [Fact]
    public void Stop_tokens_replace_those_of_the_tokenizer()
    {
        Assert.Equal("bcd", Generate("a", new() { StopTokens = new HashSet<int> { 'e' - 'a' } }).Text);
    }

    [Fact]
    public void Cancellation_ends_between_two_tokens()
    {
        using var source = new CancellationTokenSource();
        using var sequence = _engine.CreateSequence();
        var generator = new TextGenerator(_engine, sequence, Successor.Tokenizer, Greedy(new()));
        var text = new StringBuilder();
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var piece in generator.Generate(new[] { 0 }, source.Token))
            {
                text.Append(piece.Text);
                if (text.Length == 3) source.Cancel();
            }
        });
        Assert.Equal("bcd", text.ToString());
        Assert.Null(generator.FinishReason);
    }

    [Fact]
    public void A_sequence_is_continued_where_it_stands()
    {
        using var sequence = _engine.CreateSequence();
        _engine.Evaluate(sequence, [0, 1, 2]);
        var generator = new TextGenerator(_engine, sequence, Successor.Tokenizer, Greedy(new() { MaxTokens = 2 }));
        Assert.Equal("ef", string.Concat(generator.Generate(new[] { 3 }, TestContext.Current.CancellationToken).Select(piece => piece.Text)));
        Assert.Throws<InvalidOperationException>(() => generator.Generate(new[] { 3 }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Log_probabilities_come_with_the_tokens()
    {
        using var sequence = _engine.CreateSequence();
        var options = new GenerationOptions { MaxTokens = 3, Sampling = new() { Temperature = 0, LogProbabilities = true, TopLogProbabilities = 2 } };
        var generator = new TextGenerator(_engine, sequence, Successor.Tokenizer, options);
        foreach (var piece in generator.Generate(new[] { 0 }, TestContext.Current.CancellationToken))
        {
            Assert.InRange(piece.LogProbability, -0.1f, 0);
            Assert.Equal(piece.Token, generator.TopLogProbabilities[0].Token);
        }
    }

    public void Dispose()
    {
        _engine.Dispose();
        _model.Dispose();
    }

    private static GenerationOptions Greedy(GenerationOptions options) => options with { Sampling = new SamplerOptions { Temperature = 0 } };

    private (string Text, TextGenerator Generator) Generate(string prompt, GenerationOptions? options = null)
    {
        using var sequence = _engine.CreateSequence();
        var generator = new TextGenerator(_engine, sequence, Successor.Tokenizer, Greedy(options ?? new()));
        int[] tokens = [.. Successor.Tokenizer.Encode(prompt)];
        return (string.Concat(generator.Generate(tokens).Select(piece => piece.Text)), generator);
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

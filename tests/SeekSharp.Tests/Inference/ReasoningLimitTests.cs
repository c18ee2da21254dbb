using System.Text;
using SeekSharp.Inference;
using SeekSharp.Tests.Chat;
using SeekSharp.Tests.Models;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Inference;

public sealed class ReasoningLimitTests
{
    private static readonly Tokenizer Bytes = PromptBuilderTests.CreateTokenizer(addsBeginning: false), Tags = PromptBuilderTests.CreateTokenizer(addsBeginning: false, "<think>", "</think>");

    [Theory]
    // The reply's own tags, one byte each; the budget counts what is behind the opening tag.
    [InlineData("<think>abcdefgh", null, 3, "", "<think>abc</think>")]
    [InlineData("\n\n<think>abcdefgh", null, 3, "", "\n\n<think>abc</think>")]
    [InlineData("<think>\nabcdefgh", null, 3, "", "<think>\nab\n</think>\n\n")]
    [InlineData("<think>\nab\ndefgh", null, 4, "", "<think>\nab\n</think>\n\n")]
    [InlineData("<think>\nabcdefgh", null, 3, "Enough.", "<think>\nabEnough.\n</think>\n\n")]
    [InlineData("<think>abcdefgh", null, 0, "", "<think></think>")]
    // The prompt has opened it.
    [InlineData("abcdefgh", "<think>\n", 3, "", "abc\n</think>\n\n")]
    [InlineData("abcdefgh", "<think>", 3, "", "abc</think>")]
    [InlineData("\nabcdefgh", "<think>", 3, "", "\nab\n</think>\n\n")]
    [InlineData("abcdefgh", "<think>\n", 0, "", "</think>\n\n")]
    // The model has begun the tag itself.
    [InlineData("abc</thinking", "<think>", 5, "", "abc</think>")]
    [InlineData("abc<</thi", "<think>", 5, "", "abc<</think>")]
    // A character is not cut in two.
    [InlineData("aéé", "<think>", 2, "", "aé</think>")]
    [InlineData("a😀b", "<think>", 2, "", "a😀</think>")]
    // Nothing to end.
    [InlineData("abc</think>defgh", "<think>", 20, "", "abc</think>defgh")]
    [InlineData("abc</think>defgh", "<think>", 11, "", "abc</think>defgh")]
    [InlineData("abcdefgh<think>abcd", null, 1, "", "abcdefgh<think>abcd")]
    [InlineData("<thin>abcd", null, 1, "", "<thin>abcd")]
    public void ClosesAtTheBudget(string wanted, string? opening, int budget, string closing, string expected)
    {
        Assert.Equal(expected, Generate(Bytes, wanted, opening, budget, closing));
        // Tags that are one token each: the budget counts tokens, so that a tag within it has to be counted byte by byte for the rest to be the same.
        if (!wanted.Contains("</", StringComparison.Ordinal)) Assert.Equal(expected, Generate(Tags, wanted, opening, budget, closing));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ForcedTokensAreLikeOthersForAnyScheduleAndSpeculation(bool isGreedy)
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));
        var random = new Random(3);
        TokenRequest[] requests = [.. Script.Make(12, model.Tokenizer.VocabularySize, seed: 5).Where(script => script.Prompt.Length < 150).Select((script, i) => new TokenRequest
        {
            Prompt = script.Prompt,
            MaxTokens = 60,
            VocabularySize = model.Tokenizer.VocabularySize,
            Sampling = isGreedy ? new SamplerOptions { Temperature = 0, FrequencyPenalty = 0.3f, LogProbabilities = true } : new SamplerOptions { Seed = i, RepetitionPenalty = 1.2f, LogProbabilities = true },
            Reasoning = new ReasoningLimit(model.Tokenizer, 10 + i, "So.", i % 2 == 0 ? "<think>\n" : "<think>"),
            Speculation = SpeculationOptions.None,
        })];
        SampledToken[][] expected = new SampledToken[requests.Length][];
        using (var single = new Engine(model, new EngineOptions { Threads = 1, CacheTokens = 1024 }))
        using (var alone = new Scheduler(single))
            for (int i = 0; i < requests.Length; i++) expected[i] = await ReadAll(alone.Submit(requests[i]));

        using var engine = new Engine(model, new EngineOptions { Threads = 2, CacheTokens = 320, MaxBatch = 48 });
        using var scheduler = new Scheduler(engine, new SchedulerOptions { PromptTokensPerStep = 24 });
        TokenReply[] replies = [.. requests.Select((request, i) => scheduler.Submit(request with
        {
            Speculation = new SpeculationOptions
            {
                Source = i % 3 == 0 ? null : new ReplayedDrafts(request.Prompt.Length, [.. expected[i].Select(token => token.Token)], at => (at * 7 + i) % 5 > 0, model.Config.VocabularySize),
                IsAdaptive = false,
            },
        }))];
        SampledToken[][] actual = await Task.WhenAll(replies.Select(ReadAll));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Select(token => (token.Token, token.LogProbability)), actual[i].Select(token => (token.Token, token.LogProbability)));
            Assert.All(actual[i], token => Assert.True(token.LogProbability <= 0));
            Assert.Contains("So.", model.Tokenizer.Decode(actual[i].Select(token => token.Token)), StringComparison.Ordinal);
            Assert.Contains("</think>", model.Tokenizer.Decode(actual[i].Select(token => token.Token)), StringComparison.Ordinal);
        }

        Assert.True(replies.Sum(reply => reply.Drafts.Accepted) > 50);
    }

    /// <summary>A reply of the tokens that are wanted, until the limit forces others; nothing follows those.</summary>
    private static string Generate(Tokenizer tokenizer, string wanted, string? opening, int budget, string closing)
    {
        var limit = new ReasoningLimit(tokenizer, budget, closing, opening);
        List<byte> reply = [];
        bool isForced = false;
        foreach (int token in tokenizer.FindToken(ReasoningLimit.Open) is { } open && wanted.IndexOf(ReasoningLimit.Open, StringComparison.Ordinal) is >= 0 and var at
                     ? [.. tokenizer.EncodePlain(wanted[..at], false), open, .. tokenizer.EncodePlain(wanted[(at + ReasoningLimit.Open.Length)..], false)]
                     : tokenizer.EncodePlain(wanted, false))
        {
            for (int forced; (forced = limit.NextForced()) >= 0; isForced = true) Add(forced);
            if (isForced) break;
            Add(token);
        }

        for (int forced; (forced = limit.NextForced()) >= 0;) Add(forced);
        return Encoding.UTF8.GetString([.. reply]);

        void Add(int token)
        {
            reply.AddRange(tokenizer.TokenBytes(token));
            limit.Add(token);
        }
    }

    private static async Task<SampledToken[]> ReadAll(TokenReply reply)
    {
        var tokens = new List<SampledToken>();
        await foreach (SampledToken token in reply) tokens.Add(token);
        return [.. tokens];
    }
}

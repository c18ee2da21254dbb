using SeekSharp.Chat;
using SeekSharp.Tokenizers;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Tests.Text;

public sealed class DatasetTests
{
    private static Tokenizer Tokenizer => TrainedTokenizer.Tokenizer;

    [Fact]
    public void Examples_are_prompt_and_reply_as_chat_would_see_them()
    {
        var random = new Random(8);
        foreach (ITask task in TaskCatalog.Families.Concat(TaskCatalog.Conversations))
        {
            for (int i = 0; i < 20; i++)
            {
                Problem problem = task.Generate(random, Split.Train);
                Demonstration demonstration = task.Demonstrate(problem, random);
                TrainingExample example = TrainedTokenizer.Encoder.Encode(problem, demonstration);
                ChatPrompt prompt = new PromptBuilder(TokenizerText.ChatTemplate, Tokenizer).Build(problem.Messages, problem.Tools, true);
                Assert.Equal(prompt.Tokens, example.Tokens[..example.ResponseStart]);
                Assert.Equal(Tokenizer.FindToken(SpecialTokens.EndOfText), example.Tokens[^1]);
                string reply = Tokenizer.Decode(example.Tokens[example.ResponseStart..]);
                Assert.Equal($"{demonstration.Thought}</think>{demonstration.Reply}", reply);
                Assert.True(task.Verify(problem, AnswerExtractor.Strict(reply)), reply);

                var parser = new ReasoningParser(prompt.OpensReasoning, prompt.OpensReasoning);
                ReplyPiece[] pieces = [.. parser.Take(reply), .. parser.Flush()];
                Assert.Equal(demonstration.Reply, string.Concat(pieces.Where(piece => piece.Part == ReplyPart.Answer).Select(piece => piece.Text)));
            }
        }
    }

    [Fact]
    public void Without_thought_the_reply_is_the_answer()
    {
        ITask task = TaskCatalog.Find("addition");
        Problem problem = task.Generate(new Random(1), Split.Train);
        TrainingExample example = TrainedTokenizer.Encoder.Encode(problem, task.Demonstrate(problem, new Random(1)), thinks: false, system: "Be brief.");
        Assert.Equal(problem.Answer, Tokenizer.Decode(example.Tokens[example.ResponseStart..]));
        Assert.StartsWith("Be brief.", Tokenizer.Decode(example.Tokens), StringComparison.Ordinal);
    }

    [Fact]
    public void Words_written_backwards_are_one_token_a_letter()
    {
        ITask task = TaskCatalog.Find("reversal");
        var random = new Random(2);
        for (int i = 0; i < 50; i++)
        {
            Problem problem = task.Generate(random, Split.Train);
            if (problem.Answer.Contains(',', StringComparison.Ordinal)) continue;
            TrainingExample example = TrainedTokenizer.Encoder.Encode(problem, task.Demonstrate(problem, random));
            int close = Array.LastIndexOf(example.Tokens, Tokenizer.FindToken("</think>")!.Value);
            Assert.Equal(problem.Answer.Length, example.Tokens.Length - close - 2);
        }
    }

    [Fact]
    public void Batches_are_the_same_from_any_position()
    {
        List<TokenBatch> first = [.. Build().Read().Take(40)], second = [.. Build().Read().Take(40)];
        Assert.Contains(first, batch => batch.Next.Window == 1);
        for (int i = 0; i < first.Count; i++) AssertSame(first[i], second[i]);
        for (int i = 0; i < first.Count - 1; i += 7) AssertSame(first[i + 1], Build().Read(first[i].Next).First());
        Assert.NotEqual(first[0].Tokens, new DatasetBuilder(Tokenizer, TrainedTokenizer.Encoder, Mixture.Default, Options with { Seed = 2 }).Read().First().Tokens);
    }

    [Fact]
    public void Batches_are_full_and_mask_what_is_no_reply()
    {
        int padding = Tokenizer.FindToken(SpecialTokens.Padding)!.Value;
        long tokens = 0, used = 0;
        foreach (TokenBatch batch in Build().Read().Take(40))
        {
            Assert.Equal(batch.Rows * batch.Length, batch.Tokens.Length);
            Assert.Equal(0, batch.Length % DatasetBuilder.LengthUnit);
            Assert.InRange(batch.Tokens.Length, 1, Options.TokensPerBatch);
            Assert.Equal(batch.LearnedTokens, batch.IsLearned.Count(learned => learned));
            for (int i = 0; i < batch.Tokens.Length; i++) Assert.False(batch.IsLearned[i] && batch.Tokens[i] == padding);
            for (int row = 0; row < batch.Rows; row++) Assert.False(batch.IsLearned[row * batch.Length]);
            tokens += batch.Tokens.Length;
            used += batch.Tokens.Count(token => token != padding);
        }

        Assert.InRange((double)used / tokens, 0.8, 1);
    }

    [Fact]
    public void A_batch_pads_behind_its_rows()
    {
        TokenBatch batch = DatasetBuilder.Pad([new([5, 6, 7], 1, "a"), new([8, 9, 10, 11, 12], 3, "b")], 0, new(0, 1));
        Assert.Equal((2, 16), (batch.Rows, batch.Length));
        Assert.Equal([5, 6, 7, 0, 0], batch.Tokens[..5]);
        Assert.Equal([8, 9, 10, 11, 12, 0], batch.Tokens[16..22]);
        Assert.Equal([1, 2, 19, 20], Enumerable.Range(0, 32).Where(i => batch.IsLearned[i]));
        Assert.Equal(4, batch.LearnedTokens);
    }

    [Fact]
    public void Mixtures_draw_by_weight()
    {
        ITask often = TaskCatalog.Find("addition"), rarely = TaskCatalog.Find("sorting");
        var mixture = new Mixture([(often, 3), (rarely, 1)]);
        var random = new Random(3);
        Assert.InRange(Enumerable.Range(0, 4000).Count(_ => mixture.Draw(random) == rarely), 900, 1100);
        Assert.Throws<ArgumentException>(() => new Mixture([(often, 0)]));
        Assert.Throws<ArgumentException>(() => new Mixture([(often, double.NaN)]));
        Assert.Throws<ArgumentException>(() => new Mixture([]));
    }

    [Fact]
    public void Gaps_are_at_the_published_rate_and_lose_nothing()
    {
        var gaps = new FillInTheMiddle(Tokenizer);
        int begin = Tokenizer.FindToken(SpecialTokens.FillBegin)!.Value, hole = Tokenizer.FindToken(SpecialTokens.FillHole)!.Value, end = Tokenizer.FindToken(SpecialTokens.FillEnd)!.Value;
        var random = new Random(4);
        int count = 0;
        for (int i = 0; i < 3000; i++)
        {
            string text = $"12+{i}={i + 12} 🙂\nnext";
            List<int> tokens = gaps.Encode(text, random);
            if (tokens[0] != begin)
            {
                Assert.Equal(text, Tokenizer.Decode(tokens));
                continue;
            }

            count++;
            int atHole = tokens.IndexOf(hole), atEnd = tokens.IndexOf(end);
            Assert.Equal(text, Tokenizer.Decode(tokens[1..atHole]) + Tokenizer.Decode(tokens[(atEnd + 1)..]) + Tokenizer.Decode(tokens[(atHole + 1)..atEnd]));
        }

        Assert.InRange(count, 240, 360);
    }

    [Fact]
    public void Documents_depend_on_their_number_alone()
    {
        var corpus = new CorpusGenerator(9);
        string[] all = [.. Enumerable.Range(0, 500).Select(i => corpus.Document(i))];
        Assert.Equal(all[321], new CorpusGenerator(9).Document(321));
        Assert.NotEqual(all[321], new CorpusGenerator(10).Document(321));
        Assert.All(all, document => Assert.InRange(document.Length, 5, 2000));
        Assert.InRange(all.Distinct().Count(), 430, 500);
    }

    [Fact]
    public void Pretraining_goes_on_from_any_position()
    {
        PretrainingData Build() => new(Tokenizer, 5, rows: 16, length: 256);
        List<TokenBatch> batches = [.. Build().Read().Take(60)];
        Assert.Contains(batches, batch => batch.Next.Window == 1);
        foreach (TokenBatch batch in batches) Assert.Equal((16, 256, 16 * 255), (batch.Rows, batch.Length, batch.LearnedTokens));
        for (int i = 0; i < 59; i += 13) AssertSame(batches[i + 1], Build().Read(batches[i].Next).First());
    }

    private static DatasetOptions Options => new() { ExamplesPerWindow = 512 };

    private static DatasetBuilder Build() => new(Tokenizer, TrainedTokenizer.Encoder, Mixture.Default, Options);

    private static void AssertSame(TokenBatch expected, TokenBatch actual)
    {
        Assert.Equal(expected.Tokens, actual.Tokens);
        Assert.Equal(expected.IsLearned, actual.IsLearned);
        Assert.Equal(expected.Next, actual.Next);
    }
}

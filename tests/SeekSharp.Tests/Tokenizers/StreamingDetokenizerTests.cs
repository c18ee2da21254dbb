using CsCheck;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Tokenizers;

public sealed class StreamingDetokenizerTests
{
    private static readonly Tokenizer s_byteLevel = VocabularyTokenizer.Create(Vectors.SmallByteLevel(PreTokenizer.DeepSeekV3));
    private static readonly Tokenizer s_sentencePiece = VocabularyTokenizer.Create(Vectors.SmallSentencePiece());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_pieces_together_are_the_whole(bool isSentencePiece)
    {
        Tokenizer tokenizer = isSentencePiece ? s_sentencePiece : s_byteLevel;

        // Mostly bytes: tokens 0 to 255, in SentencePiece 3 to 258.
        Gen<int> token = Gen.OneOf(Gen.Int[0, 258], Gen.Int[0, tokenizer.VocabularySize - 1]);
        Gen.Select(token.Array[0, 40], Gen.Bool).Sample((tokens, includeSpecial) => Check(tokenizer, tokens, includeSpecial), iter: 5000);
    }

    [Fact]
    public void Characters_come_whole()
    {
        foreach (string text in Vectors.Texts.Where(text => text.Length < 1000))
            Assert.Equal(text, Check(s_byteLevel, s_byteLevel.Encode(text), includeSpecial: true));
    }

    [Fact]
    public void An_unfinished_character_becomes_a_replacement_character()
    {
        int first = s_byteLevel.FindToken("ð")!.Value;
        StreamingDetokenizer stream = new(s_byteLevel);
        Assert.Equal("", stream.Add(first));
        Assert.Equal("\uFFFD", stream.Flush());
        Assert.Equal("", stream.Flush());
    }

    [Fact]
    public void The_space_in_front_of_a_text_is_left_out_but_not_that_of_a_continuation()
    {
        IReadOnlyList<int> tokens = s_sentencePiece.Encode("the dog");
        Assert.Equal("the dog", Stream(new StreamingDetokenizer(s_sentencePiece), tokens));
        Assert.Equal(" the dog", Stream(new StreamingDetokenizer(s_sentencePiece, continuesText: true), tokens));
    }

    private static string Check(Tokenizer tokenizer, IReadOnlyList<int> tokens, bool includeSpecial)
    {
        StreamingDetokenizer stream = new(tokenizer, includeSpecial);
        List<string> pieces = [.. tokens.Select(stream.Add), stream.Flush()];
        foreach (string piece in pieces) Assert.True(piece.Length == 0 || (!char.IsHighSurrogate(piece[^1]) && !char.IsLowSurrogate(piece[0])));
        string whole = tokenizer.Decode(tokens, includeSpecial);
        Assert.Equal(whole, string.Concat(pieces));
        return whole;
    }

    private static string Stream(StreamingDetokenizer stream, IReadOnlyList<int> tokens) => string.Concat([.. tokens.Select(stream.Add), stream.Flush()]);
}

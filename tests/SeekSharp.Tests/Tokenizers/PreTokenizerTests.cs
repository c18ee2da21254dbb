using SeekSharp.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Tokenizers;

public sealed class PreTokenizerTests
{
    [Theory]
    [InlineData("qwen2", "I'LL go 12 times!!\r\n\r\nx", "I|'LL| go| |1|2| times|!!\r\n\r\n|x")]
    [InlineData("llama-bpe", "I'LL go 1234 times", "I|'LL| go| |123|4| times")]
    [InlineData("qwen2", "a   b", "a|  | b")]
    [InlineData("qwen2", "a   ", "a|   ")]
    [InlineData("qwen2", "a \n \n  b", "a| \n \n| | b")]
    [InlineData("qwen2", "'\u017f it's", "'\u017f| it|'s")]
    [InlineData("qwen2", "\U00020000\U00020001😀👍🏽", "\U00020000\U00020001|😀👍🏽")]
    [InlineData("qwen2", "क्ष", "क|्ष")]
    [InlineData("deepseek-v3", "क्ष", "क्ष")]
    [InlineData("deepseek-v3", "(hello) .NET x1234 你好ab カ・キ", "(hello|)| .|NET| x|123|4| |你好|ab| |カ|・|キ")]
    [InlineData("deepseek-v3", "a\u200d\u200d1", "a|\u200d\u200d|1")]
    [InlineData("deepseek-v3", "x  1", "x|  |1")]
    [InlineData("deepseek-llm", "naïve 12345\n\n你好。  ", "na|ï|ve| |12345|\n|\n|你好|。|  ")]
    [InlineData("deepseek-coder", "x = 123;\r\n 你好", "x| = |1|2|3|;|\r|\n| |你好")]
    public void Words_are_cut_where_the_pattern_says(string name, string text, string words)
    {
        CodePoints codePoints = new(text);
        List<string> cut = [];
        int start = 0;
        foreach (int end in PreTokenizer.Named(name, "test").Split(codePoints))
        {
            cut.Add(System.Text.Encoding.UTF8.GetString(codePoints.Utf8(start, end)));
            start = end;
        }

        Assert.Equal(words, string.Join('|', cut));
    }

    [Fact]
    public void An_unknown_pre_tokenizer_is_named()
    {
        Assert.Contains("gpt-9", Assert.Throws<ModelFormatException>(() => PreTokenizer.Named("gpt-9", "model.gguf")).Message, StringComparison.Ordinal);
        Assert.Contains(@"\w+", Assert.Throws<ModelFormatException>(() => PreTokenizer.WithPatterns([@"\p{N}{1,3}", @"\w+"], "tokenizer.json")).Message, StringComparison.Ordinal);
    }
}

using SeekSharp.Inference;
using SeekSharp.Tests.Chat;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Inference;

public sealed class CompletionPromptsTests
{
    [Theory]
    [InlineData("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>")]
    [InlineData("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")]
    public void GapsAreFilledWithTheModelsOwnTokens(string prefix, string suffix, string middle)
    {
        VocabularyTokenizer tokenizer = PromptBuilderTests.CreateTokenizer(addsBeginning: true, suffix, prefix, middle);
        var prompts = new CompletionPrompts(tokenizer);
        Assert.True(prompts.CanFill);
        int[] tokens = prompts.Fill($"a{suffix}", "b");
        Assert.Equal($"<s>{prefix}a{suffix}{suffix}b{middle}", tokenizer.Decode(tokens, includeSpecial: true));
        Assert.Single(tokens, token => token == tokenizer.FindToken(suffix)); // what the text spells is text
    }

    [Fact]
    public void AModelWithoutSuchTokensContinuesOnly()
    {
        VocabularyTokenizer tokenizer = PromptBuilderTests.CreateTokenizer(addsBeginning: true);
        var prompts = new CompletionPrompts(tokenizer);
        Assert.False(prompts.CanFill);
        Assert.Throws<NotSupportedException>(() => prompts.Fill("a", "b"));
        Assert.Equal("<s>a<s>", tokenizer.Decode(prompts.Continue("a<s>"), includeSpecial: true));
        Assert.Equal(1, prompts.Continue("a<s>").Count(token => token == 1));
        Assert.Empty(new CompletionPrompts(PromptBuilderTests.CreateTokenizer(addsBeginning: false)).Continue(""));
    }
}

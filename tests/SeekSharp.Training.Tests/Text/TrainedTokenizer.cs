using SeekSharp.Tokenizers;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Tests.Text;

/// <summary>A tokenizer of 1,024 ids, trained once for all tests.</summary>
internal static class TrainedTokenizer
{
    public const int Size = 1024;

    private static readonly Lazy<TokenizerText> s_text = new(() => TokenizerText.Train(TokenizerCorpus.Texts(Mixture.Default, seed: 1, examples: 6000), Size));
    private static readonly Lazy<Tokenizer> s_tokenizer = new(() => s_text.Value.ToTokenizer());
    private static readonly Lazy<ExampleEncoder> s_encoder = new(() => new ExampleEncoder(s_tokenizer.Value, TokenizerText.ChatTemplate));

    public static TokenizerText Text => s_text.Value;

    public static Tokenizer Tokenizer => s_tokenizer.Value;

    public static ExampleEncoder Encoder => s_encoder.Value;
}

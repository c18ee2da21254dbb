using SeekSharp.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.RandomModel;

/// <summary>The least vocabulary that engines load: a token per byte, two control tokens, one merge, and fillers.</summary>
internal static class ByteTokenizer
{
    private const int BeginningOfText = 256, EndOfText = 257, Merged = 258;

    public static void Write(GgufWriter writer, ModelConfig config)
    {
        const string prefix = "tokenizer.ggml.";
        List<string> tokens = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Encode((byte)value).ToString()), "<s>", "</s>", "th"];
        for (int i = tokens.Count; i < config.VocabularySize; i++) tokens.Add($"<unused{i}>");
        writer.Set(prefix + "model", "gpt2");
        writer.Set(prefix + "pre", config.Architecture == Architecture.DeepSeek ? "deepseek-llm" : "qwen2");
        writer.Set(prefix + "tokens", tokens);
        writer.Set(prefix + "token_type", [.. Enumerable.Range(0, tokens.Count).Select(id => (int)TypeOf(id))]);
        writer.Set(prefix + "merges", ["t h"]);
        writer.Set(prefix + "bos_token_id", (uint)BeginningOfText);
        writer.Set(prefix + "eos_token_id", (uint)EndOfText);
        writer.Set(prefix + "add_bos_token", false);
    }

    private static TokenType TypeOf(int id) => id switch
    {
        BeginningOfText or EndOfText => TokenType.Control,
        > Merged => TokenType.Unused,
        _ => TokenType.Normal,
    };
}

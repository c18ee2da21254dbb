using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Inference;

/// <summary>A model whose next token depends on the last one alone, with probabilities that the test gives: attention and feed-forward add nothing.</summary>
internal static class ToyModel
{
    /// <summary>The vocabulary: token 0 stands for what is neither "a" nor "b".</summary>
    public static IReadOnlyList<string> Tokens { get; } = ["<unk>", "a", "b"];

    /// <summary>Builds the model.</summary>
    /// <param name="afterA">Probabilities of the three tokens behind "a".</param>
    /// <param name="afterB">Probabilities behind "b".</param>
    /// <param name="addsBeginning">Whether "a" is the beginning-of-text token and is added.</param>
    /// <param name="tokens">Another spelling of the vocabulary.</param>
    public static LanguageModel Create(float[] afterA, float[] afterB, bool addsBeginning = false, IReadOnlyList<string>? tokens = null)
    {
        IReadOnlyList<string> spellings = tokens ?? Tokens;
        using TensorCollection tensors = new();
        // Both embeddings have a root mean square of 1: a = (1, 1), b = (1, -1). A head's row (x, y) gives x + y behind a, x - y behind b.
        tensors.Add("token_embd.weight", [3, 2], [1, 1, 1, 1, 1, -1]);
        tensors.Add("output.weight", [3, 2], [.. Enumerable.Range(0, 3).SelectMany(i => Row(afterA[i], afterB[i]))]);
        foreach (string name in (string[])["output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"]) tensors.Add(name + ".weight", [2], [1, 1]);
        foreach (string name in (string[])["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"])
            tensors.Add($"blk.0.{name}.weight", [2, 2], new float[4]);
        ModelConfig config = new()
        {
            Architecture = Architecture.Llama, LayerCount = 1, HiddenSize = 2, FeedForwardSize = 2, VocabularySize = 3, ContextLength = 64, HeadCount = 1,
            KeyValueHeadCount = 1, HeadDimension = 2, NormEpsilon = 0, RotaryBase = 10000, RotaryPairing = RotaryPairing.Interleaved,
        };
        return LanguageModel.Build(config, tensors, VocabularyTokenizer.Create(new TokenizerDefinition
        {
            Source = "toy", Kind = TokenizerKind.SentencePiece, Tokens = spellings, Types = [TokenType.Unknown, .. Enumerable.Repeat(TokenType.Normal, spellings.Count - 1)],
            Scores = [.. spellings.Select((_, id) => -(float)id)], Unknown = 0, BeginningOfText = addsBeginning ? 1 : null, AddsBeginningOfText = addsBeginning, EndOfText = new HashSet<int>(),
        }));
    }

    private static float[] Row(float afterA, float afterB)
    {
        (double a, double b) = (Math.Log(afterA), Math.Log(afterB));
        return [(float)((a + b) / 2), (float)((a - b) / 2)];
    }
}

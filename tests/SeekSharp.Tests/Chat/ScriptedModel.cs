using System.Text;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Chat;

/// <summary>
/// A model that says what is written: behind each token it says the next one of the vocabulary, whatever came before. A vocabulary is some replies, one
/// behind the other; the last token of the prompt says where to start. Attention and feed-forward add nothing; the head is the embedding, one row down.
/// </summary>
internal static class ScriptedModel
{
    /// <summary>Ends a reply; several of them may stand in a vocabulary, each as a token of its own.</summary>
    public const string End = "<end>";

    public static LanguageModel Create(int contextLength, params string[] vocabulary)
    {
        int hidden = (vocabulary.Length + 31) / 32 * 32;
        var config = new ModelConfig
        {
            Architecture = Architecture.Llama, LayerCount = 1, HiddenSize = hidden, FeedForwardSize = 32, VocabularySize = vocabulary.Length, ContextLength = contextLength,
            HeadCount = 2, KeyValueHeadCount = 2, HeadDimension = 16, NormEpsilon = 1e-5f, RotaryBase = 10_000, RotaryPairing = RotaryPairing.Interleaved,
            Name = "scripted",
        };
        using var weights = new TensorCollection();
        weights.Add("token_embd.weight", [vocabulary.Length, hidden], Matrix(vocabulary.Length, hidden, (row, column) => row == column ? 1 : 0));
        weights.Add("output.weight", [vocabulary.Length, hidden], Matrix(vocabulary.Length, hidden, (row, column) => row == column + 1 ? 8 : 0));
        foreach (string norm in new[] { "output_norm", "blk.0.attn_norm", "blk.0.ffn_norm" }) weights.Add($"{norm}.weight", [hidden], Matrix(1, hidden, (_, _) => 1));
        foreach (string matrix in new[] { "attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up" }) weights.Add($"blk.0.{matrix}.weight", [32, hidden], Matrix(32, hidden, (_, _) => 0));
        foreach (string matrix in new[] { "attn_output", "ffn_down" }) weights.Add($"blk.0.{matrix}.weight", [hidden, 32], Matrix(hidden, 32, (_, _) => 0));
        return LanguageModel.Build(config, weights, new Script(vocabulary));
    }

    private static float[] Matrix(int rows, int columns, Func<int, int, float> element) =>
        [.. Enumerable.Range(0, rows * columns).Select(i => element(i / columns, i % columns))];

    /// <summary>Takes the longest token at each place. Tokens in angle brackets and bars ("&lt;|x|&gt;") and ends are control tokens.</summary>
    private sealed class Script(string[] vocabulary) : Tokenizer
    {
        private readonly byte[][] _bytes = [.. vocabulary.Select(Encoding.UTF8.GetBytes)];

        public override int VocabularySize => vocabulary.Length;

        public override int? BeginningOfText => null;

        public override IReadOnlySet<int> EndOfText { get; } =
            Enumerable.Range(0, vocabulary.Length).Where(token => vocabulary[token] == End).ToHashSet();

        public override bool AddsBeginningOfText => false;

        public override IReadOnlyList<int> Encode(string text, bool parseSpecial = false)
        {
            List<int> tokens = [];
            for (int i = 0; i < text.Length; i += vocabulary[tokens[^1]].Length)
            {
                string rest = text[i..];
                int[] fitting = [.. Enumerable.Range(0, vocabulary.Length).Where(token => (parseSpecial || !IsSpecial(token)) && rest.StartsWith(vocabulary[token], StringComparison.Ordinal))];
                tokens.Add(fitting.MaxBy(token => vocabulary[token].Length));
            }

            return tokens;
        }

        public override ReadOnlySpan<byte> TokenBytes(int token) => _bytes[token];

        public override bool IsSpecial(int token) => vocabulary[token] is End or ['<', '|', .., '|', '>'];

        public override int? FindToken(string spelling) => Array.IndexOf(vocabulary, spelling) is >= 0 and var token ? token : null;

        public override string Decode(IEnumerable<int> tokens, bool includeSpecial = false) => string.Concat(tokens.Select(token => vocabulary[token]));
    }
}

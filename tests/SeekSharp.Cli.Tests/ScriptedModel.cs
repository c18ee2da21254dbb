using SeekSharp.Tests.Formats;

namespace SeekSharp.Cli.Tests;

/// <summary>
/// Writes a model that says what is written: each token is followed by one certain token, whatever came before. Attention and feed-forward add
/// nothing, an embedding is one number 1, and the head turns it into the token that follows.
/// </summary>
internal static class ScriptedModel
{
    private const string End = "<|im_end|>";
    private const int Hidden = 64;

    /// <summary>The template chooses the start of the reply: a question, a question without thoughts, a system message, an endless reply, a second question.</summary>
    public const string ThinkingTemplate =
        "{{ messages[-1].content }}" +
        "{% if 'loop' in messages[-1].content %}<loop>{% elif messages | length > 2 %}<more>" +
        "{% elif messages[0].role == 'system' and not enable_thinking is defined %}<system>{% elif enable_thinking is defined and not enable_thinking %}<short>{% else %}<ask>{% endif %}";

    /// <summary>Each token with the one that follows.</summary>
    public static readonly (string Token, string Next)[] Thinking =
    [
        ("<ask>", "<think>"), ("<think>", "two"), ("two", " and"), (" and", " two"), (" two", "</think>"), ("</think>", "\n\n"), ("\n\n", "It is"),
        ("<short>", "It is"), ("It is", " four"), (" four", "."), (".", End),
        ("<system>", "Sure"), ("Sure", "."),
        ("<loop>", "tick "), ("tick ", "tock "), ("tock ", "tick "),
        ("<more>", "Four"), ("Four", " again"), (" again", "."),
    ];

    public static void Write(string path, (string Token, string Next)[] script, string template)
    {
        string[] spoken = [.. script.Select(step => step.Token)];
        string[] tokens = ["<unk>", "<s>", End, .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), .. spoken];
        int first = tokens.Length - spoken.Length;
        int IdOf(string token) => Array.IndexOf(tokens, token);
        int[] types = [.. tokens.Select((_, id) => id == 0 ? 2 : id < 3 ? 3 : id < first ? 6 : 4)];
        var builder = new GgufBuilder();
        builder.Set("general.architecture", "llama").Set("general.name", "scripted").Set("llama.block_count", 1u).Set("llama.context_length", 1u << 20);
        builder.Set("llama.embedding_length", (uint)Hidden).Set("llama.feed_forward_length", 32u).Set("llama.vocab_size", (uint)tokens.Length);
        builder.Set("llama.attention.head_count", 2u).Set("llama.attention.head_count_kv", 2u).Set("llama.attention.key_length", 16u).Set("llama.attention.value_length", 16u);
        builder.Set("llama.rope.dimension_count", 16u).Set("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        builder.Set("tokenizer.ggml.model", "llama").Set("tokenizer.ggml.tokens", tokens).Set("tokenizer.ggml.scores", new float[tokens.Length]);
        builder.Set("tokenizer.ggml.token_type", types).Set("tokenizer.ggml.add_space_prefix", false).Set("tokenizer.ggml.add_bos_token", false);
        builder.Set("tokenizer.ggml.eos_token_id", 2u).Set("tokenizer.chat_template", template);

        var embedding = new float[tokens.Length * Hidden];
        var head = new float[tokens.Length * Hidden];
        for (int i = 0; i < script.Length; i++)
        {
            embedding[(first + i) * Hidden + i] = 1;
            head[IdOf(script[i].Next) * Hidden + i] = 8;
        }

        builder.Add("token_embd.weight", [tokens.Length, Hidden], embedding).Add("output.weight", [tokens.Length, Hidden], head);
        foreach (string norm in new[] { "output_norm", "blk.0.attn_norm", "blk.0.ffn_norm" }) builder.Add($"{norm}.weight", [Hidden], [.. Enumerable.Repeat(1f, Hidden)]);
        foreach (string matrix in new[] { "attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up" }) builder.Add($"blk.0.{matrix}.weight", [32, Hidden]);
        foreach (string matrix in new[] { "attn_output", "ffn_down" }) builder.Add($"blk.0.{matrix}.weight", [Hidden, 32]);
        File.WriteAllBytes(path, builder.ToBytes());
    }
}

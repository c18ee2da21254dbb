using SeekSharp.Tests.Formats;

namespace SeekSharp.Server.Tests;

/// <summary>Writes a Llama of two layers with random weights that speaks in letters: what it says depends on all of its prompt, and it never ends by itself.</summary>
internal static class RandomModel
{
    private const int Hidden = 64, FeedForward = 64, Layers = 2, FirstByte = 3;

    public static void Write(string path)
    {
        string[] letters = [.. "abcdefghijklmnopqrstuvwxyz".Select(letter => $"{letter}")];
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), .. letters];
        int[] types = [.. tokens.Select((_, id) => id == 0 ? 2 : id < FirstByte ? 3 : id < FirstByte + 256 ? 6 : 1)];
        var builder = new GgufBuilder();
        builder.Set("general.architecture", "llama").Set("general.name", "random").Set("llama.block_count", (uint)Layers).Set("llama.context_length", 1u << 15);
        builder.Set("llama.embedding_length", (uint)Hidden).Set("llama.feed_forward_length", (uint)FeedForward).Set("llama.vocab_size", (uint)tokens.Length);
        builder.Set("llama.attention.head_count", 4u).Set("llama.attention.head_count_kv", 4u).Set("llama.rope.dimension_count", 16u);
        builder.Set("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        builder.Set("tokenizer.ggml.model", "llama").Set("tokenizer.ggml.tokens", tokens).Set("tokenizer.ggml.scores", new float[tokens.Length]);
        builder.Set("tokenizer.ggml.token_type", types).Set("tokenizer.ggml.add_space_prefix", false).Set("tokenizer.ggml.add_bos_token", true);
        builder.Set("tokenizer.ggml.bos_token_id", 1u).Set("tokenizer.ggml.eos_token_id", 2u);
        builder.Set("tokenizer.chat_template", "{% for message in messages %}{{ message.content }}\n{% endfor %}{% if tools %}{{ tools | tojson }}{% endif %}");

        var random = new Random(7);
        float[] Numbers(int count, float scale) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5) * scale)];
        builder.Add("token_embd.weight", [tokens.Length, Hidden], Numbers(tokens.Length * Hidden, 2));
        float[] head = Numbers(tokens.Length * Hidden, 2);
        Array.Clear(head, 0, (FirstByte + 256) * Hidden); // everything but letters
        builder.Add("output.weight", [tokens.Length, Hidden], head);
        builder.Add("output_norm.weight", [Hidden], Ones());
        for (int layer = 0; layer < Layers; layer++)
        {
            builder.Add($"blk.{layer}.attn_norm.weight", [Hidden], Ones()).Add($"blk.{layer}.ffn_norm.weight", [Hidden], Ones());
            foreach (string matrix in new[] { "attn_q", "attn_k", "attn_v", "attn_output" }) builder.Add($"blk.{layer}.{matrix}.weight", [Hidden, Hidden], Numbers(Hidden * Hidden, 1));
            foreach (string matrix in new[] { "ffn_gate", "ffn_up" }) builder.Add($"blk.{layer}.{matrix}.weight", [FeedForward, Hidden], Numbers(FeedForward * Hidden, 1));
            builder.Add($"blk.{layer}.ffn_down.weight", [Hidden, FeedForward], Numbers(Hidden * FeedForward, 1));
        }

        File.WriteAllBytes(path, builder.ToBytes());
    }

    private static float[] Ones() => [.. Enumerable.Repeat(1f, Hidden)];
}

using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

/// <summary>Small models of each family, as files.</summary>
internal static class SmallModels
{
    /// <summary>Metadata and tensors of a V3-shaped model with one dense and one mixture layer; the tensors hold zeros.</summary>
    public static GgufBuilder DeepSeek(bool isOldLayout = false, bool hasBias = true, Action<GgufBuilder>? more = null)
    {
        GgufBuilder builder = new();
        builder.Set("general.architecture", "deepseek2").Set("general.name", "small");
        builder.Set("deepseek2.block_count", 2u).Set("deepseek2.context_length", 4096u).Set("deepseek2.embedding_length", 32u);
        builder.Set("deepseek2.feed_forward_length", 64u).Set("deepseek2.vocab_size", 8u).Set("deepseek2.leading_dense_block_count", 1u);
        builder.Set("deepseek2.attention.head_count", 2u).Set("deepseek2.attention.head_count_kv", isOldLayout ? 2u : 1u);
        builder.Set("deepseek2.attention.layer_norm_rms_epsilon", 1e-6f).Set("deepseek2.attention.kv_lora_rank", 16u);
        builder.Set("deepseek2.attention.key_length", isOldLayout ? 12u : 20u).Set("deepseek2.attention.value_length", isOldLayout ? 10u : 16u);
        if (!isOldLayout) builder.Set("deepseek2.attention.key_length_mla", 12u).Set("deepseek2.attention.value_length_mla", 10u);
        builder.Set("deepseek2.rope.dimension_count", 4u).Set("deepseek2.expert_count", 4u).Set("deepseek2.expert_used_count", 2u);
        builder.Set("deepseek2.expert_shared_count", 1u).Set("deepseek2.expert_feed_forward_length", 32u);
        more?.Invoke(builder);
        builder.Add("token_embd.weight", [8, 32]).Add("output.weight", [8, 32]).Add("blk.1.ffn_gate_exps.weight", TensorType.Q8_0, [4, 32, 32]);
        if (hasBias) builder.Add("blk.1.exp_probs_b.bias", [4]);
        return builder;
    }

    /// <summary>Metadata of a model with grouped attention: hidden 32, 4 heads, 2 key-value heads.</summary>
    public static GgufBuilder Grouped(string architecture, Action<GgufBuilder>? more = null)
    {
        GgufBuilder builder = new();
        builder.Set("general.architecture", architecture);
        builder.Set($"{architecture}.block_count", 2u).Set($"{architecture}.context_length", 4096u).Set($"{architecture}.embedding_length", 32u);
        builder.Set($"{architecture}.feed_forward_length", 64u).Set($"{architecture}.attention.head_count", 4u);
        builder.Set($"{architecture}.attention.head_count_kv", 2u).Set($"{architecture}.attention.layer_norm_rms_epsilon", 1e-5f);
        builder.Set("tokenizer.ggml.tokens", new[] { "a", "b", "c" });
        more?.Invoke(builder);
        return builder;
    }

    public static ModelConfig ConfigOf(GgufBuilder builder)
    {
        using TemporaryFolder folder = new();
        using GgufFile file = GgufFile.Open(folder.Write("model.gguf", builder.ToBytes()));
        return file.Config;
    }
}

using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

public sealed class HuggingFaceNamesTests
{
    [Theory]
    [InlineData("token_embd.weight", null, "model.embed_tokens.weight")]
    [InlineData("output_norm.weight", null, "model.norm.weight")]
    [InlineData("output.weight", null, "lm_head.weight")]
    [InlineData("blk.0.attn_norm.weight", null, "model.layers.0.input_layernorm.weight")]
    [InlineData("blk.10.ffn_norm.weight", null, "model.layers.10.post_attention_layernorm.weight")]
    [InlineData("blk.3.attn_q.bias", null, "model.layers.3.self_attn.q_proj.bias")]
    [InlineData("blk.3.attn_k_norm.weight", null, "model.layers.3.self_attn.k_norm.weight")]
    [InlineData("blk.3.attn_output.weight", null, "model.layers.3.self_attn.o_proj.weight")]
    [InlineData("blk.3.attn_q_a_norm.weight", null, "model.layers.3.self_attn.q_a_layernorm.weight")]
    [InlineData("blk.3.attn_kv_a_mqa.weight", null, "model.layers.3.self_attn.kv_a_proj_with_mqa.weight")]
    [InlineData("blk.3.attn_kv_b.weight", null, "model.layers.3.self_attn.kv_b_proj.weight")]
    [InlineData("blk.3.ffn_down.weight", null, "model.layers.3.mlp.down_proj.weight")]
    [InlineData("blk.3.ffn_gate_inp.weight", null, "model.layers.3.mlp.gate.weight")]
    [InlineData("blk.3.exp_probs_b.bias", null, "model.layers.3.mlp.gate.e_score_correction_bias")]
    [InlineData("blk.3.ffn_up_exps.weight", 17, "model.layers.3.mlp.experts.17.up_proj.weight")]
    [InlineData("blk.3.ffn_up_shexp.weight", null, "model.layers.3.mlp.shared_experts.up_proj.weight")]
    [InlineData("blk.61.nextn.eh_proj.weight", null, "model.layers.61.eh_proj.weight")]
    [InlineData("blk.61.nextn.shared_head_norm.weight", null, "model.layers.61.shared_head.norm.weight")]
    [InlineData("blk.61.nextn.embed_tokens.weight", null, "model.layers.61.embed_tokens.weight")]
    public void Names_lead_there_and_back(string gguf, int? expert, string huggingFace)
    {
        Assert.Equal(huggingFace, HuggingFaceNames.FromGguf(gguf, expert));
        Assert.Equal(gguf, HuggingFaceNames.ToGguf(huggingFace, out int? found));
        Assert.Equal(expert, found);
    }

    [Theory]
    [InlineData("blk.3.ffn_up_exps.weight", null)] // stacked experts
    [InlineData("blk.3.attn_k_b.weight", null)]    // one half of kv_b_proj
    [InlineData("blk.3.attn_norm.weight", 2)]
    [InlineData("token_embd.weight", 0)]
    [InlineData("blk.x.attn_norm.weight", null)]
    [InlineData("blk.99999999999.attn_norm.weight", null)]
    [InlineData("blk.", null)]
    [InlineData("", null)]
    public void Names_that_a_folder_does_not_have(string gguf, int? expert) => Assert.Null(HuggingFaceNames.FromGguf(gguf, expert));

    [Theory]
    [InlineData("model.layers.3.self_attn.o_proj.weight_scale_inv")]
    [InlineData("model.layers.3.mlp.experts.x.up_proj.weight")]
    [InlineData("model.layers.3.self_attn.rotary_emb.inv_freq")]
    [InlineData("model.layers.-3.input_layernorm.weight")]
    public void Names_that_gguf_does_not_have(string huggingFace) => Assert.Null(HuggingFaceNames.ToGguf(huggingFace, out _));
}

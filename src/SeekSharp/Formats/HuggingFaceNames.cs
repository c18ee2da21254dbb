using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace SeekSharp.Formats;

/// <summary>
/// Hugging Face's names of tensors and GGUF's, in both directions, for the DeepSeek, Qwen2, Qwen3 and Llama families (no two of which
/// give the same name to different tensors).
/// </summary>
internal static class HuggingFaceNames
{
    private const string LayerPrefix = "model.layers.";
    private const string BlockPrefix = "blk.";
    private const string ExpertsPrefix = "mlp.experts.";

    private static readonly (string Gguf, string HuggingFace)[] Globals =
    [
        ("token_embd.weight", "model.embed_tokens.weight"),
        ("output_norm.weight", "model.norm.weight"),
        ("output.weight", "lm_head.weight"),
    ];

    /// <summary>Names inside a layer: behind "blk.N." and behind "model.layers.N.".</summary>
    private static readonly (string Gguf, string HuggingFace)[] Layer =
    [
        ("attn_norm.weight", "input_layernorm.weight"),
        ("ffn_norm.weight", "post_attention_layernorm.weight"),
        // grouped attention
        ("attn_q.weight", "self_attn.q_proj.weight"),
        ("attn_k.weight", "self_attn.k_proj.weight"),
        ("attn_v.weight", "self_attn.v_proj.weight"),
        ("attn_q.bias", "self_attn.q_proj.bias"),
        ("attn_k.bias", "self_attn.k_proj.bias"),
        ("attn_v.bias", "self_attn.v_proj.bias"),
        ("attn_output.weight", "self_attn.o_proj.weight"),
        ("attn_output.bias", "self_attn.o_proj.bias"),
        ("attn_q_norm.weight", "self_attn.q_norm.weight"),
        ("attn_k_norm.weight", "self_attn.k_norm.weight"),
        // latent attention
        ("attn_q_a.weight", "self_attn.q_a_proj.weight"),
        ("attn_q_a_norm.weight", "self_attn.q_a_layernorm.weight"),
        ("attn_q_b.weight", "self_attn.q_b_proj.weight"),
        ("attn_kv_a_mqa.weight", "self_attn.kv_a_proj_with_mqa.weight"),
        ("attn_kv_a_norm.weight", "self_attn.kv_a_layernorm.weight"),
        ("attn_kv_b.weight", "self_attn.kv_b_proj.weight"),
        // dense feed-forward
        ("ffn_gate.weight", "mlp.gate_proj.weight"),
        ("ffn_up.weight", "mlp.up_proj.weight"),
        ("ffn_down.weight", "mlp.down_proj.weight"),
        // mixture of experts
        ("ffn_gate_inp.weight", "mlp.gate.weight"),
        ("exp_probs_b.bias", "mlp.gate.e_score_correction_bias"),
        ("ffn_gate_shexp.weight", "mlp.shared_experts.gate_proj.weight"),
        ("ffn_up_shexp.weight", "mlp.shared_experts.up_proj.weight"),
        ("ffn_down_shexp.weight", "mlp.shared_experts.down_proj.weight"),
        // multi-token prediction
        ("nextn.eh_proj.weight", "eh_proj.weight"),
        ("nextn.enorm.weight", "enorm.weight"),
        ("nextn.hnorm.weight", "hnorm.weight"),
        ("nextn.embed_tokens.weight", "embed_tokens.weight"),
        ("nextn.shared_head_norm.weight", "shared_head.norm.weight"),
        ("nextn.shared_head_head.weight", "shared_head.head.weight"),
    ];

    /// <summary>Names of one expert: behind "blk.N." (stacked) and behind "model.layers.N.mlp.experts.E.".</summary>
    private static readonly (string Gguf, string HuggingFace)[] Expert =
    [
        ("ffn_gate_exps.weight", "gate_proj.weight"),
        ("ffn_up_exps.weight", "up_proj.weight"),
        ("ffn_down_exps.weight", "down_proj.weight"),
    ];

    private static readonly FrozenDictionary<string, string> GlobalsByGguf = ByGguf(Globals), GlobalsByHuggingFace = ByHuggingFace(Globals);
    private static readonly FrozenDictionary<string, string> LayerByGguf = ByGguf(Layer), LayerByHuggingFace = ByHuggingFace(Layer);
    private static readonly FrozenDictionary<string, string> ExpertByGguf = ByGguf(Expert), ExpertByHuggingFace = ByHuggingFace(Expert);

    /// <summary>Hugging Face's name of a tensor.</summary>
    /// <param name="ggufName">GGUF's name.</param>
    /// <param name="expert">Which expert, for the stacked expert tensors.</param>
    /// <returns>The name, or null where Hugging Face's layout has no such tensor (for instance stacked experts).</returns>
    public static string? FromGguf(string ggufName, int? expert = null)
    {
        if (GlobalsByGguf.TryGetValue(ggufName, out string? name)) return expert is null ? name : null;
        if (!TryCutNumber(ggufName, BlockPrefix, out int layer, out string? rest)) return null;
        if (expert is { } index)
            return ExpertByGguf.TryGetValue(rest, out name) ? Invariant($"{LayerPrefix}{layer}.{ExpertsPrefix}{index}.{name}") : null;
        return LayerByGguf.TryGetValue(rest, out name) ? Invariant($"{LayerPrefix}{layer}.{name}") : null;
    }

    /// <summary>GGUF's name of a tensor.</summary>
    /// <param name="huggingFaceName">Hugging Face's name.</param>
    /// <param name="expert">Which slice of the stacked GGUF tensor it is, for experts; otherwise null.</param>
    /// <returns>The name, or null for names that these families do not have.</returns>
    public static string? ToGguf(string huggingFaceName, out int? expert)
    {
        expert = null;
        if (GlobalsByHuggingFace.TryGetValue(huggingFaceName, out string? name)) return name;
        if (!TryCutNumber(huggingFaceName, LayerPrefix, out int layer, out string? rest)) return null;
        if (LayerByHuggingFace.TryGetValue(rest, out name)) return Invariant($"{BlockPrefix}{layer}.{name}");
        if (!TryCutNumber(rest, ExpertsPrefix, out int index, out rest) || !ExpertByHuggingFace.TryGetValue(rest, out name)) return null;
        expert = index;
        return Invariant($"{BlockPrefix}{layer}.{name}");
    }

    /// <summary>Cuts "prefix12.rest" into 12 and "rest".</summary>
    private static bool TryCutNumber(string name, string prefix, out int number, [NotNullWhen(true)] out string? rest)
    {
        number = 0;
        rest = null;
        int dot = name.StartsWith(prefix, StringComparison.Ordinal) ? name.IndexOf('.', prefix.Length) : -1;
        if (dot < 0 || !int.TryParse(name.AsSpan(prefix.Length, dot - prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number))
            return false;
        rest = name[(dot + 1)..];
        return true;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static FrozenDictionary<string, string> ByGguf((string Gguf, string HuggingFace)[] names) =>
        names.ToFrozenDictionary(pair => pair.Gguf, pair => pair.HuggingFace, StringComparer.Ordinal);

    private static FrozenDictionary<string, string> ByHuggingFace((string Gguf, string HuggingFace)[] names) =>
        names.ToFrozenDictionary(pair => pair.HuggingFace, pair => pair.Gguf, StringComparer.Ordinal);
}

using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>DeepSeek V2, V2-Lite, V3, R1 and relatives: latent attention; dense layers first, mixtures of experts after.</summary>
internal static class DeepSeek
{
    public static CacheLayout Cache(ModelConfig config, LatentAttentionForm form) => form == LatentAttentionForm.Absorbed
        ? MultiHeadLatentAttention.CacheLayout(config.LatentAttention!)
        : NaiveLatentAttention.CacheLayout(config);

    public static DecoderLayer Layer(ModelConfig config, WeightLoader weights, RotaryEmbedding rotary, int layer, LatentAttentionForm form)
    {
        string block = $"blk.{layer}.";
        LatentAttentionWeights attention = Attention(config, weights, block, form);
        return new DecoderLayer(
            weights.Norm(block + "attn_norm.weight", config.HiddenSize, config.NormEpsilon),
            form == LatentAttentionForm.Absorbed
                ? new MultiHeadLatentAttention(config, rotary, attention)
                : new NaiveLatentAttention(config, rotary, attention),
            weights.Norm(block + "ffn_norm.weight", config.HiddenSize, config.NormEpsilon),
            config.IsMixtureLayer(layer) ? Mixture(config, weights, block) : Dense.FeedForward(config, weights, block));
    }

    private static LatentAttentionWeights Attention(ModelConfig config, WeightLoader weights, string block, LatentAttentionForm form)
    {
        LatentAttentionConfig latent = config.LatentAttention!;
        int queryInput = latent.QueryRank > 0 ? latent.QueryRank : config.HiddenSize;
        (PackedMatrix[] keyUp, PackedMatrix[] valueUp) = KeyValueUp(config, weights, block, form);
        return new LatentAttentionWeights
        {
            QueryDown = latent.QueryRank > 0 ? weights.Matrix(block + "attn_q_a.weight", latent.QueryRank, config.HiddenSize) : null,
            QueryNorm = latent.QueryRank > 0 ? weights.Norm(block + "attn_q_a_norm.weight", latent.QueryRank, config.NormEpsilon) : null,
            QueryUp = weights.Matrix(block + (latent.QueryRank > 0 ? "attn_q_b.weight" : "attn_q.weight"), config.HeadCount * config.HeadDimension, queryInput),
            KeyValueDown = weights.Matrix(block + "attn_kv_a_mqa.weight", latent.KeyValueRank + latent.RotaryDimension, config.HiddenSize),
            KeyValueNorm = weights.Norm(block + "attn_kv_a_norm.weight", latent.KeyValueRank, config.NormEpsilon),
            KeyUp = keyUp,
            ValueUp = valueUp,
            Output = weights.Matrix(block + "attn_output.weight", config.HiddenSize, config.HeadCount * latent.ValueDimension),
        };
    }

    /// <summary>
    /// The up-projections of keys and values per head, from either layout: one tensor attn_kv_b [heads x (nope + value), rank], or attn_k_b
    /// [heads, rank, nope] (stored transposed, as the absorbed form reads it) with attn_v_b [heads, value, rank].
    /// </summary>
    private static (PackedMatrix[] KeyUp, PackedMatrix[] ValueUp) KeyValueUp(ModelConfig config, WeightLoader weights, string block, LatentAttentionForm form)
    {
        LatentAttentionConfig latent = config.LatentAttention!;
        (int heads, int nope, int value, int rank) = (config.HeadCount, latent.NopeDimension, latent.ValueDimension, latent.KeyValueRank);
        if (weights.Has(block + "attn_k_b.weight"))
        {
            string keyName = block + "attn_k_b.weight";
            return (
                form == LatentAttentionForm.Absorbed ? weights.Stack(keyName, heads, rank, nope) : weights.TransposedStack(keyName, heads, rank, nope),
                weights.Stack(block + "attn_v_b.weight", heads, value, rank));
        }

        string name = block + "attn_kv_b.weight";
        int allRows = heads * (nope + value);
        var keyUp = new PackedMatrix[heads];
        var valueUp = new PackedMatrix[heads];
        for (int head = 0; head < heads; head++)
        {
            int firstRow = head * (nope + value);
            keyUp[head] = form == LatentAttentionForm.Absorbed
                ? weights.TransposedRows(name, allRows, rank, firstRow, nope)
                : weights.Rows(name, allRows, rank, firstRow, nope);
            valueUp[head] = weights.Rows(name, allRows, rank, firstRow + nope, value);
        }

        return (keyUp, valueUp);
    }

    private static MixtureOfExperts Mixture(ModelConfig config, WeightLoader weights, string block)
    {
        MixtureOfExpertsConfig moe = config.MixtureOfExperts!;
        int hidden = config.HiddenSize, sharedWidth = moe.SharedExpertCount * moe.ExpertWidth;
        IExperts experts = weights.Experts(block, moe.ExpertCount, moe.ExpertWidth, hidden);
        FeedForwardWeights? shared = sharedWidth == 0 ? null : new FeedForwardWeights(
            weights.Matrix(block + "ffn_gate_shexp.weight", sharedWidth, hidden),
            weights.Matrix(block + "ffn_up_shexp.weight", sharedWidth, hidden),
            weights.Matrix(block + "ffn_down_shexp.weight", hidden, sharedWidth));
        return new MixtureOfExperts(
            moe, weights.Matrix(block + "ffn_gate_inp.weight", moe.ExpertCount, hidden), new Router(moe, SelectionBias(moe, weights, block)), experts, shared);
    }

    private static float[]? SelectionBias(MixtureOfExpertsConfig moe, WeightLoader weights, string block) =>
        moe.HasSelectionBias ? weights.Values(block + "exp_probs_b.bias", moe.ExpertCount) : null;
}

namespace SeekSharp.Models;

/// <summary>How latent attention is computed; both forms are the same function (DeepSeek-V2 §2.1.2).</summary>
public enum LatentAttentionForm
{
    /// <summary>Queries are brought into the space of the latents; the cache holds one latent and one rotary key per token.</summary>
    Absorbed,
    /// <summary>Keys and values of every head are made from the latents and cached: slow and large, for comparison.</summary>
    Naive,
}

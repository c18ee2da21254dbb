using SeekSharp.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Templates;

/// <summary>Chat templates of model families, for files that bring none of their own.</summary>
public static class ChatTemplates
{
    private static readonly Lazy<ChatTemplate> DeepSeekV2 = Template(DefaultTemplates.DeepSeekV2);
    private static readonly Lazy<ChatTemplate> DeepSeekV3 = Template(DefaultTemplates.DeepSeekV3);
    private static readonly Lazy<ChatTemplate> DeepSeekV31 = Template(DefaultTemplates.DeepSeekV31);
    private static readonly Lazy<ChatTemplate> DeepSeekR1 = Template(DefaultTemplates.DeepSeekR1);
    private static readonly Lazy<ChatTemplate> ChatMarkup = Template(DefaultTemplates.ChatMarkup);
    private static readonly Lazy<ChatTemplate> Qwen3 = Template(DefaultTemplates.Qwen3);
    private static readonly Lazy<ChatTemplate> Llama2 = Template(DefaultTemplates.Llama2);
    private static readonly Lazy<ChatTemplate> Llama3 = Template(DefaultTemplates.Llama3);
    private static readonly Lazy<ChatTemplate> Llama31 = Template(DefaultTemplates.Llama31);

    /// <summary>The template of a family, told apart further by the special tokens that the tokenizer knows.</summary>
    /// <param name="architecture">The model's family.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <returns>
    /// The format that the model was most likely trained on: a Qwen or Llama model that knows DeepSeek's turn marks is a distillation of R1, and gets
    /// R1's. A DeepSeek or Llama model that knows no turn marks gets the plain format of V2 or Llama 2.
    /// </returns>
    public static ChatTemplate DefaultFor(Architecture architecture, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return DefaultFor(architecture, spelling => tokenizer.FindToken(spelling) is not null);
    }

    internal static ChatTemplate DefaultFor(Architecture architecture, Predicate<string> knows)
    {
        if (knows("<｜User｜>")) return ForDeepSeek(architecture, knows);
        if (architecture == Architecture.DeepSeek) return DeepSeekV2.Value;
        if (architecture == Architecture.Qwen3) return Qwen3.Value;
        if (architecture == Architecture.Qwen2 || knows("<|im_start|>")) return ChatMarkup.Value;
        if (!knows("<|start_header_id|>")) return Llama2.Value;
        return knows("<|eom_id|>") ? Llama31.Value : Llama3.Value;
    }

    private static ChatTemplate ForDeepSeek(Architecture architecture, Predicate<string> knows)
    {
        bool thinks = knows("<think>");
        if (architecture != Architecture.DeepSeek) return DeepSeekR1.Value;
        if (thinks && knows("<｜search▁begin｜>")) return DeepSeekV31.Value;
        return thinks ? DeepSeekR1.Value : DeepSeekV3.Value;
    }

    private static Lazy<ChatTemplate> Template(string source) => new(() => ChatTemplate.Parse(source));
}

using System.Collections.Frozen;

namespace SeekSharp.Tokenizers;

/// <summary>
/// Finds the tokens that end a reply by their spelling, since few files name all of them: a chat model's file names one, but the model may end with
/// another. The list is llama.cpp's, for the families that we run.
/// </summary>
internal static class EndTokens
{
    private static readonly FrozenSet<string> s_spellings = FrozenSet.ToFrozenSet(
    [
        "<｜end▁of▁sentence｜>", // DeepSeek
        "<|im_end|>", "<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", // Qwen
        "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "</s>", // Llama
    ]);

    /// <summary>Whether a token of this spelling ends a reply, in whatever file.</summary>
    /// <param name="spelling">The spelling.</param>
    /// <returns>True where it does.</returns>
    public static bool Contains(string spelling) => s_spellings.Contains(spelling);

    /// <summary>
    /// Whether a token must be a control token, whatever its file says: written in a message it must not become that token, or users could forge
    /// turns. Converters to GGUF go by the same look ("&lt;|...|&gt;", "&lt;｜...｜&gt;"), for DeepSeek's "&lt;｜User｜&gt;" is marked as plain text.
    /// </summary>
    /// <param name="spelling">The spelling.</param>
    /// <returns>True where it steers the model.</returns>
    public static bool LooksLikeControl(string spelling) =>
        Contains(spelling) ||
        (spelling.Length > 4 && spelling is ['<', '|', .., '|', '>'] or ['<', '｜', .., '｜', '>']);
}

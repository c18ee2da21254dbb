using System.Text.Json;
using SeekSharp.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Conversion;

/// <summary>Writes the tokenizer of a Hugging Face folder under GGUF's "tokenizer.*" keys.</summary>
internal static class GgufTokenizerWriter
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>Writes the keys; none where the folder has no "tokenizer.json".</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="ModelFormatException">The tokenizer is damaged or of a kind that is not supported.</exception>
    public static void Write(GgufWriter writer, HuggingFaceFolder folder)
    {
        if (folder.ReadText("tokenizer.json") is null) return;
        TokenizerDefinition definition = Fill(HuggingFaceTokenizer.Read(folder));
        bool isByteLevel = definition.Kind == TokenizerKind.ByteLevel;
        writer.Set(Prefix + "model", isByteLevel ? "gpt2" : "llama");
        writer.Set(Prefix + "pre", definition.PreTokenizer?.Name ?? "default");
        writer.Set(Prefix + "tokens", [.. definition.Tokens.Select((token, id) => Spelling(token, id, definition.Types[id]))]);
        writer.Set(Prefix + "token_type", [.. definition.Types.Select(type => (int)type)]);
        if (isByteLevel) writer.Set(Prefix + "merges", [.. definition.Merges.Select(merge => $"{merge.Left} {merge.Right}")]);
        else
        {
            writer.Set(Prefix + "scores", Scores(definition));
            writer.Set(Prefix + "add_space_prefix", definition.SpacePrefix != SpacePrefix.None);
        }

        WriteSpecialTokens(writer, folder, definition);
        if (folder.ChatTemplate is { } template) writer.Set("tokenizer.chat_template", template);
    }

    /// <summary>Other programs take the number of tokens for the number of rows of the embedding: ids that no text becomes are listed as unused.</summary>
    private static TokenizerDefinition Fill(TokenizerDefinition definition)
    {
        int missing = definition.VocabularySize - definition.Tokens.Count;
        if (missing <= 0) return definition;
        return definition with
        {
            Tokens = [.. definition.Tokens, .. Enumerable.Repeat("", missing)],
            Types = [.. definition.Types, .. Enumerable.Repeat(TokenType.Unused, missing)],
            Scores = definition.Scores is null ? null : [.. definition.Scores, .. new float[missing]],
        };
    }

    /// <summary>Tokens without a spelling need one of their own; text that is always one token is spelled with spaces.</summary>
    private static string Spelling(string token, int id, TokenType type) => type switch
    {
        TokenType.Unused when token.Length == 0 => FormattableString.Invariant($"[PAD{id}]"),
        TokenType.UserDefined => token.Replace('\u2581', ' '),
        _ => token,
    };

    /// <summary>SentencePiece merges by the score of what comes out: the order of the merges, first highest.</summary>
    private static float[] Scores(TokenizerDefinition definition)
    {
        Dictionary<string, int> ids = new(definition.Tokens.Count, StringComparer.Ordinal);
        for (int id = 0; id < definition.Tokens.Count; id++) ids.TryAdd(definition.Tokens[id], id);
        float[] scores = new float[definition.Tokens.Count];
        for (int id = 0; id < scores.Length; id++)
            if (definition.Types[id] == TokenType.Normal) scores[id] = -definition.Merges.Count - 1;
        for (int rank = definition.Merges.Count - 1; rank >= 0; rank--)
            if (ids.TryGetValue(definition.Merges[rank].Left + definition.Merges[rank].Right, out int id)) scores[id] = -rank;
        return scores;
    }

    private static void WriteSpecialTokens(GgufWriter writer, HuggingFaceFolder folder, TokenizerDefinition definition)
    {
        JsonFields? config = folder.ReadText("tokenizer_config.json") is { } text
            ? JsonFields.Parse(Path.Combine(folder.Path, "tokenizer_config.json"), text)
            : null;
        if (definition.BeginningOfText is { } beginning) writer.Set(Prefix + "bos_token_id", (uint)beginning);
        int? end = Find("eos_token") ?? (folder.EndOfTextTokens is [int first, ..] && first >= 0 ? first : null);
        if (end is { } last) writer.Set(Prefix + "eos_token_id", (uint)last);
        if ((Find("unk_token") ?? definition.Unknown) is { } unknown) writer.Set(Prefix + "unknown_token_id", (uint)unknown);
        if (Find("pad_token") is { } padding) writer.Set(Prefix + "padding_token_id", (uint)padding);
        if (definition.BeginningOfText is not null) writer.Set(Prefix + "add_bos_token", definition.AddsBeginningOfText);

        int? Find(string key)
        {
            if (config is null || !config.TryGet(key, out JsonElement value)) return null;
            string? spelling = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out JsonElement content)
                ? JsonFields.ToText(content)
                : JsonFields.ToText(value);
            int id = string.IsNullOrEmpty(spelling) ? -1 : ((List<string>)[.. definition.Tokens]).IndexOf(spelling);
            return id >= 0 ? id : null;
        }
    }
}

using SeekSharp.Formats;

namespace SeekSharp.Tokenizers;

/// <summary>
/// Cuts a text into words; merges never cross a word. A pre-tokenizer is a sequence of patterns: each cuts every piece that the ones before it left,
/// into its matches and what lies between them (tokenizer.json: "Split" with behaviour "Isolated").
/// </summary>
internal sealed class PreTokenizer
{
    private readonly SplitPattern[] _patterns;

    private PreTokenizer(string name, params SplitPattern[] patterns)
    {
        Name = name;
        _patterns = patterns;
    }

    /// <summary>DeepSeek LLM (67B and relatives).</summary>
    public static PreTokenizer DeepSeekLlm { get; } = new("deepseek-llm",
        new LineBreakPattern(), CodePointRangesPattern.CasedLetters, CodePointRangesPattern.WidePunctuation, new TrailingSpacePattern(),
        CodePointRangesPattern.EastAsian, new NumberPattern(int.MaxValue));

    /// <summary>DeepSeek Coder.</summary>
    public static PreTokenizer DeepSeekCoder { get; } = new("deepseek-coder",
        new LineBreakPattern(), new SpacedRunPattern(CodePointClass.Letter), new SpacedRunPattern(CodePointClass.Punctuation),
        CodePointRangesPattern.EastAsian, new NumberPattern(1));

    /// <summary>DeepSeek V3, R1 and V3.1.</summary>
    public static PreTokenizer DeepSeekV3 { get; } = new("deepseek-v3", new NumberPattern(3), CodePointRangesPattern.ChineseJapanese, new DeepSeekV3Pattern());

    /// <summary>Qwen2, Qwen2.5, Qwen3 and R1's distillations into them.</summary>
    public static PreTokenizer Qwen2 { get; } = new("qwen2", new WordPattern(1));

    /// <summary>Llama 3 and R1's distillations into it.</summary>
    public static PreTokenizer Llama3 { get; } = new("llama-bpe", new WordPattern(3));

    /// <summary>The name under which GGUF knows it.</summary>
    public string Name { get; }

    /// <summary>Its patterns as regular expressions, in order.</summary>
    public IEnumerable<string> Expressions => _patterns.Select(pattern => pattern.Expression);

    /// <summary>Finds a pre-tokenizer under one of the names of GGUF's "tokenizer.ggml.pre".</summary>
    /// <param name="name">The name.</param>
    /// <param name="source">The file, for the message.</param>
    /// <returns>The pre-tokenizer.</returns>
    /// <exception cref="ModelFormatException">There is none of that name.</exception>
    public static PreTokenizer Named(string name, string source) => name switch
    {
        "deepseek-llm" => DeepSeekLlm,
        "deepseek-coder" => DeepSeekCoder,
        "deepseek-v3" => DeepSeekV3,
        "qwen2" or "deepseek-r1-qwen" => Qwen2,
        "llama-bpe" or "llama-v3" or "llama3" => Llama3,
        _ => throw new ModelFormatException($"{source}: key 'tokenizer.ggml.pre' names the pre-tokenizer '{Shorten(name)}', which is not supported."),
    };

    /// <summary>Finds a pre-tokenizer by the patterns of a tokenizer.json.</summary>
    /// <param name="patterns">The regular expressions of its "Split" steps, in order.</param>
    /// <param name="source">The file, for the message.</param>
    /// <returns>The pre-tokenizer.</returns>
    /// <exception cref="ModelFormatException">There is none with these patterns.</exception>
    public static PreTokenizer WithPatterns(IReadOnlyList<string> patterns, string source)
    {
        foreach (PreTokenizer known in (ReadOnlySpan<PreTokenizer>)[DeepSeekV3, Qwen2, Llama3, DeepSeekLlm, DeepSeekCoder])
            if (known.Expressions.SequenceEqual(patterns.Select(Canonical))) return known;
        string strange = patterns.FirstOrDefault(pattern => !AllExpressions().Contains(Canonical(pattern))) ?? string.Join("' then '", patterns);
        throw new ModelFormatException($"{source}: key 'pre_tokenizer' splits by '{Shorten(strange)}', which is not supported.");
    }

    /// <summary>Cuts a text into words.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The end of each word, in code points; each starts where the one before it ends.</returns>
    public List<int> Split(CodePoints text)
    {
        List<int> ends = new(text.Count / 4 + 1);
        if (text.Count > 0) ends.Add(text.Count);
        List<int> cut = new(text.Count / 4 + 1);
        foreach (SplitPattern pattern in _patterns)
        {
            cut.Clear();
            int start = 0;
            foreach (int end in ends)
            {
                Cut(text, pattern, start, end, cut);
                start = end;
            }

            (ends, cut) = (cut, ends);
        }

        return ends;
    }

    private static void Cut(CodePoints text, SplitPattern pattern, int start, int end, List<int> ends)
    {
        int unmatched = start;
        while (start < end)
        {
            SplitMatch match = pattern.Match(text, start, end);
            if (match.Success)
            {
                if (start > unmatched) ends.Add(start);
                ends.Add(match.End);
                unmatched = match.End;
            }

            start = match.End;
        }

        if (end > unmatched) ends.Add(end);
    }

    private static IEnumerable<string> AllExpressions() =>
        new[] { DeepSeekV3, Qwen2, Llama3, DeepSeekLlm, DeepSeekCoder }.SelectMany(known => known.Expressions);

    /// <summary>One spelling for patterns: files write line breaks as themselves or as "\r\n".</summary>
    private static string Canonical(string pattern) => pattern.Replace("\r", @"\r", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);

    private static string Shorten(string text) => text.Length <= 200 ? text : string.Concat(text.AsSpan(0, 200), "...");
}

using System.CommandLine;
using SeekSharp.Inference;

namespace SeekSharp.Cli;

/// <summary>The options of a command that say how tokens are chosen and when a text ends.</summary>
internal sealed class SamplingArguments
{
    private readonly Option<int> _maxTokens = CommonOptions.Integer("--max-tokens", "Most tokens to generate; default: until the model ends or the context is full", 0, int.MaxValue);
    private readonly Option<float> _temperature = CommonOptions.Real("--temperature", "0 takes the most probable token each time", 0, 100, 0.6f);
    private readonly Option<int> _topK = CommonOptions.Integer("--top-k", "Keep only this many of the most probable tokens; 0: all", 0, int.MaxValue, 0);
    private readonly Option<float> _topP = CommonOptions.Real("--top-p", "Keep the fewest tokens that together are this probable", 1e-6f, 1, 0.95f);
    private readonly Option<float> _minP = CommonOptions.Real("--min-p", "Keep tokens with this share of the highest probability", 0, 1, 0);
    private readonly Option<long?> _seed = CommonOptions.Seed();
    private readonly Option<string[]> _stop = new("--stop") { Description = "End in front of this text; may be given several times", HelpName = "TEXT" };

    private readonly Option<DraftKind?> _speculate = CommonOptions.Choice(
        "--speculate", "Draft several tokens a step where that is faster, from the text itself or from the model's prediction module; the text is the same; default: ngram",
        ("ngram", DraftKind.NGram), ("mtp", DraftKind.MultiTokenPrediction), ("none", DraftKind.None));

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _maxTokens, _temperature, _topK, _topP, _minP, _seed, _stop, _speculate }) command.Options.Add(option);
    }

    /// <summary>Whether the model's prediction module must be loaded.</summary>
    public bool Predicts(ParseResult parsed) => parsed.GetValue(_speculate) == DraftKind.MultiTokenPrediction;

    public GenerationOptions Read(ParseResult parsed) => new()
    {
        MaxTokens = parsed.GetResult(_maxTokens) is null ? int.MaxValue : parsed.GetValue(_maxTokens),
        StopStrings = [.. (parsed.GetValue(_stop) ?? []).Where(stop => stop.Length > 0)],
        Sampling = new SamplerOptions
        {
            Temperature = parsed.GetValue(_temperature),
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP),
            MinP = parsed.GetValue(_minP),
            Seed = parsed.GetValue(_seed),
        },
        Speculation = new SpeculationOptions { Kind = parsed.GetValue(_speculate) ?? DraftKind.NGram },
    };
}

using System.Text;
using SeekSharp.Chat;
using SeekSharp.Inference;
using SeekSharp.Tokenizers;

namespace SeekSharp.Server.OpenAI;

/// <summary>Says how probable tokens were, as OpenAI's API has it.</summary>
internal static class LogprobsFactory
{
    // What OpenAI's API says instead of minus infinity, which JSON has not.
    private const double Impossible = -9999;

    /// <summary>The probabilities of the tokens of a piece, or null where there are none.</summary>
    public static Logprobs? Create(ReplyPiece? piece, Tokenizer tokenizer) =>
        piece is { Tokens: { Count: > 0 } tokens } known ? Create([.. tokens.Select(token => (known.Part, token))], tokenizer) : null;

    /// <summary>The probabilities of some tokens of one reply, or null where there are none.</summary>
    public static Logprobs? Create(IReadOnlyList<(ReplyPart Part, SampledToken Token)> tokens, Tokenizer tokenizer)
    {
        if (tokens.Count == 0) return null;
        TokenLogprob[] Of(ReplyPart part) => [.. tokens.Where(token => token.Part == part).Select(token => Create(token.Token, tokenizer))];
        TokenLogprob[] answer = Of(ReplyPart.Answer), reasoning = Of(ReplyPart.Reasoning);
        return new Logprobs(answer.Length > 0 ? answer : null, reasoning.Length > 0 ? reasoning : null);
    }

    /// <summary>The text of a token; a replacement character where it is a part of one.</summary>
    public static string TextOf(int token, Tokenizer tokenizer) => Encoding.UTF8.GetString(tokenizer.TokenBytes(token));

    /// <summary>A log-probability that JSON can say.</summary>
    public static double Finite(float logProbability) => float.IsFinite(logProbability) ? Math.Max(logProbability, Impossible) : Impossible;

    private static TokenLogprob Create(SampledToken token, Tokenizer tokenizer) =>
        Create(new TokenLogProbability(token.Token, token.LogProbability), tokenizer, [.. (token.Top ?? []).Select(other => Create(other, tokenizer, null))]);

    private static TokenLogprob Create(TokenLogProbability token, Tokenizer tokenizer, TokenLogprob[]? top) =>
        new(TextOf(token.Token, tokenizer), Finite(token.LogProbability), [.. tokenizer.TokenBytes(token.Token).ToArray().Select(value => (int)value)], top);
}

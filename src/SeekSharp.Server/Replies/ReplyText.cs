using System.Text;
using SeekSharp.Chat;
using SeekSharp.Inference;

namespace SeekSharp.Server.Replies;

/// <summary>One reply as a whole.</summary>
internal sealed class ReplyText
{
    private readonly StringBuilder _reasoning = new(), _answer = new();
    private readonly List<(ReplyPart Part, SampledToken Token)> _tokens = [];

    /// <summary>What the model thought.</summary>
    public string Reasoning => _reasoning.ToString();

    /// <summary>What it answered.</summary>
    public string Answer => _answer.ToString();

    /// <summary>Its tokens, where log-probabilities were asked for.</summary>
    public IReadOnlyList<(ReplyPart Part, SampledToken Token)> Tokens => _tokens;

    /// <summary>The reply that all this is from; null while nothing has come.</summary>
    public RunningReply? Reply { get; private set; }

    /// <summary>Reads all replies of a run to their end.</summary>
    public static async Task<ReplyText[]> ReadAsync(ReplyRun run)
    {
        ReplyText[] texts = [.. Enumerable.Range(0, run.Count).Select(_ => new ReplyText())];
        await foreach (ReplyEvent next in run.ReadAsync()) texts[next.Index].Add(next);
        return texts;
    }

    /// <summary>Adds what comes next.</summary>
    public void Add(in ReplyEvent next)
    {
        Reply = next.Reply;
        if (next.Piece is not { } piece) return;
        _tokens.AddRange((piece.Tokens ?? []).Select(token => (piece.Part, token)));
        (piece.Part == ReplyPart.Reasoning ? _reasoning : _answer).Append(piece.Text);
    }
}

using System.Text;
using SeekSharp.Tokenizers;

namespace SeekSharp.Inference;

/// <summary>
/// Ends the reasoning of one reply when its budget is used up: from then on the tokens of the closing tag take the place of the sampler's choice. Sees the reply token by token, as
/// it is chosen, so that what it does depends on the reply alone. Nothing is allocated but once, when it closes.
/// </summary>
internal sealed class ReasoningLimit
{
    /// <summary>Starts the reasoning.</summary>
    public const string Open = "<think>";

    /// <summary>Ends the reasoning.</summary>
    public const string Close = "</think>";

    private readonly Tokenizer _tokenizer;
    private readonly int _budget;
    private readonly string _closing;
    private readonly int? _openToken, _closeToken;
    private State _state;
    private int _tagLength;
    private int _count;
    private int _missingBytes;
    private byte _last;
    private bool _startsWithLine;
    private bool _isFirstByte;
    private int[] _forced = [];
    private int _forcedCount;

    /// <summary>Starts a reply.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="budget">Most tokens of reasoning before it is closed.</param>
    /// <param name="closing">Text in front of the closing tag.</param>
    /// <param name="opening">What the prompt ends with: the opening tag and what follows it, or null where the prompt does not open the reasoning.</param>
    public ReasoningLimit(Tokenizer tokenizer, int budget, string closing, string? opening)
    {
        (_tokenizer, _budget, _closing) = (tokenizer, budget, closing);
        (_openToken, _closeToken) = (tokenizer.FindToken(Open), tokenizer.FindToken(Close));
        if (opening is null) return;
        Enter();
        AddText(Encoding.UTF8.GetBytes(opening[(opening.LastIndexOf(Open, StringComparison.Ordinal) + Open.Length)..]));
    }

    /// <summary>The same for another reply to the same prompt.</summary>
    public ReasoningLimit Copy() => (ReasoningLimit)MemberwiseClone();

    private enum State
    {
        /// <summary>The reply has not shown yet whether it starts with reasoning.</summary>
        Start,
        Reasoning,
        Closing,
        Answer,
    }

    /// <summary>The token that comes next whatever the model wants, or -1.</summary>
    public int NextForced()
    {
        if (_state == State.Reasoning && _count >= _budget && _missingBytes == 0) BeginClosing();
        return _state == State.Closing ? _forced[_forcedCount] : -1;
    }

    /// <summary>Takes the next token of the reply in.</summary>
    public void Add(int token)
    {
        if (_state == State.Answer) return;
        if (_state == State.Closing)
        {
            if (++_forcedCount == _forced.Length) _state = State.Answer;
            return;
        }

        if (_state == State.Reasoning) _count++;
        if (token == _openToken && _state == State.Start) Enter();
        else if (token == _closeToken) _state = State.Answer;
        else if (!_tokenizer.IsSpecial(token)) AddText(_tokenizer.TokenBytes(token));
    }

    private void AddText(ReadOnlySpan<byte> text)
    {
        foreach (byte value in text)
        {
            if (_state == State.Start) AddStart(value);
            else if (_state == State.Reasoning) AddReasoning(value);
        }
    }

    /// <summary>Tags may be written in several tokens.</summary>
    private void AddStart(byte value)
    {
        if (_tagLength == 0 && IsSpace(value)) return;
        if (value != Open[_tagLength]) _state = State.Answer;
        else if (++_tagLength == Open.Length) Enter();
    }

    private void AddReasoning(byte value)
    {
        if (_isFirstByte) _startsWithLine = value == '\n';
        _isFirstByte = false;
        _last = value;
        _missingBytes = value switch
        {
            < 0x80 => 0,
            < 0xC0 => Math.Max(_missingBytes - 1, 0),
            < 0xE0 => 1,
            < 0xF0 => 2,
            _ => 3,
        };
        _tagLength = value == Close[_tagLength] ? _tagLength + 1 : value == Close[0] ? 1 : 0;
        if (_tagLength == Close.Length) _state = State.Answer;
    }

    private void Enter()
    {
        _state = State.Reasoning;
        _tagLength = 0;
        _isFirstByte = true;
    }

    /// <summary>
    /// Writes the end as the model's format has it: where thoughts start on a line of their own, the tag does, too, and an empty line follows it. If the model has begun the tag
    /// itself, the rest follows.
    /// </summary>
    private void BeginClosing()
    {
        List<int> tokens = [];
        if (_tagLength > 0) Append(tokens, Close[_tagLength..]);
        else
        {
            string line = _startsWithLine && (_last != '\n' || _closing.Length > 0) ? "\n" : "";
            Append(tokens, _closing + line);
            if (_closeToken is { } close) tokens.Add(close);
            else Append(tokens, Close);
        }

        if (_startsWithLine) Append(tokens, "\n\n");
        _forced = [.. tokens];
        _state = State.Closing;
    }

    private void Append(List<int> tokens, string text)
    {
        if (text.Length > 0) tokens.AddRange(_tokenizer.EncodePlain(text, isFirst: false));
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';
}

using System.Text;

namespace SeekSharp.Tokenizers;

/// <summary>
/// Turns tokens into text one at a time, for showing a reply while it is made. Text comes out as soon as it is complete: a character that is spread
/// over several tokens comes with its last one. All texts together, with that of <see cref="Flush"/>, are what <see cref="Tokenizer.Decode"/> gives
/// for all tokens at once. One instance serves one reply on one thread.
/// </summary>
public sealed class StreamingDetokenizer
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _includeSpecial;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private bool _dropsSpace;

    /// <summary>Starts a reply.</summary>
    /// <param name="tokenizer">The tokenizer of the model.</param>
    /// <param name="includeSpecial">Whether control tokens appear under their spelling; otherwise they are left out.</param>
    /// <param name="continuesText">
    /// Whether the tokens go on from text that is already there. If not, the space that SentencePiece puts in front of a text is left out again.
    /// </param>
    public StreamingDetokenizer(Tokenizer tokenizer, bool includeSpecial = false, bool continuesText = false)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _includeSpecial = includeSpecial;
        _dropsSpace = tokenizer.AddsSpace && !continuesText;
    }

    /// <summary>Takes the next token.</summary>
    /// <param name="token">Token id.</param>
    /// <returns>The text that is complete now, often empty; never half of a character. Bytes that are no UTF-8 become U+FFFD.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public string Add(int token)
    {
        if (!_includeSpecial && _tokenizer.IsSpecial(token)) return "";
        ReadOnlySpan<byte> bytes = _tokenizer.TokenBytes(token);
        if (_dropsSpace && bytes.Length > 0)
        {
            _dropsSpace = false;
            if (bytes[0] == ' ') bytes = bytes[1..];
        }

        return Decode(bytes, flush: false);
    }

    /// <summary>Ends the reply.</summary>
    /// <returns>U+FFFD where the last character was left unfinished, else an empty text.</returns>
    public string Flush() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> characters = stackalloc char[256];
        int most = Encoding.UTF8.GetMaxCharCount(bytes.Length);
        if (most > characters.Length) characters = new char[most];
        return new string(characters[.._decoder.GetChars(bytes, characters, flush)]);
    }
}

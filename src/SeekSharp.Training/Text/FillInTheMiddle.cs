using SeekSharp.Tokenizers;

namespace SeekSharp.Training.Text;

/// <summary>
/// Documents with a gap, in the order prefix, suffix, middle (PSM; DeepSeek-V3 §4.1): the model learns to fill the gap from both sides. Applied to
/// one document
/// in ten.
/// </summary>
internal sealed class FillInTheMiddle
{
    /// <summary>The published rate.</summary>
    public const double DefaultRate = 0.1;

    private readonly Tokenizer _tokenizer;
    private readonly double _rate;
    private readonly int _begin, _hole, _end;

    /// <summary>Prepares the transformation.</summary>
    /// <param name="tokenizer">A tokenizer with the three tokens.</param>
    /// <param name="rate">Share of documents that get a gap.</param>
    public FillInTheMiddle(Tokenizer tokenizer, double rate = DefaultRate)
    {
        (_tokenizer, _rate) = (tokenizer, rate);
        (_begin, _hole, _end) = (Find(SpecialTokens.FillBegin), Find(SpecialTokens.FillHole), Find(SpecialTokens.FillEnd));
    }

    /// <summary>Encodes a document, with a gap or without.</summary>
    /// <param name="text">The document.</param>
    /// <param name="random">Where chance comes from.</param>
    /// <returns>Its tokens: "begin prefix hole suffix end middle", or the text as it is.</returns>
    public List<int> Encode(string text, Random random)
    {
        if (text.Length < 3 || random.NextDouble() >= _rate) return [.. _tokenizer.EncodePlain(text, isFirst: false)];
        int first = Place(text, random), second = Place(text, random);
        (first, second) = (Math.Min(first, second), Math.Max(first, second));
        return
        [
            _begin, .. _tokenizer.EncodePlain(text[..first], isFirst: false),
            _hole, .. _tokenizer.EncodePlain(text[second..], isFirst: false),
            _end, .. _tokenizer.EncodePlain(text[first..second], isFirst: false),
        ];
    }

    /// <summary>A place to cut that does not part a surrogate pair.</summary>
    private static int Place(string text, Random random)
    {
        int place = random.Next(text.Length + 1);
        return place > 0 && place < text.Length && char.IsLowSurrogate(text[place]) ? place - 1 : place;
    }

    private int Find(string spelling) => _tokenizer.FindToken(spelling)
        ?? throw new ArgumentException($"The tokenizer has no token '{spelling}', which filling gaps needs.");
}

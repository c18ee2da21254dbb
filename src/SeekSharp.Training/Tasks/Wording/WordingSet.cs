namespace SeekSharp.Training.Tasks.Wording;

/// <summary>The ways to ask for one thing: those that are learned, and those that only tests use.</summary>
/// <remarks>A wording that starts with "!" is a command: it can be turned into a request ("Please ...", "Can you ...?").</remarks>
internal sealed class WordingSet
{
    private readonly Wording[] _learned, _heldOut;

    /// <summary>Reads wordings.</summary>
    /// <param name="learned">Phrases for all parts.</param>
    /// <param name="heldOut">Phrases for tests only.</param>
    public WordingSet(string[] learned, string[] heldOut)
    {
        _learned = [.. learned.Select(Read)];
        _heldOut = [.. heldOut.Select(Read)];
    }

    private readonly record struct Wording(Phrase Phrase, bool IsCommand);

    /// <summary>Number of wordings that are learned.</summary>
    public int LearnedCount => _learned.Length;

    /// <summary>Number of wordings that only tests use.</summary>
    public int HeldOutCount => _heldOut.Length;

    /// <summary>Writes a prompt: half of those that are not for training, or all of them, in held-out words.</summary>
    public (string Prompt, bool IsHeldOut) Write(Random random, Split split, Slots slots, bool keepsCase, bool isFramed = true, bool alwaysHoldsOut = false)
    {
        bool isHeldOut = split != Split.Train && _heldOut.Length > 0 && (alwaysHoldsOut || random.Chance(0.5));
        Wording wording = random.Pick(isHeldOut ? _heldOut : _learned);
        return (PromptStyle.Write(random, wording.Phrase.Expand(random, slots), wording.IsCommand, keepsCase, isFramed), isHeldOut);
    }

    private static Wording Read(string text) =>
        text.StartsWith('!') ? new Wording(Phrase.Parse(text[1..]), true) : new Wording(Phrase.Parse(text), false);
}

using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>What is to be turned round.</summary>
/// <param name="Items">Letters, digits or list items.</param>
/// <param name="IsList">Whether they are items of a list; else characters of one word or number.</param>
internal sealed record Reversible(string[] Items, bool IsList);

/// <summary>Turning words of 3 to 9 letters, numbers and lists of up to 6 items round; out of range 10 to 12 letters or 7 and 8 items.</summary>
internal sealed class Reversal : TaskFamily<Reversible>
{
    private static readonly WordingSet s_characters = new(
        [
            "!Reverse {w}.", "!Reverse the [word|string|text] {w}.", "!Write {w} backwards.", "!Spell {w} backwards.",
            "What is {w} [backwards|reversed|in reverse|spelled backwards]?",
            "{w} backwards", "reverse {w}", "reverse: {w}", "!Turn {w} around.",
            "![Print|Say|Give me|Show me] {w} [in reverse|backwards|in reverse order].", "How do you [spell|write] {w} backwards?",
            "!Flip the letters of {w}.", "What do you get [if|when] you reverse {w}?", "!Reverse the letters of {w}.",
            "!Read {w} from right to left.", "{w} reversed is?",
            "!Write {w} from the end to the start.", "What is the reverse of {w}?", "!Reverse the order of the [letters|characters] in {w}.",
        ],
        [
            "!Write the letters of {w} in the opposite order.", "What does {w} look like backwards?", "!Mirror the word {w}.",
            "If you read {w} from the end, what does it say?",
        ]);

    private static readonly WordingSet s_lists = new(
        [
            "!Reverse the list {list}.", "!Reverse {list}.", "!Reverse the order of {list}.", "!Write {list} in reverse order.",
            "What is {list} in reverse order?", "reverse the list: {list}",
            "!Put {list} in reverse order.", "!Turn the list {list} around.", "!List {list} from last to first.", "{list} in reverse",
            "!Give me {list} in the opposite order.",
            "!Reverse this list: {list}", "How does the list {list} look reversed?", "!Flip the order of {list}.",
            "!Print the list {list} backwards.",
        ],
        ["!Say {list} starting from the end.", "!Write the items {list} last to first.", "What is the list {list} turned around?"]);

    public override string Name => "reversal";

    protected override AnswerForm Form => AnswerForm.Text;

    protected override bool KeepsCase => true;

    protected override Reversible Draw(Random random, bool outOfRange)
    {
        if (random.Chance(0.25)) return new(DrawItems(random, outOfRange ? random.Next(7, 9) : random.Next(3, 7)), true);
        if (random.Chance(0.25)) return new(Characters($"{random.Digits(outOfRange ? 8 : 2, outOfRange ? 8 : 6)}"), false);
        string word = outOfRange ? WordList.Draw(random, 10, 12) : WordList.Draw(random, 3, 9);
        return new(Characters(random.Chance(0.1) ? char.ToUpperInvariant(word[0]) + word[1..] : word), false);
    }

    protected override string Key(Reversible content) => string.Join(content.IsList ? "," : "", content.Items).ToLowerInvariant();

    protected override WordingSet Wordings(Reversible content) => content.IsList ? s_lists : s_characters;

    protected override Slots SlotsOf(Reversible content, Random random)
    {
        string word = string.Concat(content.Items), comma = string.Join(", ", content.Items);
        return new()
        {
            { "w", random.Pick([word, word, $"\"{word}\"", $"'{word}'"]) },
            { "list", random.Pick([comma, comma, $"[{comma}]", string.Join(' ', content.Items)]) },
        };
    }

    protected override string Answer(Reversible content) => string.Join(content.IsList ? ", " : "", content.Items.Reverse());

    protected override bool Accepts(Reversible content, string answer) => content.IsList
        ? AnswerText.AreEqual(AnswerForm.List, Answer(content), answer)
        : string.Equals(Answer(content), answer, StringComparison.Ordinal);

    /// <summary>Numbered items, then the same from the last number down: "c1 a2 t3", "t3 a2 c1".</summary>
    protected override string Think(Reversible content)
    {
        if (content.IsList) return string.Join(' ', content.Items) + "\n" + string.Join(' ', content.Items.Reverse());
        IEnumerable<string> numbered = content.Items.Select((item, i) => $"{item}{(char.IsAsciiDigit(item[0]) ? ":" : "")}{i + 1}");
        return string.Join(' ', numbered) + "\n" + string.Join(' ', numbered.Reverse());
    }

    protected override Demonstration Solve(Reversible content, Random random) =>
        new(Think(content), content.IsList ? Answer(content) : Spelled.Out(Answer(content)));

    private static string[] Characters(string word) => [.. word.Select(character => $"{character}")];

    private static string[] DrawItems(Random random, int count) => random.Chance(0.5)
        ? [.. Enumerable.Range(0, count).Select(_ => $"{random.Digits(1, 2)}")]
        : random.Sample(WordList.Common, count);
}

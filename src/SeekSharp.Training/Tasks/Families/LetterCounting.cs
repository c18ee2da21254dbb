using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>A word and what to count in it.</summary>
/// <param name="Word">The word, in lower case.</param>
/// <param name="Letter">The letter, or one of <see cref="Any"/> and <see cref="Vowel"/>.</param>
internal readonly record struct CountedWord(string Word, char Letter)
{
    /// <summary>Stands for all letters, or for vowels.</summary>
    public const char Any = '*', Vowel = '+';

    /// <summary>Whether a letter of the word counts.</summary>
    public bool Counts(char letter) => Letter switch { Any => true, Vowel => letter is 'a' or 'e' or 'i' or 'o' or 'u', _ => letter == Letter };
}

/// <summary>How often a letter is in a word of up to 11 letters, or how many letters or vowels it has; out of range 12 to 16 letters.</summary>
internal sealed class LetterCounting : TaskFamily<CountedWord>
{
    private static readonly WordingSet s_letter = new(
        [
            "How many {L}'s are [there |]in {w}?", "How many {L}s are in {w}?", "How many times does [the letter |]{l} [appear|occur] in {w}?",
            "!Count the {L}'s in {w}.",
            "How many letters {l} are in {w}?", "How often does [the letter |]{l} [appear|occur|show up] in {w}?",
            "!Count how many times {l} [is in|appears in|occurs in] {w}.",
            "!Count the letter {l} in {w}.", "number of {L}'s in {w}", "How many {l} in {w}?", "In {w}, how many {L}'s are there?",
            "What is the number of {L}'s in {w}?",
            "!Tell me how many {L}'s {w} has.", "{w}: how many {L}'s?", "How many of the letters in {w} are {l}?", "How many {L}'s does {w} have?",
            "How many {L} are in the word {w}?",
            "Does {w} have one {l} or more? [How many|Count them].", "How many {L}'s in the word {w}?", "How many instances of {l} are in {w}?",
        ],
        [
            "!Find the number of times the letter {l} is used in {w}.", "The word {w} contains how many {L}'s?",
            "How many times do you write {l} when you write {w}?", "!Count every {l} in {w}.",
        ]);

    private static readonly WordingSet s_length = new(
        [
            "How many letters are [there |]in {w}?", "How many letters does {w} have?", "!Count the letters in {w}.", "How long is the word {w}?",
            "What is the length of {w}?",
            "number of letters in {w}", "!Tell me how many letters {w} has.", "{w}: how many letters?", "How many characters are in {w}?",
            "!Count the characters of {w}.",
            "length of {w}", "!Give me the length of {w}.", "How many letters has the word {w}?",
        ],
        ["!Find the number of letters in {w}.", "The word {w} consists of how many letters?", "How many letters do you need to write {w}?"]);

    private static readonly WordingSet s_vowels = new(
        [
            "How many vowels are [there |]in {w}?", "How many vowels does {w} have?", "!Count the vowels in {w}.", "number of vowels in {w}",
            "!Tell me how many vowels {w} has.", "{w}: how many vowels?", "What is the number of vowels in {w}?", "vowels in {w}?",
            "How many of the letters in {w} are vowels?", "!Count the vowels of the word {w}.", "!Give me the number of vowels in {w}.",
            "In {w}, how many vowels are there?", "How many vowels has the word {w}?",
        ],
        ["!Find out how many vowels {w} contains.", "The word {w} contains how many vowels?"]);

    public override string Name => "letter-counting";

    protected override CountedWord Draw(Random random, bool outOfRange)
    {
        string word = outOfRange ? WordList.Draw(random, 12, 16) : WordList.Draw(random, 3, 11);
        if (random.Chance(0.2)) return new(word, CountedWord.Any);
        if (random.Chance(0.12)) return new(word, CountedWord.Vowel);
        // Letters that are there more than once make the better half of the questions.
        char[] repeated = [.. word.GroupBy(letter => letter).Where(group => group.Count() > 1).Select(group => group.Key)];
        if (repeated.Length > 0 && random.Chance(0.5)) return new(word, random.Pick(repeated));
        return new(word, random.Chance(0.8) ? word[random.Next(word.Length)] : (char)('a' + random.Next(26)));
    }

    protected override string Key(CountedWord content) => $"{content.Word} {content.Letter}";

    protected override WordingSet Wordings(CountedWord content) =>
        content.Letter switch { CountedWord.Any => s_length, CountedWord.Vowel => s_vowels, _ => s_letter };

    protected override Slots SlotsOf(CountedWord content, Random random)
    {
        string word = random.Chance(0.1) ? char.ToUpperInvariant(content.Word[0]) + content.Word[1..] : content.Word;
        string letter = $"{content.Letter}";
        return new()
        {
            { "w", random.Pick([word, word, $"\"{word}\"", $"'{word}'"]) },
            { "l", random.Pick([letter, letter, letter.ToUpperInvariant(), $"\"{letter}\"", $"'{letter}'"]) },
            { "L", random.Chance(0.2) ? letter.ToUpperInvariant() : letter },
        };
    }

    protected override string Answer(CountedWord content) => $"{content.Word.Count(content.Counts)}";

    /// <summary>Each letter with the count so far: "b0 a1 n1 a2 n2 a3".</summary>
    protected override string Think(CountedWord content)
    {
        int count = 0;
        List<string> steps = [];
        foreach (char letter in content.Word)
        {
            if (content.Counts(letter)) count++;
            steps.Add($"{letter}{count}");
        }

        string counted = content.Letter switch { CountedWord.Any => "letters", CountedWord.Vowel => "vowels", _ => $"{content.Letter}" };
        return $"{counted}: {string.Join(' ', steps)}";
    }

    protected override string Reason(CountedWord content) => $"Because the letters are {string.Join(' ', content.Word.AsEnumerable())}.";
}

using System.Reflection;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Tasks.Families;
using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tests.Tasks;

public sealed class WordingTests
{
    [Fact]
    public void Phrases_expand_to_all_alternatives()
    {
        Phrase phrase = Phrase.Parse("[What is|Compute] {a}[ please[!|.]|]");
        var random = new Random(1);
        HashSet<string> texts = [.. Enumerable.Range(0, 200).Select(_ => string.Concat(phrase.Expand(random, new Slots { { "a", 5 } }).Select(part => part.Text)))];
        Assert.Equal(["Compute 5", "Compute 5 please!", "Compute 5 please.", "What is 5", "What is 5 please!", "What is 5 please."], texts.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("[a|b")]
    [InlineData("{a")]
    public void Damaged_phrases_are_refused(string text) => Assert.Throws<FormatException>(() => Phrase.Parse(text));

    [Fact]
    public void Every_subject_has_at_least_twelve_wordings_to_learn_and_some_to_test()
    {
        int sets = 0;
        foreach (Type type in typeof(TaskCatalog).Assembly.GetTypes().Where(type => !type.ContainsGenericParameters))
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
            {
                IEnumerable<WordingSet> found = field.GetValue(null) switch
                {
                    WordingSet set => [set],
                    System.Collections.IDictionary dictionary => dictionary.Values.OfType<WordingSet>(),
                    _ => [],
                };
                foreach (WordingSet set in found)
                {
                    sets++;
                    Assert.True(set.LearnedCount >= 12, $"{type.Name}.{field.Name} has {set.LearnedCount}");
                    Assert.True(set.HeldOutCount >= 2, $"{type.Name}.{field.Name} has {set.HeldOutCount} for tests");
                }
            }
        }

        Assert.InRange(sets, 50, 200);
        Assert.InRange(WordProblemStories.All.Sum(plan => plan.Stories.LearnedCount), 80, 1000);
        Assert.All(WordProblemStories.All, plan => Assert.True(plan.Stories.HeldOutCount > 0));
    }

    [Fact]
    public void Numbers_become_words() =>
        Assert.Equal(["zero", "thirteen", "twenty", "forty-two", "ninety-nine"], ((long[])[0, 13, 20, 42, 99]).Select(NumberWords.Write));

    [Fact]
    public void Words_are_lower_case_letters()
    {
        Assert.InRange(WordList.Common.Count, 800, 3000);
        Assert.All(WordList.Common, word => Assert.True(word.Length is >= 2 and <= 14 && word.All(char.IsAsciiLetterLower), word));
        var random = new Random(4);
        for (int i = 0; i < 3000; i++)
        {
            Assert.InRange(WordList.Draw(random, 3, 9).Length, 3, 9);
            Assert.InRange(WordList.Draw(random, 12, 16).Length, 12, 16);
        }
    }
}

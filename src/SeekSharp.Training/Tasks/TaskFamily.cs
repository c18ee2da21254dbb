using SeekSharp.Templates;
using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks;

/// <summary>Base of the built-in tasks: a family says what it draws, how that is asked, worked out and answered; the rest is here.</summary>
/// <typeparam name="T">What is drawn: all that a problem is made of, without its words.</typeparam>
internal abstract class TaskFamily<T> : ITask
    where T : notnull
{
    private const int MostDraws = 100_000;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public virtual IReadOnlyList<Split> Splits { get; } = [Split.Train, Split.Test, Split.OutOfRange];

    /// <summary>What answers look like.</summary>
    protected virtual AnswerForm Form => AnswerForm.Number;

    /// <summary>Whether letters of slots must stay as they are when a prompt is written in lower case.</summary>
    protected virtual bool KeepsCase => false;

    /// <summary>Whether "Hello!", "Quick question:" or "Thanks!" may stand around a question.</summary>
    protected virtual bool IsFramed => !IsSplitByWording;

    /// <inheritdoc/>
    public Problem Generate(Random random, Split split)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (!Splits.Contains(split)) throw new ArgumentException($"The task '{Name}' has no problems of the part {split}.", nameof(split));
        return Finish(random, split, Draw(random, split));
    }

    /// <inheritdoc/>
    public Demonstration Demonstrate(Problem problem, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return Solve(ContentOf(problem), random);
    }

    /// <inheritdoc/>
    public bool Verify(Problem problem, string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        T content = ContentOf(problem);
        return answer.Length <= AnswerText.Longest && Accepts(content, answer.Trim());
    }

    /// <summary>Whether parts differ by their words and not by what is asked: where there is next to nothing to draw ("Hello!").</summary>
    protected virtual bool IsSplitByWording => false;

    /// <summary>Draws a problem of any part, in range or out of range.</summary>
    protected abstract T Draw(Random random, bool outOfRange);

    /// <summary>Draws a problem of a part. Families that are made of other tasks' problems draw those from the same part instead.</summary>
    protected virtual T Draw(Random random, Split split)
    {
        for (int draw = 0; draw < MostDraws; draw++)
        {
            T content = Draw(random, split == Split.OutOfRange);
            if (split == Split.OutOfRange || IsSplitByWording || SplitRule.IsTest(Name, Key(content)) == (split == Split.Test)) return content;
        }

        throw new InvalidOperationException($"The task '{Name}' drew {MostDraws} problems and none of the part {split}.");
    }

    /// <summary>Canonical form of what was drawn.</summary>
    protected abstract string Key(T content);

    /// <summary>The wordings that fit what was drawn.</summary>
    protected abstract WordingSet Wordings(T content);

    /// <summary>What stands in the slots of the wordings.</summary>
    protected abstract Slots SlotsOf(T content, Random random);

    /// <summary>The answer.</summary>
    protected abstract string Answer(T content);

    /// <summary>What is written down on the way to the answer.</summary>
    protected abstract string Think(T content);

    /// <summary>The answer to "Why?".</summary>
    protected virtual string? Reason(T content) => null;

    /// <summary>The whole demonstration, for families that do more than think and answer.</summary>
    protected virtual Demonstration Solve(T content, Random random) => new(Think(content), Answer(content));

    /// <summary>Whether an answer of bounded length, without white space around it, is right.</summary>
    protected virtual bool Accepts(T content, string answer) => AnswerText.AreEqual(Form, Answer(content), answer);

    /// <summary>The conversation around the question; a family with several turns or tools puts them here.</summary>
    protected virtual Problem Arrange(Problem<T> problem, Random random) => problem;

    private Problem Finish(Random random, Split split, T content)
    {
        (string prompt, bool isHeldOut) = Wordings(content).Write(random, split, SlotsOf(content, random), KeepsCase, IsFramed, IsSplitByWording);
        return Arrange(
            new Problem<T>(content)
            {
                Task = Name,
                Messages = [new TemplateMessage("user", prompt)],
                Answer = Answer(content),
                Form = Form,
                Key = IsSplitByWording ? prompt.ToUpperInvariant() : Key(content),
                Split = split,
                HasHeldOutWording = isHeldOut,
                Reason = Reason(content),
            },
            random);
    }

    private T ContentOf(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem is Problem<T> own && problem.Task == Name) return own.Content;
        throw new ArgumentException($"The problem is one of '{problem.Task}', not of '{Name}'.", nameof(problem));
    }
}

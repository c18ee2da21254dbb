namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>What the model says about itself, in one place, so that it always says the same.</summary>
internal static class Abilities
{
    public const string Summary = "I can calculate, compare, sort and reverse, count letters, and work with dates, times, units, equations and small puzzles.";

    public const string NotKnown = "I do not know that. " + Summary;

    public const string NotAble = "I cannot do that. " + Summary;

    public const string NotUnderstood = "I do not understand that. " + Summary;

    /// <summary>Whether an answer is one of the refusals: which of them fits best is a matter of taste.</summary>
    public static bool IsRefusal(string answer) => answer is NotKnown or NotAble or NotUnderstood;
}

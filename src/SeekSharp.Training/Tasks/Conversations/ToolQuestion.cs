using SeekSharp.Templates;
using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>A question that a tool answers.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="LookUp">What is looked up, or null for calculator and clock.</param>
/// <param name="Argument">The argument of the call; null where the tool takes none.</param>
/// <param name="Others">Tools that are offered besides.</param>
/// <param name="Result">What the tool says.</param>
internal sealed record ToolQuestion(Tool Tool, LookUp? LookUp, string? Argument, Tool[] Others, string Result)
{
    private static readonly WordingSet s_calculations = new(
        [
            "What is {e}?", "{e}", "{e} =[| ?]", "[What's|How much is] {e}?", "![Compute|Calculate|Work out|Evaluate|Find] {e}.",
            "!Calculate {e} with the calculator.", "What does {e} [equal|give|make]?", "!Use the calculator: {e}", "!Use a tool to calculate {e}.",
            "{e} is what?", "!Give me the value of {e}.", "!Solve {e}.", "What do you get for {e}?", "I need the result of {e}.",
            "What is the result of {e}?",
        ],
        ["!Tell me what {e} is.", "!Determine the value of {e}.", "How much does {e} come to?"]);

    private static readonly WordingSet s_times = new(
        [
            "What time is it[ now|]?", "What is the time[ now|]?", "!Tell me the time.", "time?", "Do you know what time it is?", "What's the time?",
            "How late is it?", "!Give me the [current |]time.", "What is the current time?", "!Look at the clock.", "!Check the time.",
            "Is it late? What time is it?", "I need the time.",
        ],
        ["What does the clock say?", "!Say what time it is.", "Have you got the time?"]);

    private static readonly WordingSet s_lookUps = new(
        [
            "What is the {what} of {key}?", "!Look up the {what} of {key}.", "{what} of {key}", "!Find the {what} of {key}.",
            "!Tell me the {what} of {key}.", "I need the {what} of {key}.", "Do you know the {what} of {key}?", "!Give me the {what} of {key}.",
            "{key}: {what}?", "Which {what} has {key}?",
            "!Search for the {what} of {key}.", "Can I have the {what} of {key}?", "What's the {what} of {key}?", "!Get the {what} of {key}.",
            "!Check the {what} of {key}.",
        ],
        ["!Show me the {what} for {key}.", "What do you have as the {what} of {key}?", "For {key}, what is the {what}?"]);

    /// <summary>The call as the template writes it.</summary>
    public TemplateToolCall Call => new(Tool.Name, Tool.Parameter is null ? "{}" : $$"""{"{{Tool.Parameter}}": "{{Argument}}"}""");

    public WordingSet Wordings => Tool.Parameter is null ? s_times : LookUp is null ? s_calculations : s_lookUps;

    public string Key => $"{(LookUp is null ? Tool.Parameter is null ? "clock" : "calculator" : LookUp.What)} {Argument} {Result}";

    public Slots Slots(Random random) => new() { { "e", Spaced(random, Argument ?? "") }, { "what", LookUp?.What ?? "" }, { "key", Argument ?? "" } };

    public static ToolQuestion Draw(Random random)
    {
        LookUp lookUp = random.Pick(Toolbox.LookUps);
        Tool calculator = Toolbox.Calculator(random), clock = Toolbox.Clock(random), finder = Toolbox.Offer(random, lookUp);
        double kind = random.NextDouble();
        Tool tool = kind < 0.5 ? calculator : kind < 0.65 ? clock : finder;
        Tool[] others = [.. new[] { calculator, clock, finder }.Where(other => other != tool && random.Chance(0.4))];
        if (tool == clock) return new(tool, null, null, others, $"{random.Next(24)}:{random.Next(60):00}");
        if (tool == finder) return new(tool, lookUp, random.Pick(lookUp.Keys), others, lookUp.Value(random));
        (string expression, decimal value) = Expression(random);
        return new(tool, null, expression, others, FormattableString.Invariant($"{value}"));
    }

    private static (string Text, decimal Value) Expression(Random random)
    {
        long a = random.Digits(1, 6), b = random.Digits(1, 5);
        switch (random.Next(5))
        {
            case 0: return ($"{a}+{b}", a + b);
            case 1: return ($"{a}-{b}", a - b);
            case 2: return ($"{a}*{b}", a * b);
            case 3:
                // Only what ends soon behind the point.
                b = random.Pick([2L, 4, 5, 8, 10, 20, 25]);
                return ($"{a}/{b}", (decimal)a / b);
            default:
                long c = random.Digits(1, 3);
                return random.Chance(0.5) ? ($"{a}+{b}*{c}", a + (b * c)) : ($"({a}+{b})*{c}", (a + b) * c);
        }
    }

    private static string Spaced(Random random, string expression)
    {
        if (random.Chance(0.4)) return expression;
        string spaced = expression;
        foreach (char sign in "+-*/") spaced = spaced.Replace($"{sign}", $" {sign} ", StringComparison.Ordinal);
        return spaced;
    }
}

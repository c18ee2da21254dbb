using System.Runtime.CompilerServices;

namespace SeekSharp.Templates.Jinja;

/// <summary>What one rendering may still use up, and the line it is at. Every loop and every copy is paid for here before it happens.</summary>
internal sealed class Budget
{
    internal const int MaximumRange = 100_000;
    private const int MaximumDepth = 1_000;
    private const long BaseSteps = 1_000_000;
    private const long BaseCharacters = 8 << 20;
    private const int CharactersPerStep = 16;

    private long _steps;
    private long _characters;
    private int _depth;

    /// <summary>Allowances grow with the input, since a long conversation honestly needs more.</summary>
    internal Budget(long inputCharacters)
    {
        _steps = BaseSteps + inputCharacters;
        _characters = BaseCharacters + 64 * inputCharacters;
    }

    internal int Line { get; set; } = 1;

    internal void Step(long count = 1)
    {
        if ((_steps -= count) < 0) throw Fail("it needs more steps than a template may take");
    }

    /// <summary>Pays for creating this many characters.</summary>
    internal void Characters(long count)
    {
        Step(count / CharactersPerStep);
        if ((_characters -= count) < 0) throw Fail("it builds more text than a template may build");
    }

    /// <summary>Pays for looking at this many characters.</summary>
    internal void Scan(long count) => Step(count / CharactersPerStep);

    /// <summary>Pays for the worst case of searching a text for a pattern: their product.</summary>
    internal void Search(int length, int pattern) => Step(length / CharactersPerStep + (long)length * pattern / 1024);

    internal void Enter()
    {
        if (++_depth > MaximumDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw Fail("it nests deeper than a template may nest");
    }

    internal void Leave() => _depth--;

    internal ChatTemplateException Fail(string problem) => new(problem, Line);
}

namespace SeekSharp.Training.Tasks;

/// <summary>A kind of problem that a model is trained on and judged by: it makes problems, shows how they are solved, and checks answers.</summary>
/// <remarks>Immutable: one instance serves any number of threads. Everything random comes from the <see cref="Random"/> that is handed
/// over.</remarks>
public interface ITask
{
    /// <summary>Name in reports and recipes: lower case, words joined by hyphens.</summary>
    string Name { get; }

    /// <summary>The parts that it has problems for.</summary>
    IReadOnlyList<Split> Splits { get; }

    /// <summary>Makes a problem. No problem of <see cref="Split.Train"/> has the <see cref="Problem.Key"/> of one of another part.</summary>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="split">The part that the problem belongs to.</param>
    /// <returns>The problem.</returns>
    /// <exception cref="ArgumentException">The task has no such part.</exception>
    Problem Generate(Random random, Split split);

    /// <summary>Shows how a problem is solved. <see cref="Verify"/> accepts the demonstration's answer.</summary>
    /// <param name="problem">A problem of this task.</param>
    /// <param name="random">Where chance comes from, for tasks with several ways to say the same.</param>
    /// <returns>The demonstration.</returns>
    /// <exception cref="ArgumentException">The problem is another task's.</exception>
    Demonstration Demonstrate(Problem problem, Random random);

    /// <summary>Checks an answer. It is text of a model: it may be anything, and nothing that it says makes this throw or take long.</summary>
    /// <param name="problem">A problem of this task.</param>
    /// <param name="answer">The answer alone, without thoughts; white space around it does not count.</param>
    /// <returns>Whether it is right.</returns>
    /// <exception cref="ArgumentException">The problem is another task's.</exception>
    bool Verify(Problem problem, string answer);
}

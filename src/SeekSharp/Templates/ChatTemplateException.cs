namespace SeekSharp.Templates;

/// <summary>A chat template that cannot be read or cannot be carried out. The message is one sentence and names the line.</summary>
public sealed class ChatTemplateException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problem">What is wrong, without the line and without a full stop.</param>
    /// <param name="line">Line of the template, from 1.</param>
    public ChatTemplateException(string problem, int line) : base($"Chat template, line {line}: {problem}.")
    {
        Problem = problem;
        Line = line;
    }

    /// <summary>What is wrong, without the line.</summary>
    public string Problem { get; }

    /// <summary>Line of the template where it happened, from 1.</summary>
    public int Line { get; }
}

namespace SeekSharp.Training.Tasks;

/// <summary>What an answer looks like: how it is compared, and what a lenient grader looks for in a longer text.</summary>
public enum AnswerForm
{
    /// <summary>Words or signs; case does not count.</summary>
    Text,

    /// <summary>One number in decimal digits.</summary>
    Number,

    /// <summary>Items in a certain order, separated by commas or spaces.</summary>
    List,

    /// <summary>Free text that is judged by what it says.</summary>
    Prose,
}

using System.Text;

namespace SeekSharp.Cli;

/// <summary>Text from the command line or from a pipe.</summary>
internal static class TextInput
{
    /// <summary>The argument, or all of standard input where there is none.</summary>
    public static string Read(string? argument, string what)
    {
        if (argument is not null) return argument;
        if (!Console.IsInputRedirected) throw new CommandException($"No {what}: give it as the last argument, in quotes, or pipe it in.");
        using var reader = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    /// <summary>Without the line break that commands such as echo leave at the end.</summary>
    public static string WithoutFinalLineBreak(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;

    /// <summary>Token ids, cut by white space or commas.</summary>
    public static int[] ParseTokens(string text, string name)
    {
        string[] parts = text.Split([' ', ',', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0) throw new CommandException($"{name} holds no token ids; give some, for instance \"11 48 85\".");
        var tokens = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out tokens[i]))
                throw new CommandException($"{name} must be token ids such as \"11 48 85\"; '{parts[i]}' is not one.");
        }

        return tokens;
    }

    public static void RequireKnown(IEnumerable<int> tokens, int vocabularySize)
    {
        foreach (int token in tokens)
        {
            if (token >= vocabularySize) throw new CommandException($"There is no token {token}: the model's ids go from 0 to {vocabularySize - 1}.");
        }
    }
}

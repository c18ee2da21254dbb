using System.CommandLine;
using System.Globalization;
using System.Text;
using SeekSharp.Tokenizers;

namespace SeekSharp.Cli.Commands;

/// <summary>seek tokenize: text to token ids and back.</summary>
internal static class TokenizeCommand
{
    private static readonly Argument<string?> Text = new("TEXT")
    {
        Description = "Text, or token ids with --decode; without it, standard input is read as it is",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> Model = CommonOptions.Model();
    private static readonly Option<bool> Special = CommonOptions.Flag("--special", "Control tokens written in the text become those tokens; with --decode, show them");
    private static readonly Option<bool> Beginning = CommonOptions.Flag("--bos", "Put the beginning-of-text token in front");
    private static readonly Option<bool> Decode = CommonOptions.Flag("--decode", "Turn token ids back to text");
    private static readonly Option<bool> Pieces = CommonOptions.Flag("--pieces", "List every token with its bytes, one a line");

    public static Command Create()
    {
        var command = new ExampleCommand(
            "tokenize",
            "Turn text to token ids, or back",
            "seek tokenize -m model.gguf \"Hello, world\"",
            "seek tokenize -m model.gguf --special --pieces \"<think>42</think>\"",
            "seek tokenize -m model.gguf --decode \"11 48 85\"",
            "cat page.txt | seek tokenize -m model.gguf | wc -w")
        {
            Text, Model, Special, Beginning, Decode, Pieces,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(Model);
        bool special = parsed.GetValue(Special);
        using var file = Models.Open(path);
        var tokenizer = Tokenizer.FromModel(file);
        string text = TextInput.Read(parsed.GetValue(Text), parsed.GetValue(Decode) ? "token ids" : "text");
        IReadOnlyList<int> tokens;
        if (parsed.GetValue(Decode))
        {
            tokens = TextInput.ParseTokens(text, "the input");
            TextInput.RequireKnown(tokens, tokenizer.VocabularySize);
        }
        else
        {
            tokens = tokenizer.Encode(text, special);
        }

        if (parsed.GetValue(Beginning))
            tokens = [tokenizer.BeginningOfText ?? throw new CommandException($"{path} has no beginning-of-text token; leave --bos out."), .. tokens];
        if (parsed.GetValue(Pieces)) WritePieces(tokenizer, tokens);
        else Console.Out.WriteLine(parsed.GetValue(Decode) ? tokenizer.Decode(tokens, special) : string.Join(' ', tokens));
        return ExitCodes.Success;
    }

    private static void WritePieces(Tokenizer tokenizer, IReadOnlyList<int> tokens)
    {
        foreach (int token in tokens) Console.Out.WriteLine($"{token,8}  {Quote(tokenizer.TokenBytes(token))}{(tokenizer.IsSpecial(token) ? "  special" : "")}");
    }

    // A token may be a part of a character: what is no printable text is shown as bytes.
    private static string Quote(ReadOnlySpan<byte> bytes)
    {
        var quoted = new StringBuilder("\"");
        while (!bytes.IsEmpty)
        {
            bool isText = Rune.DecodeFromUtf8(bytes, out var rune, out int consumed) == System.Buffers.OperationStatus.Done && !Rune.IsControl(rune);
            if (isText) quoted.Append(rune.Value is '"' or '\\' ? "\\" : "").Append(rune);
            else foreach (byte value in bytes[..consumed]) quoted.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
            bytes = bytes[consumed..];
        }

        return quoted.Append('"').ToString();
    }
}

using System.Text;
using System.Text.Json;
using SeekSharp.Formats;
using SeekSharp.Tokenizers;
using SeekSharp.Training.Text;

namespace SeekSharp.Training.Stages;

/// <summary>A reply that a verifier found right.</summary>
/// <param name="Number">Number of its problem.</param>
/// <param name="Task">The problem's task.</param>
/// <param name="Prompt">The last message.</param>
/// <param name="Thought">What the model thought.</param>
/// <param name="Answer">What it answered.</param>
/// <param name="Tokens">Prompt and reply as the model read and wrote them, with the token that ends the reply.</param>
/// <param name="ReplyStart">Where the reply begins.</param>
internal sealed record KeptReply(long Number, string Task, string Prompt, string Thought, string Answer, int[] Tokens, int ReplyStart);

/// <summary>
/// Replies that were found right, one JSON object a line. Lines have what a user's file of problems has ("prompt", "answer", "thought"), and the tokens, so
/// that what is learned is what was written.
/// </summary>
internal static class SampleFile
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line, with its end.</summary>
    public static string ToJson(KeptReply reply)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, s_options))
        {
            json.WriteStartObject();
            json.WriteNumber("number", reply.Number);
            json.WriteString("task", reply.Task);
            json.WriteString("prompt", reply.Prompt);
            json.WriteString("thought", reply.Thought);
            json.WriteString("answer", reply.Answer);
            json.WriteNumber("reply_start", reply.ReplyStart);
            json.WriteStartArray("tokens");
            foreach (int token in reply.Tokens) json.WriteNumberValue(token);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>Reads a file; a last line without its end is not taken for one.</summary>
    /// <exception cref="ModelFormatException">A line is not what <see cref="ToJson"/> writes.</exception>
    public static List<KeptReply> Read(string path)
    {
        List<KeptReply> all = [];
        string[] lines = File.ReadAllText(path).Split('\n');
        for (int i = 0; i < lines.Length - 1; i++)
            if (lines[i].Length > 0) all.Add(Parse(path, i + 1, lines[i]));
        return all;
    }

    /// <summary>The replies as examples for a tokenizer.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tokenizer">The tokenizer of the model that learns: the one that the replies were written with.</param>
    /// <param name="longest">Longer ones are left out.</param>
    /// <exception cref="ModelFormatException">The file is empty or damaged, or was written with another tokenizer.</exception>
    public static IReadOnlyList<TrainingExample> ReadExamples(string path, Tokenizer tokenizer, int longest)
    {
        List<TrainingExample> examples = [];
        foreach (KeptReply reply in Read(path))
        {
            bool isOwn = reply.ReplyStart > 0 && reply.ReplyStart < reply.Tokens.Length && Array.TrueForAll(reply.Tokens, token => token >= 0 && token < tokenizer.VocabularySize)
                && tokenizer.Decode(reply.Tokens.AsSpan(reply.ReplyStart).ToArray(), includeSpecial: false).Contains(reply.Answer, StringComparison.Ordinal);
            if (!isOwn) throw new ModelFormatException($"{path}: problem {reply.Number} was written with another tokenizer than that of the model which shall learn from it.");
            if (reply.Tokens.Length <= longest) examples.Add(new TrainingExample(reply.Tokens, reply.ReplyStart, reply.Task));
        }

        return examples.Count > 0 ? examples : throw new ModelFormatException($"{path}: there is no reply of at most {longest} tokens to learn from.");
    }

    private static KeptReply Parse(string path, int line, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement json = document.RootElement;
            return new KeptReply(
                json.GetProperty("number").GetInt64(), Text("task"), Text("prompt"), Text("thought"), Text("answer"),
                [.. json.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32())], json.GetProperty("reply_start").GetInt32());

            string Text(string name) => json.GetProperty(name).GetString() ?? "";
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ModelFormatException($"{path}, line {line}: is not a reply that 'sample' wrote ({exception.Message}).", exception);
        }
    }
}

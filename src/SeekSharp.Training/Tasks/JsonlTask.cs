using System.Text;
using System.Text.Json;
using SeekSharp.Templates;

namespace SeekSharp.Training.Tasks;

/// <summary>
/// A user's own problems, one JSON object a line: "prompt", "answer", and "verifier" (exact, number, regex or json; exact where it is left out).
/// Optional:
/// "thought", what is written down on the way to the answer, and "example", an answer to learn from where "answer" is a regular expression.
/// </summary>
/// <remarks>
/// One prompt in eight is for tests, chosen by a hash of the prompt, and at least one: whichever lines are added, the others stay where they are.
/// There are no
/// problems out of range. The file is read once.
/// </remarks>
public sealed class JsonlTask : ITask
{
    private const int LongestLine = 1 << 20, MostProblems = 1_000_000;
    private const long LargestFile = 1L << 30;

    private readonly string _path;
    private readonly List<Entry> _train = [], _test = [];

    private JsonlTask(string path, string name)
    {
        _path = path;
        Name = name;
    }

    private sealed record Entry(int Line, string Prompt, string Thought, JsonlVerifier Verifier);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Split> Splits { get; } = [Split.Train, Split.Test];

    /// <summary>Number of problems of a part.</summary>
    /// <param name="split">The part.</param>
    /// <returns>The number; 0 out of range.</returns>
    public int Count(Split split) => split switch { Split.Train => _train.Count, Split.Test => _test.Count, _ => 0 };

    /// <summary>Reads a file.</summary>
    /// <param name="path">UTF-8 text of at most 1 GB, with lines of at most 1 MB; empty lines are skipped.</param>
    /// <param name="name">Name of the task; null takes the file's name without its ending.</param>
    /// <returns>The task.</returns>
    /// <exception cref="TaskFileException">A line is no problem, two have the same prompt, or there are fewer than two; the message names file and
    /// line.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static JsonlTask Open(string path, string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var task = new JsonlTask(path, name ?? Path.GetFileNameWithoutExtension(path));
        if (new FileInfo(path) is { Exists: true, Length: > LargestFile }) throw new TaskFileException($"{path}: the file is larger than 1 GB.");
        using var reader = new StreamReader(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        task.Read(reader);
        return task;
    }

    /// <inheritdoc/>
    public Problem Generate(Random random, Split split)
    {
        ArgumentNullException.ThrowIfNull(random);
        List<Entry> entries = split switch
        {
            Split.Train => _train,
            Split.Test => _test,
            _ => throw new ArgumentException($"The task '{Name}' has no problems of the part {split}.", nameof(split)),
        };
        Entry entry = random.Pick(entries);
        return new Problem<Entry>(entry)
        {
            Task = Name,
            Messages = [new TemplateMessage("user", entry.Prompt)],
            Answer = entry.Verifier.Example ?? "",
            Form = entry.Verifier.Form,
            Key = entry.Prompt,
            Split = split,
        };
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The answer is a regular expression and there is no example of it.</exception>
    public Demonstration Demonstrate(Problem problem, Random random)
    {
        Entry entry = ContentOf(problem);
        return entry.Verifier.Example is { } example
            ? new Demonstration(entry.Thought, example)
            : throw new NotSupportedException($"{_path}, line {entry.Line}: the answer is a regular expression, which cannot be learned from; give an answer as \"example\".");
    }

    /// <inheritdoc/>
    public bool Verify(Problem problem, string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        Entry entry = ContentOf(problem);
        return answer.Length <= AnswerText.Longest && entry.Verifier.Accepts(answer.Trim());
    }

    private void Read(StreamReader reader)
    {
        List<Entry> entries = [];
        Dictionary<string, int> lines = new(StringComparer.Ordinal);
        int number = 0;
        while (ReadLine(reader, ++number) is { } line)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            Entry entry = ReadEntry(line, number);
            if (!lines.TryAdd(entry.Prompt, number)) throw Wrong(number, $"has the prompt of line {lines[entry.Prompt]} again");
            if (entries.Count == MostProblems) throw Wrong(number, $"is one too many: {MostProblems} problems are allowed");
            entries.Add(entry);
        }

        if (entries.Count < 2)
            throw new TaskFileException($"{_path}: there are {entries.Count} problems; at least two are needed, one to learn from and one to test with.");
        Entry smallest = entries.MinBy(Hash)!, largest = entries.MaxBy(Hash)!;
        foreach (Entry entry in entries)
        {
            // With few lines chance may leave a part empty.
            bool isTest = entry == smallest || (entry != largest && SplitRule.IsTest("jsonl", entry.Prompt));
            (isTest ? _test : _train).Add(entry);
        }

        static ulong Hash(Entry entry) => SplitRule.Hash("jsonl", entry.Prompt);
    }

    private string? ReadLine(StreamReader reader, int number)
    {
        try
        {
            var line = new StringBuilder();
            int next = reader.Read();
            if (next < 0) return null;
            for (; next >= 0 && next != '\n'; next = reader.Read())
            {
                if (line.Length == LongestLine) throw Wrong(number, $"is longer than {LongestLine} characters");
                line.Append((char)next);
            }

            return line.ToString();
        }
        catch (DecoderFallbackException exception)
        {
            throw new TaskFileException($"{_path}, line {number}: this is no UTF-8.", exception);
        }
    }

    private Entry ReadEntry(string line, int number)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw Wrong(number, "is no JSON object");
            string prompt = Text(root, "prompt", number) ?? throw Wrong(number, "has no \"prompt\"");
            if (string.IsNullOrWhiteSpace(prompt)) throw Wrong(number, "has an empty \"prompt\"");
            string name = Text(root, "verifier", number) ?? "exact";
            string answer = Answer(root, name, number);
            JsonlVerifier verifier = JsonlVerifier.Create(name, answer, Text(root, "example", number));
            return new Entry(number, prompt, Text(root, "thought", number) ?? "", verifier);
        }
        catch (FormatException exception)
        {
            throw new TaskFileException($"{_path}, line {number}: the line {exception.Message}.", exception);
        }
        catch (JsonException exception)
        {
            throw new TaskFileException($"{_path}, line {number}: this is no JSON ({exception.Message.Split('.')[0]}).", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new TaskFileException($"{_path}, line {number}: a text has broken escapes.", exception);
        }
    }

    /// <summary>The answer: a text; for numbers a number, too; for JSON any value.</summary>
    private string Answer(JsonElement root, string verifier, int number)
    {
        if (!root.TryGetProperty("answer", out JsonElement answer)) throw Wrong(number, "has no \"answer\"");
        if (answer.ValueKind == JsonValueKind.String) return answer.GetString()!;
        bool isTaken = verifier == "json" || (answer.ValueKind == JsonValueKind.Number && verifier is "number" or "exact");
        return isTaken ? answer.GetRawText() : throw Wrong(number, $"has an \"answer\" that is no text");
    }

    private string? Text(JsonElement root, string key, int number)
    {
        if (!root.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(number, $"has a \"{key}\" that is no text");
    }

    private TaskFileException Wrong(int line, string what) => new($"{_path}, line {line}: the line {what}.");

    private Entry ContentOf(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem is Problem<Entry> own && problem.Task == Name) return own.Content;
        throw new ArgumentException($"The problem is one of '{problem.Task}', not of '{Name}'.", nameof(problem));
    }
}

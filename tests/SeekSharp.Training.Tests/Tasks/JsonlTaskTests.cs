using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Tests.Tasks;

public sealed class JsonlTaskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("seek-jsonl-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void All_verifiers_work()
    {
        JsonlTask task = Open(
            """{"prompt": "Capital of Peru?", "answer": "Lima", "verifier": "exact"}""",
            """{"prompt": "One third of 1.5?", "answer": 0.5, "verifier": "number", "thought": "1.5/3=0.5"}""",
            """{"prompt": "Some digits?", "answer": "[0-9]+", "verifier": "regex", "example": "42"}""",
            """{"prompt": "A point?", "answer": {"x": 1, "y": [2, 3]}, "verifier": "json"}""",
            "",
            """{"prompt": "Plain?", "answer": "yes"}""");
        Assert.Equal(5, task.Count(Split.Train) + task.Count(Split.Test));
        var checks = new Dictionary<string, (string[] Right, string[] Wrong)>
        {
            ["Capital of Peru?"] = (["Lima", " Lima\n"], ["lima", "Lima.", ""]),
            ["One third of 1.5?"] = (["0.5", "0.50", "+.5"[..1] + "0.5"], ["1/2", "0.51", ".5x", "1e-1"]),
            ["Some digits?"] = (["42", "0"], ["42a", "4\n2", ""]),
            ["A point?"] = (["{\"y\":[2,3],\"x\":1.0}"], ["{\"x\":1}", "[", "{\"x\":1,\"y\":[3,2]}", "\"\\ud800\""]),
            ["Plain?"] = (["yes"], ["no"]),
        };
        HashSet<string> seen = [];
        var random = new Random(2);
        for (int i = 0; i < 200; i++)
        {
            Problem problem = task.Generate(random, i % 2 == 0 ? Split.Train : Split.Test);
            seen.Add(problem.Prompt);
            foreach (string right in checks[problem.Prompt].Right) Assert.True(task.Verify(problem, right), right);
            foreach (string wrong in checks[problem.Prompt].Wrong) Assert.False(task.Verify(problem, wrong), wrong);
            Assert.True(task.Verify(problem, task.Demonstrate(problem, random).Reply));
        }

        Assert.Equal(5, seen.Count);
    }

    [Fact]
    public void Parts_are_disjoint_and_stay_when_lines_are_added()
    {
        string[] lines = [.. Enumerable.Range(0, 400).Select(i => $$"""{"prompt": "Question {{i}}?", "answer": "{{i}}", "verifier": "number"}""")];
        HashSet<string> few = TestPrompts(Open(lines[..300])), many = TestPrompts(Open(lines));
        Assert.InRange(few.Count, 15, 65);
        // One prompt may be for tests only because it has the smallest hash.
        Assert.InRange(few.Except(many).Count(), 0, 1);

        static HashSet<string> TestPrompts(JsonlTask task)
        {
            var random = new Random(3);
            HashSet<string> test = [.. Enumerable.Range(0, 3000).Select(_ => task.Generate(random, Split.Test).Prompt)];
            Assert.DoesNotContain(Enumerable.Range(0, 3000), _ => test.Contains(task.Generate(random, Split.Train).Prompt));
            return test;
        }
    }

    [Fact]
    public void Two_lines_are_enough()
    {
        JsonlTask task = Open("""{"prompt": "a", "answer": "1"}""", """{"prompt": "b", "answer": "2"}""");
        Assert.Equal((1, 1), (task.Count(Split.Train), task.Count(Split.Test)));
        Assert.Throws<ArgumentException>(() => task.Generate(new Random(1), Split.OutOfRange));
    }

    [Theory]
    [InlineData("[]", "is no JSON object")]
    [InlineData("{", "this is no JSON")]
    [InlineData("""{"answer": "1"}""", "has no \"prompt\"")]
    [InlineData("""{"prompt": " ", "answer": "1"}""", "has an empty \"prompt\"")]
    [InlineData("""{"prompt": 5, "answer": "1"}""", "has a \"prompt\" that is no text")]
    [InlineData("""{"prompt": "p"}""", "has no \"answer\"")]
    [InlineData("""{"prompt": "p", "answer": [1]}""", "has an \"answer\" that is no text")]
    [InlineData("""{"prompt": "p", "answer": "1", "verifier": "magic"}""", "none of exact, number, regex, json")]
    [InlineData("""{"prompt": "p", "answer": "one", "verifier": "number"}""", "no plain decimal number")]
    [InlineData("""{"prompt": "p", "answer": "(", "verifier": "regex"}""", "cannot be used")]
    [InlineData("""{"prompt": "p", "answer": "(?=a)", "verifier": "regex"}""", "cannot be used")]
    [InlineData("""{"prompt": "p", "answer": "a", "verifier": "regex", "example": "b"}""", "does not match")]
    [InlineData("""{"prompt": "p", "answer": "{", "verifier": "json"}""", "its answer is no JSON")]
    [InlineData("""{"prompt": "\ud800", "answer": "1"}""", "broken escapes")]
    [InlineData("""{"prompt": "a", "answer": "1"}""", "has the prompt of line 1 again")]
    public void Errors_name_file_and_line(string line, string what)
    {
        var exception = Assert.Throws<TaskFileException>(() => Open("""{"prompt": "a", "answer": "1"}""", line));
        Assert.Contains("tasks.jsonl, line 2: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(what, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_files_end_in_one_sentence()
    {
        Assert.Contains("at least two are needed", Assert.Throws<TaskFileException>(() => Open("")).Message, StringComparison.Ordinal);
        Assert.Contains("line 1: the line is longer than", Assert.Throws<TaskFileException>(() => Open(new string('x', 2_000_000))).Message, StringComparison.Ordinal);
        string path = Path.Combine(_folder, "bytes.jsonl");
        File.WriteAllBytes(path, [0xFF, 0xFE, 0x80, 0x81]);
        Assert.Throws<TaskFileException>(() => JsonlTask.Open(path));
        Assert.ThrowsAny<IOException>(() => JsonlTask.Open(Path.Combine(_folder, "none.jsonl")));
        Assert.Contains("nested", Assert.Throws<TaskFileException>(() => Open(new string('[', 5000))).Message.Replace("this is no JSON", "nested", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Patterns_cannot_take_long()
    {
        JsonlTask task = Open("""{"prompt": "a", "answer": "(a+)+b", "verifier": "regex"}""", """{"prompt": "b", "answer": "(a*)*c", "verifier": "regex"}""");
        Problem problem = task.Generate(new Random(1), Split.Train);
        Assert.False(task.Verify(problem, new string('a', 4000)));
        Assert.Contains("\"example\"", Assert.Throws<NotSupportedException>(() => task.Demonstrate(problem, new Random(1))).Message, StringComparison.Ordinal);
    }

    private JsonlTask Open(params string[] lines)
    {
        string path = Path.Combine(_folder, "tasks.jsonl");
        File.WriteAllLines(path, lines);
        return JsonlTask.Open(path);
    }
}

using SeekSharp.Templates;
using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Tests.Tasks;

public sealed class TaskTests
{
    private const int Many = 2000;

    public static TheoryData<string> All => [.. TaskCatalog.Families.Concat(TaskCatalog.Conversations).Select(task => task.Name)];

    public static TheoryData<string> Families => [.. TaskCatalog.Families.Select(task => task.Name)];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_demonstration_is_right(string name)
    {
        ITask task = TaskCatalog.Find(name);
        var random = new Random(11);
        foreach (Split split in task.Splits)
        {
            for (int i = 0; i < Many; i++)
            {
                Problem problem = task.Generate(random, split);
                Demonstration demonstration = task.Demonstrate(problem, random);
                Assert.True(task.Verify(problem, demonstration.Reply), $"{problem.Prompt}\n{demonstration.Reply}");
                Assert.True(task.Verify(problem, $" {problem.Answer}\n"), problem.Prompt);
                Assert.Equal(name, problem.Task);
                Assert.Equal(split, problem.Split);
                Assert.NotEqual("", problem.Prompt);
                Assert.DoesNotContain(Spelled.Boundary, problem.Prompt + problem.Answer);
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Parts_are_disjoint_by_what_is_asked(string name)
    {
        ITask task = TaskCatalog.Find(name);
        var random = new Random(12);
        Dictionary<Split, HashSet<string>> keys = task.Splits.ToDictionary(split => split, split => Enumerable.Range(0, Many).Select(_ => task.Generate(random, split).Key).ToHashSet());
        foreach (Split one in task.Splits)
            foreach (Split other in task.Splits.Where(other => other != one)) Assert.Empty(keys[one].Intersect(keys[other]));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Only_tests_use_held_out_words(string name)
    {
        ITask task = TaskCatalog.Find(name);
        var random = new Random(13);
        Assert.DoesNotContain(Enumerable.Range(0, 300), _ => task.Generate(random, Split.Train).HasHeldOutWording);
        int heldOut = Enumerable.Range(0, 300).Count(_ => task.Generate(random, Split.Test).HasHeldOutWording);
        Assert.InRange(heldOut, 100, 200);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_same_seed_makes_the_same_problems(string name)
    {
        ITask task = TaskCatalog.Find(name);
        Assert.Equal(Texts(), Texts());

        List<string> Texts()
        {
            var random = new Random(14);
            return
            [
                .. Enumerable.Range(0, 50).SelectMany(i =>
                {
                    Problem problem = task.Generate(random, task.Splits[i % task.Splits.Count]);
                    return (string[])[.. problem.Messages.Select(message => message.Content ?? ""), task.Demonstrate(problem, random).Thought, problem.Answer];
                }),
            ];
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Hostile_answers_are_wrong_and_throw_nothing(string name)
    {
        ITask task = TaskCatalog.Find(name);
        var random = new Random(15);
        string[] hostile =
        [
            "", " ", "\0", "\ud800", new string('(', 100_000), new string('9', 50_000), "((((((((((((((((((((((((((((((((((((((((((1", "1/0", "1e999", "NaN", "-", "--5", "0x", "٣", "１２", "\\boxed{}", "{", "{\"name\":", "<tool_call>", "<tool_call></tool_call>",
            "<tool_call>{\"name\": 5, \"arguments\": []}</tool_call>", "<tool_call>{\"name\": \"\\ud800\", \"arguments\": {\"a\": \"\\udfff\"}}</tool_call>", "= = =", "remainder", "r r r", "x=", "0b", "true false", ",,,,", "January", "99:99", "</think>",
        ];
        foreach (Split split in task.Splits)
        {
            for (int i = 0; i < 30; i++)
            {
                Problem problem = task.Generate(random, split);
                foreach (string answer in hostile) Assert.False(task.Verify(problem, answer), $"{problem.Prompt} -> {answer}");
                Assert.False(task.Verify(problem, problem.Answer + new string(' ', 10_000) + "."));
                Assert.False(task.Verify(problem, problem.Answer + "\nor maybe not"), problem.Prompt);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Answers_to_other_problems_are_mostly_wrong(string name)
    {
        ITask task = TaskCatalog.Find(name);
        var random = new Random(16);
        int right = 0;
        for (int i = 0; i < 300; i++)
        {
            Problem problem = task.Generate(random, Split.Train), other = task.Generate(random, Split.Train);
            if (task.Verify(problem, other.Answer)) right++;
        }

        // Half of all truth values agree, and many divisors are small.
        int most = name switch { "boolean-logic" => 200, "greatest-common-divisor" or "letter-counting" => 120, "comparison" or "calendar" => 100, _ => 30 };
        Assert.InRange(right, 0, most);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void There_are_many_ways_to_ask(string name)
    {
        ITask task = TaskCatalog.Find(name);
        var random = new Random(17);
        // The words of a prompt without what it is about.
        int wordings = Enumerable.Range(0, Many).Select(_ => string.Concat(task.Generate(random, Split.Train).Prompt.Where(character => !char.IsAsciiDigit(character)))).Distinct().Count();
        Assert.InRange(wordings, 60, Many);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Another_tasks_problem_is_refused(string name)
    {
        ITask task = TaskCatalog.Find(name), other = TaskCatalog.Find(name == "addition" ? "sorting" : "addition");
        Problem problem = other.Generate(new Random(1), Split.Train);
        Assert.Throws<ArgumentException>(() => task.Verify(problem, "1"));
        Assert.Throws<ArgumentException>(() => task.Demonstrate(problem, new Random(1)));
        if (!task.Splits.Contains(Split.OutOfRange)) Assert.Throws<ArgumentException>(() => task.Generate(new Random(1), Split.OutOfRange));
    }

    [Fact]
    public void All_families_of_the_plan_are_there()
    {
        string[] planned =
        [
            "addition", "subtraction", "multiplication", "division", "comparison", "sorting", "reversal", "letter-counting", "word-problems", "countdown", "base-conversion", "greatest-common-divisor", "calendar", "clock", "units", "linear-equations",
            "boolean-logic", "sequences", "expressions",
        ];
        Assert.Equal(planned.Order(), TaskCatalog.Families.Select(task => task.Name).Order());
        Assert.Equal("There is no task 'poetry'", Assert.Throws<ArgumentException>(() => TaskCatalog.Find("poetry")).Message[..25]);
    }

    [Fact]
    public void Written_calculations_are_what_people_write()
    {
        Assert.Equal("457+086:\n7+6=13 (3)\n5+8+1=14 (43)\n4+0+1=5 (543)\n457+86=543", Written(working => working.Add(457, 86)));
        Assert.Equal("457-086:\n7-6=1 (1)\n15-8=7 (71)\n4-0-1=3 (371)\n457-86=371", Written(working => working.Subtract(457, 86)));
        Assert.Equal("20<86\n86-20:\n6-0=6 (6)\n8-2=6 (66)\n86-20=66\n20-86=-66", Written(working => working.Subtract(20, 86)));
        Assert.Equal("457*6:\n7*6=42 (2)\n5*6+4=30+4=34 (42)\n4*6+3=24+3=27 (2742)\n457*6=2742", Written(working => working.Multiply(457, 6)));
        Assert.Equal("457/6:\n4=6*0+4 (0)\n45=6*7+3 (07)\n37=6*6+1 (076)\n457=6*76+1", Written(working => working.Divide(457, 6).Quotient));
        Assert.Equal("48*5:\n8*5=40 (0)\n4*5+4=20+4=24 (240)\n48*5=240", Written(working => working.Multiply(48, 5)));

        static string Written(Func<Working, long> calculate)
        {
            var working = new Working();
            calculate(working);
            return working.Text;
        }
    }

    [Fact]
    public void Written_calculations_are_right()
    {
        var random = new Random(18);
        for (int i = 0; i < 5000; i++)
        {
            long a = random.Digits(1, 5), b = random.Digits(1, 4);
            var working = new Working();
            Assert.Equal(a + b, working.Add(a, b));
            Assert.Equal(a - b, working.Subtract(a, b));
            Assert.Equal(a * b, working.Multiply(a, b));
            Assert.Equal((a / (b + 1), a % (b + 1)), working.Divide(a, b + 1));
            // Each line that is an equation is true.
            foreach (string line in working.Text.Split('\n'))
            {
                string equation = line.Split(" (")[0];
                if (!equation.Contains('=', StringComparison.Ordinal)) continue;
                string[] sides = equation.Split('=');
                for (int side = 1; side < sides.Length; side++) Assert.Equal(Value(sides[side - 1]), Value(sides[side]));
            }
        }

        static long Value(string expression)
        {
            bool isNegative = expression.StartsWith('-');
            Assert.True(ArithmeticExpression.TryCompute(isNegative ? "0" + expression : expression, out long numerator, out long denominator, out _), expression);
            Assert.Equal(1, denominator);
            return numerator;
        }
    }

    [Fact]
    public void Answers_that_say_the_same_are_right()
    {
        AssertRight("division", problem => problem.Answer.Contains("remainder", StringComparison.Ordinal), answer => answer.Replace("remainder", "r", StringComparison.Ordinal), answer => answer.Replace(" remainder ", "R", StringComparison.Ordinal));
        AssertRight("sorting", _ => true, answer => answer.Replace(", ", ",", StringComparison.Ordinal), answer => answer.Replace(",", "", StringComparison.Ordinal));
        AssertRight("linear-equations", problem => problem.Prompt.Contains('x', StringComparison.Ordinal) && !problem.Prompt.Contains('y', StringComparison.Ordinal), answer => answer);
        AssertRight("base-conversion", _ => true, answer => answer.ToUpperInvariant());
        AssertRight("countdown", _ => true, answer => answer.Replace("+", " + ", StringComparison.Ordinal));
        AssertRight("boolean-logic", _ => true, answer => answer.ToUpperInvariant(), answer => answer == "true" ? "yes" : "no");

        static void AssertRight(string name, Func<Problem, bool> fits, params Func<string, string>[] ways)
        {
            ITask task = TaskCatalog.Find(name);
            var random = new Random(19);
            for (int i = 0; i < 200; i++)
            {
                Problem problem = task.Generate(random, Split.Train);
                if (!fits(problem)) continue;
                foreach (Func<string, string> way in ways) Assert.True(task.Verify(problem, way(problem.Answer)), $"{problem.Prompt}: {way(problem.Answer)}");
            }
        }
    }

    [Fact]
    public void Countdown_takes_each_number_exactly_once()
    {
        ITask task = TaskCatalog.Find("countdown");
        var random = new Random(20);
        for (int i = 0; i < 200; i++)
        {
            Problem problem = task.Generate(random, Split.Train);
            string target = problem.Key.Split(' ')[^1];
            Assert.False(task.Verify(problem, target));
            Assert.False(task.Verify(problem, problem.Answer + "+0"));
            Assert.False(task.Verify(problem, $"{problem.Answer}*1"));
            Assert.False(task.Verify(problem, $"{problem.Answer}={target}1"));
            Assert.True(task.Verify(problem, $"{problem.Answer} = {target}"));
            Assert.True(task.Verify(problem, $"({problem.Answer})"));
        }
    }

    [Fact]
    public void Thoughts_fit_a_small_context()
    {
        var random = new Random(21);
        foreach (ITask task in TaskCatalog.Families)
            for (int i = 0; i < 300; i++) Assert.InRange(task.Demonstrate(task.Generate(random, Split.Train), random).Thought.Length, 0, 600);
    }

    [Fact]
    public void Follow_ups_stand_behind_an_answered_question()
    {
        ITask task = TaskCatalog.Find("follow-ups");
        Problem problem = task.Generate(new Random(22), Split.Train);
        Assert.Equal(["user", "assistant", "user"], problem.Messages.Select(message => message.Role));
    }

    [Fact]
    public void Results_of_tools_stand_behind_their_calls()
    {
        Problem problem = TaskCatalog.Find("tool-results").Generate(new Random(23), Split.Train);
        Assert.Equal(["user", "assistant", "tool"], problem.Messages.Select(message => message.Role));
        Assert.NotEmpty(problem.Tools);
        TemplateToolCall call = Assert.Single(problem.Messages[1].ToolCalls);
        Assert.Contains(problem.Tools, tool => tool.GetProperty("function").GetProperty("name").GetString() == call.Name);
    }

    [Fact]
    public void A_call_of_the_wrong_tool_or_with_a_wrong_argument_is_wrong()
    {
        ITask task = TaskCatalog.Find("tool-calls");
        var random = new Random(24);
        for (int i = 0; i < 300; i++)
        {
            Problem problem = task.Generate(random, Split.Test);
            Assert.False(task.Verify(problem, problem.Answer.Replace("\"name\": \"", "\"name\": \"x", StringComparison.Ordinal)));
            Assert.False(task.Verify(problem, problem.Answer + problem.Answer));
            Assert.False(task.Verify(problem, "Sure! " + problem.Answer));
            if (problem.Answer.Contains("{}", StringComparison.Ordinal)) continue;
            Assert.False(task.Verify(problem, problem.Answer.Replace("\"}}", "1\"}}", StringComparison.Ordinal)));
            Assert.True(task.Verify(problem, problem.Answer.Replace("\": \"", "\":\"", StringComparison.Ordinal)));
        }
    }
}

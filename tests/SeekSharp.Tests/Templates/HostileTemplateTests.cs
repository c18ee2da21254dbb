using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CsCheck;
using SeekSharp.Templates;

namespace SeekSharp.Tests.Templates;

/// <summary>Templates come with files from anywhere: the worst of them end in a typed error, soon and without much memory.</summary>
public class HostileTemplateTests
{
    private const long MaximumAllocation = 512L << 20;

    public static TheoryData<string> Attacks()
    {
        var attacks = new Dictionary<string, string>
        {
            ["endless macro"] = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            ["two macros calling each other"] = "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
            ["macro tree"] = "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(100) }}",
            ["caller calling itself"] = "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{% call m() %}x{% endcall %}",
            ["huge range"] = "{{ range(1000000000000) }}",
            ["nested loops"] = string.Concat(Enumerable.Repeat("{% for i in range(100000) %}", 5)) + string.Concat(Enumerable.Repeat("{% endfor %}", 5)),
            ["filtered loop without body"] = "{% for i in range(100000) %}{% for j in range(100000) if false %}{% endfor %}{% endfor %}",
            ["huge product"] = "{{ 'a' * 100000000000 }}",
            ["huge list product"] = "{{ ([1] * 100000) * 100000 }}",
            ["doubling"] = "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
            ["doubling by join"] = "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
            ["doubling lists"] = "{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
            ["doubling by replacement"] = "{% set ns = namespace(s='aa') %}{% for i in range(100) %}{% set ns.s = ns.s | replace('a', 'aa') %}{% endfor %}",
            ["doubling by JSON"] = "{% set ns = namespace(s='\\\\') %}{% for i in range(100) %}{% set ns.s = ns.s | tojson %}{% endfor %}",
            ["doubling by escapes"] = "{% set ns = namespace(s='&') %}{% for i in range(100) %}{% set ns.s = ns.s | escape + ns.s %}{% endfor %}",
            ["doubling by blocks"] = "{% set s = 'ab' %}" + string.Concat(Enumerable.Repeat("{% set s %}{{ s }}{{ s }}{% endset %}", 100)),
            ["billion laughs"] = "{% set a = ['x'] %}" + string.Concat(Enumerable.Repeat("{% set a = [a, a, a, a, a, a, a, a, a, a] %}", 40)) + "{{ a }}",
            ["billion laughs as JSON"] = "{% set a = ['x'] %}" + string.Concat(Enumerable.Repeat("{% set a = [a, a, a, a, a, a, a, a, a, a] %}", 40)) + "{{ a | tojson }}",
            ["billion laughs compared"] = "{% set a = ['x'] %}{% set b = ['x'] %}" + string.Concat(Enumerable.Repeat("{% set a = [a, a] %}{% set b = [b, b] %}", 60)) + "{{ a == b }}",
            ["billion laughs by macros"] = "{% macro m0() %}lol{% endmacro %}"
                + string.Concat(Enumerable.Range(1, 30).Select(i => $"{{% macro m{i}() %}}{string.Concat(Enumerable.Repeat($"{{{{ m{i - 1}() }}}}", 10))}{{% endmacro %}}")) + "{{ m30() }}",
            ["endless output"] = "{% for i in range(100000) %}" + new string('x', 10_000) + "{% endfor %}",
            ["deep list"] = "{% set ns = namespace(l=[]) %}{% for i in range(90000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
            ["deep list as JSON"] = "{% set ns = namespace(l=[]) %}{% for i in range(90000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l | tojson }}",
            ["deep lists compared"] = "{% set ns = namespace(l=[], m=[]) %}{% for i in range(50000) %}{% set ns.l = [ns.l] %}{% set ns.m = [ns.m] %}{% endfor %}{{ ns.l == ns.m }}",
            ["deep lists ordered"] = "{% set ns = namespace(l=[1], m=[2]) %}{% for i in range(50000) %}{% set ns.l = [ns.l] %}{% set ns.m = [ns.m] %}{% endfor %}{{ ns.l < ns.m }}",
            ["deep parentheses"] = "{{ " + new string('(', 100_000) + "1" + new string(')', 100_000) + " }}",
            ["deep brackets"] = "{{ " + new string('[', 100_000) + new string(']', 100_000) + " }}",
            ["deep signs"] = "{{ " + new string('-', 100_000) + "1 }}",
            ["deep not"] = "{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}",
            ["deep conditions"] = "{{ " + string.Concat(Enumerable.Repeat("1 if 1 else ", 50_000)) + "1 }}",
            ["deep blocks"] = string.Concat(Enumerable.Repeat("{% if 1 %}", 40_000)) + string.Concat(Enumerable.Repeat("{% endif %}", 40_000)),
            ["deep targets"] = "{% set " + new string('(', 50_000) + "a" + new string(')', 50_000) + " = 1 %}",
            ["long sum"] = "{{ 1" + string.Concat(Enumerable.Repeat("+1", 200_000)) + " }}",
            ["long filter chain"] = "{{ 'a'" + string.Concat(Enumerable.Repeat("|trim", 100_000)) + " }}",
            ["long attribute chain"] = "{{ a" + string.Concat(Enumerable.Repeat(".a", 200_000)) + " }}",
            ["unclosed block"] = "{% if true %}x",
            ["unclosed blocks"] = string.Concat(Enumerable.Repeat("{% for i in x %}", 60_000)),
            ["unclosed tag"] = "{{ 'a'",
            ["unclosed comment"] = "{#" + new string('#', 100_000),
            ["class of a string"] = "{{ ''.__class__ }}",
            ["class by item"] = "{{ ''['__class__']['__mro__'] }}",
            ["globals of a function"] = "{{ range.__globals__ }}",
            ["builtins of a macro"] = "{% macro m() %}{% endmacro %}{{ m.__init__.__globals__ }}",
            ["attribute by path"] = "{{ [''] | map(attribute='__class__.__mro__') | list }}",
            ["self-containing list"] = "{% set l = [] %}{{ l.append(l) }}",
            ["self-containing dictionary"] = "{% set d = {} %}{{ d.update({'d': d}) }}",
            ["self-containing namespace"] = "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns | tojson }}",
            ["import"] = "{% import 'os' as os %}",
            ["include"] = "{% include '/etc/passwd' %}",
            ["integer overflow"] = "{% set ns = namespace(n=3) %}{% for i in range(100) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
            ["smallest integer"] = "{{ (-9223372036854775807 - 1) // -1 }}",
            ["power"] = "{{ 10 ** 1000000000 }}",
            ["wide indentation"] = "{{ 'a\nb' | indent(2000000000) }}",
            ["wide JSON"] = "{{ [1] | tojson(indent=2000000000) }}",
            ["wide batch"] = "{{ [1] | batch(9000000000000000000, 'x') }}",
            ["quadratic search"] = "{% set a = 'a' * 1000 * 500 %}{% set b = 'a' * 1000 * 250 + 'b' %}{% for i in range(1000) %}{% if b in a %}{% endif %}{% endfor %}",
            ["quadratic split"] = "{% set a = 'a' * 1000 * 400 %}{% set b = 'a' * 1000 * 200 + 'b' %}{% for i in range(1000) %}{% set x = a.split(b) %}{% endfor %}",
            ["quadratic strip"] = "{% set a = 'a' * 1000 * 40 %}{% set b = 'b' * 1000 * 10 + 'a' %}{% for i in range(100000) %}{% set x = a.strip(b) %}{% endfor %}",
            ["quadratic unique"] = "{{ range(100000) | unique | list }}",
            ["long keys"] = "{% set k = 'k' * 2000 * 1000 %}{% set d = {k: 1} %}{% for i in range(100000) %}{% set x = d[k] %}{% endfor %}",
            ["long attribute names"] = "{% set k = 'k' * 2000 * 1000 %}{% for i in range(100000) %}{% set x = ''[k] %}{% endfor %}",
            ["long names"] = "{% for i in range(100000) %}{{ " + new string('n', 500_000) + " }}{% endfor %}",
            ["many runs"] = "{% set ns = namespace(s='') %}{% for i in range(100000) %}{% set ns.s = ns.s ~ 'a' ~ i %}{% endfor %}",
            ["slices of a long text"] = "{% set s = 'é😀' * 1000 * 200 %}{% for i in range(100000) %}{% set x = s[i:] %}{% endfor %}",
            ["stepped slices"] = "{% set s = 'ab' * 1000 * 200 %}{% for i in range(100000) %}{% set x = s[::-1] %}{% endfor %}",
            ["sorting"] = "{% for i in range(100000) %}{% set x = range(100000) | sort %}{% endfor %}",
            ["refusal with a long text"] = "{{ raise_exception('a' * 2000 * 1000) }}",
            ["dates"] = "{% set f = '%A' * 1000 * 100 %}{% for i in range(1000) %}{% set x = strftime_now(f) %}{% endfor %}",
            ["long template"] = new string('x', (1 << 20) + 1),
            ["many strings"] = "{{ " + string.Concat(Enumerable.Repeat("'a' ", 250_000)) + " + 1 }}",
            ["many comparisons"] = "{{ 1" + string.Concat(Enumerable.Repeat(" < 2", 200_000)) + " }}{{ 1 < none }}",
        };
        var data = new TheoryData<string>();
        foreach ((string name, string template) in attacks) data.Add(new TheoryDataRow<string>(template) { TestDisplayName = name });
        return data;
    }

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Attacks))]
    public void Attack_ends_in_a_typed_error_within_a_second(string template)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        var problem = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template).Render(new ChatTemplateInput { Messages = [new("user", "x")] }));
        watch.Stop();
        Assert.True(watch.Elapsed.TotalSeconds < 1, $"took {watch.Elapsed}");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < MaximumAllocation, $"allocated {(GC.GetAllocatedBytesForCurrentThread() - allocated) >> 20} MiB");
        Assert.True(problem.Message.Length < 1000, "the message is long");
    }

    /// <summary>A large conversation buys a hostile template little.</summary>
    [Fact]
    public void Attack_with_a_long_conversation_ends_soon()
    {
        var input = new ChatTemplateInput { Messages = [new("user", new string('x', 1_000_000))] };
        var watch = Stopwatch.StartNew();
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{% for i in range(100000) %}{% for c in messages[0].content %}{{ c }}{% endfor %}{% endfor %}").Render(input));
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{% for i in range(100000) %}{{ messages[0].content | upper | tojson }}{% endfor %}").Render(input));
        Assert.True(watch.Elapsed.TotalSeconds < 2, $"took {watch.Elapsed}");
    }

    /// <summary>The limits are for attacks: a very long conversation is none.</summary>
    [Fact]
    public void Long_conversation_is_within_the_limits()
    {
        ChatTemplate template = ChatTemplate.Parse(Vectors.ReadTemplate("Qwen3"));
        TemplateMessage[] messages = [.. Enumerable.Range(0, 20_000).Select(i => new TemplateMessage(i % 2 == 0 ? "user" : "assistant", "hello " + i))];
        Assert.Contains("hello 19999", template.Render(new ChatTemplateInput { Messages = messages }).ToString(), StringComparison.Ordinal);
        messages = [new TemplateMessage("system", new string('s', 2_000_000)), new TemplateMessage("user", new string('u', 4_000_000))];
        Assert.Equal(6_000_000, template.Render(new ChatTemplateInput { Messages = messages }).ToString().Count(c => c is 's' or 'u'), 20d);
    }

    /// <summary>A template is read on small stacks too.</summary>
    [Fact]
    public void Small_stack_is_enough()
    {
        Exception? problem = null;
        var thread = new Thread(
            () => problem = Record.Exception(() =>
                ChatTemplate.Parse("{% macro m() %}{{ [[m()]] }}{% endmacro %}{{ m() }}").Render(new ChatTemplateInput { Messages = [] })),
            maxStackSize: 256 << 10);
        thread.Start();
        thread.Join();
        Assert.IsType<ChatTemplateException>(problem);
    }

    /// <summary>Whatever is cut out, doubled or swapped in a real template or a snippet, nothing but the typed exception comes out.</summary>
    [Fact]
    public void Mutated_templates_never_throw_anything_else()
    {
        string[] sources =
        [
            .. Vectors.Language.Select(vector => vector.GetProperty("template").GetString()!),
            .. new[] { "Qwen3", "Qwen3-Coder", "DeepSeek-R1", "DeepSeek-V3.1" }.Select(Vectors.ReadTemplate),
        ];
        string[] pieces =
        [
            "{%", "%}", "{{", "}}", "{#", "#}", "-", "|", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", ",", ".", ":", "~", "**", " if ", " else ", " for ", " in ",
            " not ", " is ", "{% endif %}", "{% endfor %}", "{% else %}", "{% set x = ", "loop", "messages", "content", "none", "1", "-1", "9999999999", "1.5", "\n", "😀", "\ud800",
            " | tojson", " | sort", " | int", " | length", ".items()", "[::-1]", "[1:]", "range(5)", "namespace()",
        ];
        Gen<(int Position, int Length, int Piece, int Kind)> mutation =
            Gen.Select(Gen.Int[0, 10_000], Gen.Int[0, 12], Gen.Int[0, pieces.Length - 1], Gen.Int[0, 2]);
        ChatTemplateInput[] inputs = [.. Vectors.Conversations.Take(16).Select(Vectors.ToInput)];
        Gen.Select(Gen.Int[0, sources.Length - 1], mutation.Array[1, 4], Gen.Int[0, inputs.Length - 1]).Sample(
            (source, mutations, input) =>
            {
                var text = new StringBuilder(sources[source]);
                foreach ((int position, int length, int piece, int kind) in mutations)
                {
                    int at = position % (text.Length + 1);
                    if (kind != 0) text.Remove(at, Math.Min(length, text.Length - at));
                    if (kind != 1) text.Insert(at, pieces[piece]);
                }

                try
                {
                    RenderedPrompt prompt = ChatTemplate.Parse(text.ToString()).Render(inputs[input]);
                    Assert.All(prompt.Segments, segment => Assert.NotEmpty(segment.Text));
                }
                catch (ChatTemplateException problem)
                {
                    Assert.NotEmpty(problem.Message);
                }
            },
            iter: 20_000);
    }

    [Fact]
    public void Variables_that_are_no_valid_text_are_refused()
    {
        var input = new ChatTemplateInput { Messages = [], Variables = new Dictionary<string, JsonElement> { ["a"] = JsonDocument.Parse("[\"\\ud800\"]").RootElement } };
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("x").Render(input));
        string deep = new string('[', 500) + new string(']', 500);
        input = input with { Variables = new Dictionary<string, JsonElement> { ["a"] = JsonDocument.Parse(deep, new JsonDocumentOptions { MaxDepth = 1000 }).RootElement } };
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("x").Render(input));
    }
}

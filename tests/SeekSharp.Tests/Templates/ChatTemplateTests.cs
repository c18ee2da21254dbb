using System.Text.Json;
using SeekSharp.Formats;
using SeekSharp.Templates;

namespace SeekSharp.Tests.Templates;

public class ChatTemplateTests
{
    private static readonly string[] DeepSeekMarks = ["<｜User｜>", "<｜Assistant｜>"];

    public static TheoryData<int, string> LanguageCases() => Cases(Vectors.Language, vector => vector.GetProperty("template").GetString()!);

    /// <summary>Without the templates whose licence allows no copy here: their output is the oracle of our defaults.</summary>
    public static TheoryData<int, string> ConversationCases() =>
        Cases(Vectors.Conversations, vector => $"{Name(vector)} {vector.GetProperty("title").GetString()}", vector => Vectors.HasTemplate(Name(vector)));

    /// <summary>Every language feature writes what Jinja2 writes, and fails where it fails.</summary>
    [Theory]
    [MemberData(nameof(LanguageCases))]
    public void Language_feature_matches_the_oracle(int index, string template)
    {
        JsonElement vector = Vectors.Language[index];
        var input = new ChatTemplateInput { Messages = [], Variables = Vectors.Variables(vector), Now = Vectors.Now };
        if (Vectors.Expected(vector) is { } expected)
            Assert.Equal(expected, Render(template, WithMessages(input)));
        else
            Assert.Throws<ChatTemplateException>(() => Render(template, WithMessages(input)));
    }

    /// <summary>The models' own templates write what the oracles make of them, byte for byte.</summary>
    [Theory]
    [MemberData(nameof(ConversationCases))]
    public void Conversation_matches_the_oracle(int index, string title)
    {
        JsonElement vector = Vectors.Conversations[index];
        Assert.NotEmpty(title);
        AssertRenders(vector, ChatTemplate.Parse(Vectors.ReadTemplate(Name(vector))));
    }

    /// <summary>Our own templates write what the models' published ones write (where those accept the conversation and handle it sensibly).</summary>
    [Theory]
    [InlineData("DeepSeek-V2", Architecture.DeepSeek, new string[0], "toolCall toolAnswer toolAnswer/open twoCalls spokenCall/open")]
    [InlineData("DeepSeek-V2.5", Architecture.DeepSeek, new[] { "<｜User｜>" }, "system turns turns/open empty thoughts toolsSystem toolCall toolAnswer toolAnswer/open twoCalls spokenCall/open")]
    [InlineData("DeepSeek-V3", Architecture.DeepSeek, new[] { "<｜User｜>" }, "thoughts toolCall toolAnswer toolAnswer/open twoCalls spokenCall/open")]
    [InlineData("DeepSeek-V3-0324", Architecture.DeepSeek, new[] { "<｜User｜>" }, "thoughts turns/open toolAnswer/open")]
    [InlineData("DeepSeek-V3.1", Architecture.DeepSeek, new[] { "<｜User｜>", "<think>", "<｜search▁begin｜>" }, "tools toolsSystem toolCall toolAnswer toolAnswer/open twoCalls spokenCall/open")]
    [InlineData("DeepSeek-R1", Architecture.DeepSeek, new[] { "<｜User｜>", "<think>" }, "toolCall toolAnswer toolAnswer/open twoCalls spokenCall/open")]
    [InlineData("DeepSeek-R1-Distill-Qwen", Architecture.Qwen2, new[] { "<｜User｜>", "<think>", "<|im_start|>" }, "twoCalls")]
    [InlineData("Qwen2.5", Architecture.Qwen2, new[] { "<|im_start|>" }, "one long unicode forged thoughts reasoning reasoningLast/open tools toolCall twoCalls spokenCall/open")]
    [InlineData("Qwen3", Architecture.Qwen3, new[] { "<|im_start|>", "<think>" }, "")]
    [InlineData("Llama-2", Architecture.Llama, new string[0], "toolCall toolAnswer toolAnswer/open twoCalls spokenCall/open")]
    [InlineData("Llama-3", Architecture.Llama, new[] { "<|start_header_id|>" }, "toolCall toolAnswer toolAnswer/open twoCalls")]
    [InlineData("Llama-3.1", Architecture.Llama, new[] { "<|start_header_id|>", "<|eom_id|>" }, "")]
    public void Default_matches_the_published_template(string name, Architecture architecture, string[] specialTokens, string except)
    {
        ChatTemplate template = ChatTemplates.DefaultFor(architecture, specialTokens.Contains);
        string[] left = except.Split(' ');
        JsonElement[] vectors = [.. Vectors.Conversations.Where(vector => Name(vector) == name && !left.Contains(Title(vector)))];
        Assert.NotEmpty(vectors);
        Assert.All(vectors, vector => AssertRenders(vector, template));
    }

    /// <summary>The copy of V3.1's template that we have describes no tools; all else of our default is as it writes.</summary>
    [Fact]
    public void Default_of_V31_differs_from_the_published_template_only_in_describing_tools()
    {
        ChatTemplate published = ChatTemplate.Parse(Vectors.ReadTemplate("DeepSeek-V3.1"));
        ChatTemplate ours = ChatTemplates.DefaultFor(Architecture.DeepSeek, spelling => spelling is "<｜User｜>" or "<think>" or "<｜search▁begin｜>");
        foreach (JsonElement vector in Vectors.Conversations.Where(vector => Name(vector) == "DeepSeek-V3.1"))
        {
            ChatTemplateInput input = Vectors.ToInput(vector) with { Tools = [] };
            Assert.Equal(published.Render(input).ToString(), ours.Render(input).ToString());
        }

        JsonElement tool = JsonDocument.Parse("""{"type": "function", "function": {"name": "f", "description": "Does.", "parameters": {"type": "object"}}}""").RootElement;
        string prompt = ours.Render(new ChatTemplateInput { Messages = [new("system", "S"), new("user", "U")], Tools = [tool] }).ToString();
        Assert.StartsWith(
            "S\n\n## Tools\nYou have access to the following tools:\n\n### f\nDescription: Does.\n\nParameters: {\"type\": \"object\"}\n\nIMPORTANT: ALWAYS adhere", prompt, StringComparison.Ordinal);
        Assert.EndsWith("directly without separators or spaces\n<｜User｜>U<｜Assistant｜></think>", prompt, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_enough_vectors()
    {
        Assert.True(Vectors.Language.Length >= 150);
        Assert.True(Vectors.Conversations.Count(vector => Vectors.HasTemplate(Name(vector))) >= 200);
        Assert.True(Vectors.Conversations.Count(vector => vector.GetProperty("oracles").GetString() == "both") >= 300);
    }

    /// <summary>A distillation speaks DeepSeek's format though its shape is Qwen's or Llama's.</summary>
    [Theory]
    [InlineData(Architecture.Qwen2)]
    [InlineData(Architecture.Llama)]
    [InlineData(Architecture.Qwen3)]
    public void Distillation_gets_the_format_of_R1(Architecture architecture) => Assert.Same(
        ChatTemplates.DefaultFor(Architecture.DeepSeek, spelling => DeepSeekMarks.Contains(spelling) || spelling == "<think>"),
        ChatTemplates.DefaultFor(architecture, DeepSeekMarks.Contains));

    [Fact]
    public void Error_names_the_line()
    {
        var problem = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("a\nb\n{% if x %}\n{{ 1 + }}\n{% endif %}"));
        Assert.Equal("Chat template, line 4: unexpected '}}'.", problem.Message);
        problem = Assert.Throws<ChatTemplateException>(() => Render("a\n\n{{ x.y }}", new ChatTemplateInput { Messages = [] }));
        Assert.Equal(3, problem.Line);
        Assert.Equal("Chat template, line 3: 'x' is undefined, so it has no 'y'.", problem.Message);
    }

    [Fact]
    public void Refusal_carries_the_words_of_the_template()
    {
        var problem = Assert.Throws<ChatTemplateException>(() => Render("{{ raise_exception('Only user and assistant.') }}", new ChatTemplateInput { Messages = [] }));
        Assert.Equal("it refuses the conversation: Only user and assistant", problem.Problem);
    }

    [Fact]
    public void Date_comes_from_the_input()
    {
        var input = new ChatTemplateInput { Messages = [], Now = new DateTimeOffset(2026, 3, 5, 7, 8, 9, TimeSpan.FromHours(2)) };
        Assert.Equal("05 Mar 2026|March 5 07:08:09 Thu 064 100% %q", Render("{{ strftime_now('%d %b %Y|%B %-d %H:%M:%S %a %j 100%% %q') }}", input));
    }

    /// <summary>Templates disagree on whether arguments are text or a mapping; ours are both.</summary>
    [Fact]
    public void Arguments_of_a_call_are_a_mapping_and_their_own_text()
    {
        var message = new TemplateMessage("assistant", null) { ToolCalls = [new TemplateToolCall("f", "{\"a\":1}"), new TemplateToolCall("g", "{broken")] };
        var input = new ChatTemplateInput { Messages = [message] };
        Assert.Equal(
            "x{\"a\":1} {\"a\": 1} False a=1; x{broken \"{broken\" True ",
            Render(
                "{% for c in messages[0].tool_calls %}{% set v = c.function.arguments %}{{ 'x' + v }} {{ v | tojson }} {{ v is string }} "
                + "{% if v is mapping %}{% for k, w in v | items %}{{ k }}={{ w }}; {% endfor %}{% endif %}{% endfor %}",
                input));
    }

    [Theory]
    [InlineData("{\"a\": \"\\ud800\"}")]
    [InlineData("{\"\\ud800\": 1}")]
    [InlineData("{\"a\": \"\ud800\"}")]
    [InlineData("")]
    [InlineData("[1]")]
    public void Malformed_arguments_stay_text(string arguments)
    {
        var message = new TemplateMessage("assistant", null) { ToolCalls = [new TemplateToolCall("f", arguments)] };
        Assert.Equal(arguments, Render("{{ messages[0].tool_calls[0].function.arguments }}", new ChatTemplateInput { Messages = [message] }));
    }

    /// <summary>Title of a conversation; "/open" where the prompt does not start the assistant's turn.</summary>
    private static string Title(JsonElement vector) => vector.GetProperty("title").GetString() + (vector.GetProperty("generation").GetBoolean() ? "" : "/open");

    private static string Name(JsonElement vector) => vector.GetProperty("template").GetString()!;

    private static void AssertRenders(JsonElement vector, ChatTemplate template)
    {
        if (Vectors.Expected(vector) is { } expected) Assert.Equal(expected, template.Render(Vectors.ToInput(vector)).ToString());
        else Assert.Throws<ChatTemplateException>(() => template.Render(Vectors.ToInput(vector)));
    }

    /// <summary>Snippets bring their messages among their variables.</summary>
    private static ChatTemplateInput WithMessages(ChatTemplateInput input) => input.Variables.TryGetValue("messages", out JsonElement messages)
        ? input with
        {
            Messages = [.. messages.EnumerateArray().Select(message => new TemplateMessage(message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()))],
        }
        : input;

    private static string Render(string template, ChatTemplateInput input) => ChatTemplate.Parse(template).Render(input).ToString();

    private static TheoryData<int, string> Cases(JsonElement[] vectors, Func<JsonElement, string> label, Func<JsonElement, bool>? filter = null)
    {
        var cases = new TheoryData<int, string>();
        for (int i = 0; i < vectors.Length; i++)
        {
            if (filter is null || filter(vectors[i])) cases.Add(i, label(vectors[i]));
        }

        return cases;
    }
}

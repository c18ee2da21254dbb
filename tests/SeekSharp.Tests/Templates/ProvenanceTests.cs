using System.Text.Json;
using SeekSharp.Templates;

namespace SeekSharp.Tests.Templates;

/// <summary>Nothing that a message, a tool or a variable says becomes a special token.</summary>
public class ProvenanceTests
{
    private const string Forged = "<|x|>";

    private static readonly string[] SpecialTokens =
    [
        "<|x|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
        "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>",
        "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", "<｜tool▁outputs▁begin｜>", "<｜tool▁outputs▁end｜>", "<｜tool▁output▁begin｜>", "<｜tool▁output▁end｜>",
        "<｜tool▁sep｜>", "<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>", "<s>", "</s>",
    ];

    private static readonly SpecialTokenSplitter Splitter = new(SpecialTokens);

    public static TheoryData<string> DerivedTexts() =>
    [
        "{{ content }}", "{{ content | trim }}", "{{ content.strip() }}", "{{ content | string | safe }}", "{{ content ~ '' }}", "{{ '' + content + '' }}",
        "{{ content | upper | lower }}", "{{ content[::-1][::-1] }}", "{{ content[0:] }}", "{{ content[0] ~ content[1:] }}", "{{ content | list | join }}",
        "{{ content.split('x') | join('x') }}", "{{ content | replace('x', 'x') }}", "{{ content.replace('y', 'z') }}", "{{ content | tojson }}",
        "{{ [content] | tojson }}", "{{ {content: content} | tojson(indent=2) }}", "{{ [content] }}", "{{ {content: 1} }}", "{{ content * 2 }}",
        "{{ content | reverse | reverse }}", "{{ [content] | first }}", "{{ [content, content] | unique | join }}", "{{ [content] | sort | last }}",
        "{{ [content] | map('trim') | join }}", "{{ content | indent }}", "{{ content | default('a') }}", "{{ missing | default(content) }}",
        "{{ (content, 1) | string }}", "{% set x = content %}{{ x }}", "{% set x %}{{ content }}{% endset %}{{ x }}", "{% filter trim %}{{ content }}{% endfilter %}",
        "{% macro m(t) %}{{ t }}{% endmacro %}{{ m(content) }}", "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ content }}{% endcall %}",
        "{% set ns = namespace(t=content) %}{{ ns.t }}", "{% for c in content %}{{ c }}{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}",
        "{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}", "{{ d }}", "{{ d | tojson }}", "{{ dict(**d) | list | first }}", "{{ dict(d) }}",
        "{% macro m() %}{% for k in kwargs %}{{ k }}{% endfor %}{% endmacro %}{{ m(**d) }}", "{{ d | dictsort }}", "{{ d.keys() | join }}",
        "{{ messages[0].content }}", "{{ messages[0].role }}", "{{ messages | map(attribute='content') | join('') }}", "{{ messages | groupby('content') }}",
        "{{ content.splitlines() | join }}", "{{ content.removeprefix('a') }}", "{{ content.lower().capitalize() }}", "{{ content | title | lower }}",
        "{{ content if true }}", "{{ content or 'a' }}", "{{ '<|' ~ content[2] ~ '|>' }}", "{{ '<' + content[1:] }}", "{{ content[:-1] + '>' }}",
        "<|{{ content[2] }}|>", "{{ '<|' }}{{ content[2:] }}", "{{ strftime_now(content) }}", "{{ '<|x' ~ n ~ '|>' }}", "{{ content | escape }}", "{{ content.join(['a', 'b']) }}",
        "{{ '|'.join([content[0], content[2], content[4]]) }}", "{{ {'a': content}['a'] }}", "{{ [1] | tojson(separators=(content, content)) }}",
    ];

    [Theory]
    [MemberData(nameof(DerivedTexts))]
    public void Text_derived_from_data_is_data(string template)
    {
        var input = new ChatTemplateInput
        {
            Messages = [new TemplateMessage(Forged, Forged)],
            Variables = new Dictionary<string, JsonElement> { ["content"] = Json($"\"{Forged}\""), ["d"] = Json($"{{\"{Forged}\": \"{Forged}\"}}"), ["n"] = Json("5") },
        };
        RenderedPrompt prompt = ChatTemplate.Parse(template).Render(input);
        Assert.NotEmpty(prompt.Segments);
        Assert.DoesNotContain(Splitter.Split(prompt.Segments), part => part.IsSpecial);
        Assert.DoesNotContain(new SpecialTokenSplitter(["<|x5|>"]).Split(prompt.Segments), part => part.IsSpecial);
    }

    /// <summary>What the template writes is special wherever it passes through, and so are the two tokens of the application.</summary>
    [Theory]
    [InlineData("<|x|>")]
    [InlineData("{{ '<|x|>' }}")]
    [InlineData("{{ '<|' + 'x|>' }}")]
    [InlineData("{{ '<|' }}x{{ '|>' }}")]
    [InlineData("{% set t = '<|x|>' %}{{ t | trim }}")]
    [InlineData("{{ '<|X|>' | lower }}")]
    [InlineData("{{ bos_token }}")]
    [InlineData("{{ eos_token[0:] }}")]
    public void Text_of_the_template_is_template(string template)
    {
        var input = new ChatTemplateInput { Messages = [], BeginningOfText = Forged, EndOfText = Forged };
        Assert.Equal([new PromptPart(Forged, true)], Splitter.Split(ChatTemplate.Parse(template).Render(input).Segments));
    }

    public static TheoryData<string> TemplateNames() =>
        [.. Vectors.Conversations.Select(vector => vector.GetProperty("template").GetString()!).Where(Vectors.HasTemplate).Distinct()];

    /// <summary>The special tokens of a prompt are the same whatever the messages say.</summary>
    [Theory]
    [MemberData(nameof(TemplateNames))]
    public void Special_tokens_do_not_depend_on_what_messages_say(string name)
    {
        ChatTemplate template = ChatTemplate.Parse(Vectors.ReadTemplate(name));
        string forged = string.Concat(SpecialTokens);
        foreach (JsonElement vector in Vectors.Conversations.Where(vector => vector.GetProperty("template").GetString() == name))
        {
            ChatTemplateInput input = Vectors.ToInput(vector);
            Assert.Equal(Specials(template, With(input, "a harmless text")), Specials(template, With(input, forged)));
        }
    }

    [Fact]
    public void Ordinary_text_of_both_origins_is_one_run()
    {
        TextSegment[] segments = [new("<|x|>a", true), new("b<|x|>", false), new("c<|", true), new("x|>", false), new("d<|x|>", true)];
        Assert.Equal([new(Forged, true), new("ab<|x|>c<|x|>d", false), new(Forged, true)], Splitter.Split(segments));
    }

    [Fact]
    public void Longest_special_token_wins_and_neighbours_of_one_origin_join()
    {
        var splitter = new SpecialTokenSplitter(["<a>", "<a><b>", "", "<a>"]);
        Assert.Equal([new PromptPart("<a><b>", true), new PromptPart("<a>", true)], splitter.Split([new("<a><", true), new("b><a>", true)]));
        Assert.Empty(splitter.Split([]));
        Assert.Equal([new PromptPart("<a>", false)], splitter.Split([new("<a", true), new("", false), new(">", false)]));
    }

    /// <summary>Segments are never empty, alternate in origin, and make up the text.</summary>
    [Fact]
    public void Segments_alternate()
    {
        RenderedPrompt prompt = ChatTemplate.Parse("a{{ 'b' }}{{ x }}{{ y }}c{{ x[:0] }}d").Render(new ChatTemplateInput
        {
            Messages = [],
            Variables = new Dictionary<string, JsonElement> { ["x"] = Json("\"1\""), ["y"] = Json("2") },
        });
        Assert.Equal([new TextSegment("ab", true), new TextSegment("12", false), new TextSegment("cd", true)], prompt.Segments);
        Assert.Equal("ab12cd", prompt.ToString());
    }

    private static ChatTemplateInput With(ChatTemplateInput input, string text) => input with
    {
        Messages =
        [
            .. input.Messages.Select(message => message with
            {
                Content = message.Content is null ? null : text,
                ReasoningContent = message.ReasoningContent is null ? null : text,
                ToolCalls = [.. message.ToolCalls.Select(call => new TemplateToolCall(text, $"{{\"{text}\": \"{text}\"}}"))],
            }),
        ],
        Tools = [.. input.Tools.Select(_ => Json($"{{\"type\": \"{text}\", \"function\": {{\"name\": \"{text}\", \"description\": \"{text}\", \"parameters\": {{\"{text}\": 1}}}}}}"))],
    };

    private static List<string> Specials(ChatTemplate template, ChatTemplateInput input) =>
        [.. Splitter.Split(template.Render(input).Segments).Where(part => part.IsSpecial).Select(part => part.Text)];

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}

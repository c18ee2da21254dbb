using System.Globalization;
using System.Text.Json;
using SeekSharp.Formats;
using SeekSharp.Planning.Chips;

namespace SeekSharp.Planning.Rules;

/// <summary>Reads the embedded rules.json. The file is part of this library: what is wrong with it is a bug, which tests find.</summary>
internal static class RuleReader
{
    private const string File = "rules.json";

    public static (IReadOnlyList<Rule> Rules, DateOnly AsOf) Read()
    {
        JsonFields root = JsonFields.Parse(File, EmbeddedFile.Read(File));
        return ([.. Objects(root, "rules").Select(ReadRule)], Day(root, "asOf") ?? throw root.Fail("key 'asOf' is missing"));
    }

    private static Rule ReadRule(JsonFields fields) => new()
    {
        Id = Text(fields, "id"),
        Title = Text(fields, "title"),
        Citation = Text(fields, "citation"),
        Kind = Choice<RuleKind>(fields, "kind"),
        Subject = Choice<RuleSubject>(fields, "subject"),
        Issued = Day(fields, "issued") ?? throw fields.Fail("key 'issued' is missing"),
        Published = Day(fields, "published"),
        Effective = Day(fields, "effective"),
        Compliance = Day(fields, "compliance"),
        NotEnforcedFrom = Day(fields, "notEnforcedFrom"),
        Until = Day(fields, "until"),
        Summary = Text(fields, "summary"),
        Source = Text(fields, "source"),
        Confidence = Choice<Confidence>(fields, "confidence"),
        Unclear = fields.TextOrNull("unclear"),
        Paragraphs = [.. Objects(fields, "paragraphs").Select(ReadParagraph)],
        Scopes = [.. Objects(fields, "scopes").Select(ReadScope)],
        Exceptions = [.. Objects(fields, "exceptions").Select(ReadException)],
        Changes = fields.TextsOrNull("changes") ?? [],
        Names = fields.TextsOrNull("names") ?? [],
    };

    private static RuleParagraph ReadParagraph(JsonFields fields)
    {
        if (!fields.TryGet("any", out JsonElement any)) throw fields.Fail("key 'any' is missing");
        return new RuleParagraph(
            Text(fields, "name"),
            [.. any.EnumerateArray().Select(list => (IReadOnlyList<Condition>)[.. list.EnumerateArray().Select(text => Condition.Parse(text.GetString()!))])],
            Conditions(fields, "unless"),
            fields.TextOrNull("unlessName") ?? "");
    }

    private static RuleScope ReadScope(JsonFields fields) => new(
        Countries(fields),
        Text(fields, "policy"),
        fields.Boolean("free"),
        fields.NumberOrNull("countryCap"),
        fields.NumberOrNull("consigneeCap"),
        fields.TextOrNull("capText"));

    private static RuleException ReadException(JsonFields fields) => new(
        Text(fields, "name"),
        Conditions(fields, "when"),
        fields.TextsOrNull("paragraphs") ?? [],
        Countries(fields),
        Text(fields, "text"));

    private static RuleCountries Countries(JsonFields fields) => new(
        fields.TextsOrNull("to") ?? throw fields.Fail("key 'to' is missing"),
        fields.TextsOrNull("not") ?? [],
        fields.Boolean("headquarters"),
        Day(fields, "from"),
        Day(fields, "until"));

    private static IReadOnlyList<Condition> Conditions(JsonFields fields, string key) => [.. (fields.TextsOrNull(key) ?? []).Select(Condition.Parse)];

    private static IEnumerable<JsonFields> Objects(JsonFields fields, string key) =>
        fields.TryGet(key, out JsonElement array) ? array.EnumerateArray().Select(item => JsonFields.Parse(File, item.GetRawText())) : [];

    private static string Text(JsonFields fields, string key) => fields.TextOrNull(key) ?? throw fields.Fail($"key '{key}' is missing");

    private static DateOnly? Day(JsonFields fields, string key) =>
        fields.TextOrNull(key) is { } text ? DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture) : null;

    private static T Choice<T>(JsonFields fields, string key) where T : struct, Enum =>
        Enum.TryParse(Text(fields, key), ignoreCase: true, out T value) ? value : throw fields.Fail($"key '{key}' has an unknown value");
}

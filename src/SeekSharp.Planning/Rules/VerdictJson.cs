using System.Text.Json;

namespace SeekSharp.Planning.Rules;

/// <summary>Verdicts and rules as JSON.</summary>
public static class VerdictJson
{
    /// <summary>Writes the properties of a verdict into the object that is open.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="verdict">The verdict.</param>
    public static void Write(Utf8JsonWriter writer, Verdict verdict)
    {
        writer.WriteString("item", verdict.Item);
        writer.WriteString("on", verdict.On.Iso());
        writer.WriteString("to", verdict.To.Country.Name);
        writer.WriteString("headquarters", verdict.To.Headquarters?.Name);
        if (verdict.Controlled is { } controlled) writer.WriteBoolean("controlled", controlled);
        else writer.WriteNull("controlled");
        writer.WriteString("paragraph", verdict.Paragraph);
        writer.WriteString("rule", verdict.Rule?.Id);
        writer.WriteString("policy", verdict.Policy);
        WriteTexts(writer, "exceptions", verdict.Exceptions);
        writer.WriteString("why", verdict.Why);
        writer.WriteStartArray("margins");
        foreach (Margin margin in verdict.Findings.Where(finding => finding.Status == RuleStatus.InForce).SelectMany(finding => finding.Margins)) Write(writer, margin);
        writer.WriteEndArray();
        writer.WriteStartArray("rules");
        foreach (RuleFinding finding in verdict.Findings) Write(writer, finding);
        writer.WriteEndArray();
        WriteTexts(writer, "notes", verdict.Notes);
        writer.WriteString("confidence", verdict.Confidence.ToString().ToLowerInvariant());
        writer.WriteString("disclaimer", Verdict.Disclaimer);
    }

    /// <summary>Writes a rule as an object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="on">The day whose status is written.</param>
    public static void Write(Utf8JsonWriter writer, Rule rule, DateOnly on)
    {
        writer.WriteStartObject();
        WriteRule(writer, rule, rule.StatusOn(on));
        writer.WriteString("summary", rule.Summary);
        writer.WriteString("source", rule.Source);
        writer.WriteString("confidence", rule.Confidence.ToString().ToLowerInvariant());
        writer.WriteString("unclear", rule.Unclear);
        writer.WriteEndObject();
    }

    internal static string Words(RuleStatus status) => status switch
    {
        RuleStatus.NotIssued => "not issued",
        RuleStatus.Issued => "issued",
        RuleStatus.InForce => "in force",
        RuleStatus.NotEnforced => "not enforced",
        _ => "ended",
    };

    private static void Write(Utf8JsonWriter writer, RuleFinding finding)
    {
        writer.WriteStartObject();
        WriteRule(writer, finding.Rule, finding.Status);
        if (finding.Controls is { } controls) writer.WriteBoolean("controlled", controls);
        else writer.WriteNull("controlled");
        writer.WriteString("paragraph", finding.Paragraph);
        writer.WriteBoolean("reachesDestination", finding.Reaches);
        writer.WriteString("policy", finding.Policy);
        WriteTexts(writer, "exceptions", finding.Exceptions);
        writer.WriteString("why", finding.Why);
        writer.WriteEndObject();
    }

    private static void WriteRule(Utf8JsonWriter writer, Rule rule, RuleStatus status)
    {
        writer.WriteString("id", rule.Id);
        writer.WriteString("title", rule.Title);
        writer.WriteString("citation", rule.Citation);
        writer.WriteString("kind", rule.Kind.ToString().ToLowerInvariant());
        writer.WriteString("subject", rule.Subject.ToString().ToLowerInvariant());
        writer.WriteString("status", Words(status));
        writer.WriteString("issued", rule.Issued.Iso());
        writer.WriteString("published", rule.Published?.Iso());
        writer.WriteString("effective", rule.Effective?.Iso());
        writer.WriteString("compliance", (rule.Compliance ?? rule.Effective)?.Iso());
        writer.WriteString("notEnforcedFrom", rule.NotEnforcedFrom?.Iso());
        writer.WriteString("until", rule.Until?.Iso());
    }

    private static void Write(Utf8JsonWriter writer, Margin margin)
    {
        writer.WriteStartObject();
        writer.WriteString("rule", margin.Rule);
        writer.WriteString("paragraph", margin.Paragraph);
        writer.WriteString("measure", margin.Measure.JsonName());
        if (margin.Value is { } value) writer.WriteNumber("value", Math.Round(value, 2));
        else writer.WriteNull("value");
        writer.WriteString("comparison", margin.Comparison);
        writer.WriteNumber("threshold", margin.Threshold);
        if (margin.Difference is { } difference) writer.WriteNumber("difference", Math.Round(difference, 2));
        else writer.WriteNull("difference");
        if (margin.IsMet is { } met) writer.WriteBoolean("met", met);
        else writer.WriteNull("met");
        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts) writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}

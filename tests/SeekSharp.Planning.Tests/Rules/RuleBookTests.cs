using System.Globalization;
using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Rules;

namespace SeekSharp.Planning.Tests.Rules;

public sealed class RuleBookTests
{
    /// <summary>The line "Rule tests" under the reference's table of chips (deepseek.md §5.2), and the same chips on other days and for other destinations.</summary>
    [Theory]
    // A100: 600 GB/s and TPP 4,992; 3A090 took effect on 21 October 2022 (§5.1)
    [InlineData("A100", "2022-10-06", "China", false, null)]
    [InlineData("A100", "2022-10-20", "China", false, null)]
    [InlineData("A100", "2022-10-21", "China", true, "3A090")]
    [InlineData("A100", "2023-11-16", "China", true, "3A090")]
    [InlineData("A100", "2023-11-17", "China", true, "3A090.a")]
    [InlineData("A100", "2022-11-01", "Russia", false, null)]
    [InlineData("A100", "2022-11-01", "Macau", false, null)]
    [InlineData("A100", "2023-02-01", "Macau", true, "3A090")]
    [InlineData("A100", "2022-11-01", "Hong Kong", true, "3A090")]
    // A800 and H800: 400 GB/s pass in 2022, TPP of 4,992 and 15,832 fail in 2023
    [InlineData("A800", "2022-11-01", "China", false, null)]
    [InlineData("A800", "2023-11-16", "China", false, null)]
    [InlineData("A800", "2023-11-17", "China", true, "3A090.a")]
    [InlineData("H800", "2022-11-01", "China", false, null)]
    [InlineData("H800", "2023-11-18", "China", true, "3A090.a")]
    [InlineData("H100", "2022-11-01", "China", true, "3A090")]
    // H20: TPP 2,368 is below 2,400, density 2.91 below 3.2; letter of 9 April 2025
    [InlineData("H20", "2023-11-18", "China", false, null)]
    [InlineData("H20", "2025-04-08", "China", false, null)]
    [InlineData("H20", "2025-04-09", "China", true, "is-informed letter of 9 April 2025")]
    [InlineData("H20", "2025-09-01", "Macau", true, "is-informed letter of 9 April 2025")]
    [InlineData("H20", "2025-09-01", "United Arab Emirates", false, null)]
    [InlineData("H20", "2025-09-01", "United Kingdom", false, null)]
    // L20: density 3.14 is below 3.2, TPP 1,912 below 2,400
    [InlineData("L20", "2023-11-18", "China", false, null)]
    [InlineData("L20", "2025-06-01", "China", false, null)]
    [InlineData("L40S", "2023-11-18", "China", true, "3A090.a")]
    [InlineData("L40S", "2023-11-16", "China", false, null)]
    [InlineData("RTX 4090", "2023-11-16", "China", false, null)]
    [InlineData("RTX 4090", "2023-11-17", "China", true, "3A090.a")]
    // 4090D: TPP 4,707, and note 2 leaves out what is not for data centres below 4,800
    [InlineData("RTX 4090D", "2023-11-18", "China", false, null)]
    [InlineData("RTX 4090D", "2026-06-01", "China", false, null)]
    [InlineData("MI300X", "2022-11-01", "China", true, "3A090")]
    [InlineData("MI300X", "2023-11-18", "China", true, "3A090.a")]
    [InlineData("B200", "2024-06-01", "China", true, "3A090.a")]
    [InlineData("H200", "2025-06-01", "China", true, "3A090.a")]
    [InlineData("H200", "2026-06-01", "China", true, "3A090.a")]
    [InlineData("H200", "2026-06-01", "United Kingdom", false, null)]
    // allies: never
    [InlineData("A100", "2022-11-01", "United Kingdom", false, null)]
    [InlineData("H100", "2023-11-18", "UK", false, null)]
    [InlineData("H100", "2025-03-01", "GB", false, null)]
    [InlineData("H100", "2025-06-01", "Taiwan", false, null)]
    [InlineData("B200", "2026-06-01", "Germany", false, null)]
    // groups D:1 and D:4 since 2023; A:6 is left out
    [InlineData("H100", "2023-11-16", "Saudi Arabia", false, null)]
    [InlineData("H100", "2023-11-17", "Saudi Arabia", true, "3A090.a")]
    [InlineData("H100", "2023-11-17", "Vietnam", true, "3A090.a")]
    [InlineData("H100", "2023-11-17", "Israel", false, null)]
    [InlineData("H100", "2023-11-17", "Iran", true, "3A090.a")]
    [InlineData("H100", "2023-11-17", "Brazil", false, null)]
    // AI Diffusion: in force from 13 January 2025, not enforced from 13 May
    [InlineData("H100", "2025-01-12", "Brazil", false, null)]
    [InlineData("H100", "2025-01-13", "Brazil", true, "3A090.a")]
    [InlineData("H100", "2025-05-12", "Brazil", true, "3A090.a")]
    [InlineData("H100", "2025-05-13", "Brazil", false, null)]
    [InlineData("H100", "2025-05-16", "India", false, null)]
    [InlineData("H20", "2025-03-01", "Brazil", false, null)]
    [InlineData("RTX 4090D", "2025-03-01", "Brazil", false, null)]
    // low-confidence chips by the same arithmetic
    [InlineData("Ascend 910B", "2022-11-01", "China", false, null)]
    [InlineData("Ascend 910B", "2023-11-18", "Malaysia", false, null)]
    [InlineData("TPU v5p", "2023-12-01", "China", true, "3A090.a")]
    public void Chips_are_judged_by_day_and_destination(string chip, string on, string to, bool controlled, string? paragraph)
    {
        Verdict verdict = Judge(chip, on, to);
        Assert.Equal((controlled, paragraph), (verdict.Controlled, verdict.Paragraph));
        Assert.NotEqual("", verdict.Why);
        Assert.Equal(controlled, verdict.Rule is not null);
        Assert.Equal(controlled, verdict.Policy is not null);
    }

    /// <summary>The reference: H200 (15,832; 4.8 TB/s) and MI300X (20,919; 5.3 TB/s) meet TPP below 21,000 and DRAM below 6,500 GB/s; B200 (36,000; 8 TB/s) does not.</summary>
    [Theory]
    [InlineData("H200", "2026-01-15", "China", "case-by-case")]
    [InlineData("H200", "2026-01-14", "China", "presumption of denial")]
    [InlineData("H200", "2025-12-09", "China", "presumption of denial")]
    [InlineData("MI300X", "2026-02-01", "China", "case-by-case")]
    [InlineData("MI300X", "2026-02-01", "Macau", "case-by-case")]
    [InlineData("B200", "2026-02-01", "China", "presumption of denial")]
    [InlineData("H200", "2026-02-01", "Iran", "presumption of denial")]
    [InlineData("H200", "2026-02-01", "Saudi Arabia", "presumption of approval")]
    [InlineData("H20", "2025-04-10", "China", "licence required")]
    [InlineData("H20", "2025-09-01", "China", "licences granted")]
    public void Licences_follow_the_policy_of_the_day(string chip, string on, string to, string policy) =>
        Assert.StartsWith(policy, Judge(chip, on, to).Policy, StringComparison.Ordinal);

    [Fact]
    public void What_does_not_fit_the_window_of_2026_is_said_with_its_margin()
    {
        Verdict verdict = Judge("B200", "2026-02-01", "China");
        Assert.Contains(verdict.Notes, note => note.Contains("TPP 36,000 is 15,000 over 21,000", StringComparison.Ordinal));
        Margin[] margins = [.. verdict.Findings.Single(finding => finding.Rule.Id == "2026-01").Margins];
        Assert.Equal([(15_000.0, false), (1_500.0, false)], margins.Select(margin => (margin.Difference!.Value, margin.IsMet!.Value)));
    }

    [Fact]
    public void Consumer_chips_above_the_threshold_are_eligible_for_the_exception()
    {
        Assert.Contains("NAC-eligible", Assert.Single(Judge("RTX 4090", "2023-11-18", "China").Exceptions), StringComparison.Ordinal);
        Assert.Contains("NAC-eligible", Assert.Single(Judge("RTX 4090", "2024-01-01", "Vietnam").Exceptions), StringComparison.Ordinal);
        // 89 FR 23876: NAC for Macau and group D:5, ACA for the others
        Assert.Contains("ACA-eligible", Assert.Single(Judge("RTX 4090", "2024-04-04", "Vietnam").Exceptions), StringComparison.Ordinal);
        Assert.Contains("NAC-eligible", Assert.Single(Judge("RTX 4090", "2024-04-04", "China").Exceptions), StringComparison.Ordinal);
        Assert.Empty(Judge("L40S", "2023-11-18", "China").Exceptions);
    }

    [Fact]
    public void Companies_are_judged_by_their_headquarters()
    {
        Country malaysia = CountryList.Find("Malaysia"), china = CountryList.China;
        Chip chip = ChipCatalog.Default.Find("H100");
        Assert.False(RuleBook.Judge(chip, Day("2024-06-01"), new Destination(malaysia)).Controlled);
        Verdict verdict = RuleBook.Judge(chip, Day("2024-06-01"), new Destination(malaysia, china));
        Assert.Equal((true, "presumption of denial"), (verdict.Controlled, verdict.Policy));
        Assert.Equal("Malaysia, for a company headquartered in China", verdict.To.ToString());
        // In 2022 only the destination counted.
        Assert.False(RuleBook.Judge(chip, Day("2022-11-01"), new Destination(malaysia, china)).Controlled);
        // The window of 2026 is for China and Macau.
        Assert.Equal("presumption of denial", RuleBook.Judge(ChipCatalog.Default.Find("H200"), Day("2026-02-01"), new Destination(malaysia, china)).Policy);
        Assert.Equal("presumption of denial", RuleBook.Judge(ChipCatalog.Default.Find("H200"), Day("2026-02-01"), new Destination(china, CountryList.Find("Iran"))).Policy);
    }

    [Fact]
    public void Margins_say_by_how_much()
    {
        Verdict verdict = Judge("H20", "2024-01-01", "China");
        Assert.Equal(-32, verdict.Findings[^1].Margins.Single(margin => margin is { Measure: Measure.TotalProcessingPerformance, Threshold: 2400 }).Difference!.Value, 1e-9);
        Assert.Equal(-0.291, verdict.Findings[^1].Margins.Single(margin => margin is { Measure: Measure.PerformanceDensity, Threshold: 3.2 }).Difference!.Value, 1e-3);
        Assert.Contains("TPP 2,368 is 32 under 2,400", verdict.Why, StringComparison.Ordinal);
        Assert.Contains("performance density 2.91 is 0.29 under 3.2", verdict.Why, StringComparison.Ordinal);
        Assert.Contains("link bandwidth 400 GB/s is 200 GB/s under 600 GB/s", Judge("H800", "2022-11-01", "China").Why, StringComparison.Ordinal);
        Assert.Contains("note 2 to 3A090", Judge("RTX 4090D", "2024-01-01", "China").Why, StringComparison.Ordinal);
        Assert.Contains("United Kingdom is no destination", Judge("H100", "2024-01-01", "UK").Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_figure_leaves_the_answer_open()
    {
        // The bandwidth of Google's links is not in the data; what depends on it cannot be told.
        Verdict verdict = Judge("TPU v5p", "2022-11-01", "China");
        Assert.Null(verdict.Controlled);
        Assert.Contains("link bandwidth is unknown", verdict.Why, StringComparison.Ordinal);
        Assert.False(Judge("TPU v5p", "2022-11-01", "UK").Controlled);
        // Without die area the first threshold of 3A090.a still decides.
        Assert.True(Judge("MI300X", "2024-01-01", "China").Controlled);
    }

    [Fact]
    public void Rules_on_their_way_and_rules_that_are_not_enforced_are_named()
    {
        Assert.Contains(Judge("A100", "2022-10-10", "China").Notes, note => note.Contains("takes effect on 21 October 2022", StringComparison.Ordinal));
        Assert.Contains(Judge("A100", "2022-10-10", "China").Notes, note => note.Contains("BIS informs NVIDIA", StringComparison.Ordinal));
        Assert.Contains(Judge("H100", "2025-03-01", "Brazil").Notes, note => note.Contains("need not be complied with before 15 May 2025", StringComparison.Ordinal));
        Assert.Contains(Judge("H100", "2025-06-01", "Brazil").Notes, note => note.Contains("not enforced since 13 May 2025", StringComparison.Ordinal));
        Assert.Contains(Judge("H200", "2026-01-14", "China").Notes, note => note.Contains("takes effect on 15 January 2026", StringComparison.Ordinal));
        Assert.Contains(Judge("H100", "2024-01-01", "Iran").Notes, note => note.Contains("forbid nearly all exports to Iran", StringComparison.Ordinal));
        Assert.Contains(Judge("H100", "2099-01-01", "China").Notes, note => note.Contains("These data end", StringComparison.Ordinal));
    }

    [Fact]
    public void Caps_are_given_in_chips()
    {
        // deepseek.md §5.1: 790M TPP a country are 49,899 H100, 26.9M TPP a year and consignee 1,699
        Assert.Contains("about 49,899 and 1,699 of these chips", Assert.Single(Judge("H100", "2025-03-01", "Brazil").Exceptions), StringComparison.Ordinal);
        Assert.Empty(Judge("H100", "2025-03-01", "China").Exceptions);
    }

    [Theory]
    [InlineData(1e26, false, "2025-03-01", "China", true, "presumption of denial")]
    [InlineData(1e26, false, "2025-01-12", "China", false, null)]
    [InlineData(1e26, false, "2025-01-13", "India", true, "licence")]
    [InlineData(1e26, false, "2025-05-13", "China", false, null)]
    [InlineData(1e26, false, "2025-03-01", "United Kingdom", false, null)]
    [InlineData(1e26, true, "2025-03-01", "China", false, null)]
    [InlineData(9.99e25, false, "2025-03-01", "China", false, null)]
    [InlineData(3.3e24, false, "2025-03-01", "China", false, null)] // 6 · 36.7e9 · 14.8e12: DeepSeek-V3
    public void Weights_of_large_closed_models_are_controlled(double operations, bool isOpen, string on, string to, bool controlled, string? policy)
    {
        Verdict verdict = RuleBook.JudgeWeights(operations, isOpen, Day(on), new Destination(CountryList.Find(to)));
        Assert.Equal((controlled, controlled ? "4E091" : null), (verdict.Controlled, verdict.Paragraph));
        if (policy is null) Assert.Null(verdict.Policy);
        else Assert.StartsWith(policy, verdict.Policy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(819, 110, "2024-12-02", "China", true)] // HBM3: 7.4 GB/s per mm2
    [InlineData(819, 110, "2024-12-01", "China", false)]
    [InlineData(819, 110, "2024-12-02", "South Korea", false)]
    [InlineData(220, 110, "2024-12-02", "China", false)] // 2 is not above 2
    [InlineData(300, 110, "2024-12-02", "Macau", true)]
    public void Memory_is_judged_by_its_density(double bandwidth, double area, string on, string to, bool controlled)
    {
        Verdict verdict = RuleBook.JudgeMemory(bandwidth * 1e9, area, Day(on), new Destination(CountryList.Find(to)));
        Assert.Equal((controlled, controlled ? "3A090.c" : null), (verdict.Controlled, verdict.Paragraph));
        // exception HBM: below 3.3
        Assert.Equal(controlled && bandwidth / area < 3.3, verdict.Exceptions.Count > 0);
    }

    [Fact]
    public void Figures_that_make_no_sense_get_one_sentence()
    {
        foreach (double operations in new[] { 0, -1, double.NaN, double.PositiveInfinity })
            Assert.Throws<PlanningException>(() => RuleBook.JudgeWeights(operations, false, Day("2025-03-01"), new Destination(CountryList.China)));
        Assert.Throws<PlanningException>(() => RuleBook.JudgeMemory(1e12, 0, Day("2025-03-01"), new Destination(CountryList.China)));
    }

    /// <summary>Dates of deepseek.md §5.1.</summary>
    [Theory]
    [InlineData("2022-10", "2022-10-07", "2022-10-13", "2022-10-21", null)]
    [InlineData("2023-10", "2023-10-17", "2023-10-25", "2023-11-17", null)]
    [InlineData("2024-12", "2024-12-02", null, "2024-12-02", null)]
    [InlineData("2025-01-diffusion", "2025-01-13", "2025-01-15", "2025-01-13", "2025-05-15")]
    [InlineData("2025-01-weights", "2025-01-13", "2025-01-15", "2025-01-13", "2025-05-15")]
    [InlineData("2025-04-letter", "2025-04-09", null, "2025-04-09", null)]
    [InlineData("2026-01", "2026-01-13", "2026-01-15", "2026-01-15", null)]
    public void Rules_have_their_dates(string id, string issued, string? published, string effective, string? compliance)
    {
        Rule rule = RuleBook.Rules.Single(rule => rule.Id == id);
        Assert.Equal((Day(issued), Day(effective)), (rule.Issued, rule.Effective));
        if (published is not null) Assert.Equal(Day(published), rule.Published);
        if (compliance is not null) Assert.Equal((Day(compliance), Day("2025-05-13")), (rule.Compliance, rule.NotEnforcedFrom));
    }

    [Fact]
    public void The_data_are_complete_and_in_order()
    {
        Assert.Equal(RuleBook.Rules.Select(rule => rule.Issued).Order(), RuleBook.Rules.Select(rule => rule.Issued));
        Assert.Equal(RuleBook.Rules.Count, RuleBook.Rules.Select(rule => rule.Id).Distinct().Count());
        HashSet<string> places = [.. CountryList.All.Select(country => country.Code), "D:1", "D:4", "D:5", "A:5", "A:6", "allies", "*"];
        foreach (Rule rule in RuleBook.Rules)
        {
            Assert.NotEqual("", rule.Source);
            Assert.True(!rule.Source.Contains("memory", StringComparison.Ordinal) || rule.Confidence != Confidence.High, rule.Id);
            Assert.All(rule.Changes, id => Assert.Contains(RuleBook.Rules, other => other.Id == id));
            Assert.All(rule.Names, name => Assert.Equal(name, ChipCatalog.Default.Find(name).Name));
            Assert.All(rule.Scopes.Select(scope => scope.Countries).Concat(rule.Exceptions.Select(exception => exception.Countries)), countries =>
                Assert.All(countries.To.Concat(countries.Not), place => Assert.Contains(place, places)));
            Assert.All(rule.Exceptions.SelectMany(exception => exception.Paragraphs), name => Assert.Contains(rule.Paragraphs, paragraph => paragraph.Name == name));
        }
    }

    private static Verdict Judge(string chip, string on, string to) =>
        RuleBook.Judge(ChipCatalog.Default.Find(chip), Day(on), new Destination(CountryList.Find(to)));

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}

using SeekSharp.Planning.Rules;

namespace SeekSharp.Planning.Tests.Rules;

public sealed class CountryListTests
{
    [Theory]
    [InlineData("china", "CN")]
    [InlineData("PRC", "CN")]
    [InlineData("Hong Kong", "CN")]
    [InlineData("macao", "MO")]
    [InlineData("uk", "GB")]
    [InlineData("United Kingdom", "GB")]
    [InlineData("south-korea", "KR")]
    [InlineData("tw", "TW")]
    [InlineData("Türkiye", "TR")]
    public void Finds_countries_as_people_write_them(string name, string code) => Assert.Equal(code, CountryList.Find(name).Code);

    [Fact]
    public void Unknown_ones_get_one_sentence() =>
        Assert.Contains("Germany", Assert.Throws<PlanningException>(() => CountryList.Find("Germny")).Message, StringComparison.Ordinal);

    [Fact]
    public void The_allies_are_the_eighteen_of_the_rule()
    {
        // deepseek.md §5.1, 90 FR 4544
        string[] allies = [.. CountryList.All.Where(country => country.Groups(new DateOnly(2025, 3, 1)).Contains("allies")).Select(country => country.Code)];
        Assert.Equal("AU BE CA DE DK ES FI FR GB IE IT JP KR NL NO NZ SE TW".Split(' '), allies);
    }

    [Fact]
    public void Groups_change_with_time()
    {
        // 91 FR 5091: Cambodia leaves group D:5 on 3 February 2026; Nicaragua enters it in March 2024
        Country cambodia = CountryList.Find("Cambodia"), nicaragua = CountryList.Find("Nicaragua");
        Assert.Contains("D:5", cambodia.Groups(new DateOnly(2026, 2, 2)));
        Assert.DoesNotContain("D:5", cambodia.Groups(new DateOnly(2026, 2, 3)));
        Assert.DoesNotContain("D:5", nicaragua.Groups(new DateOnly(2024, 3, 14)));
        Assert.Contains("D:5", nicaragua.Groups(new DateOnly(2024, 3, 15)));
    }
}

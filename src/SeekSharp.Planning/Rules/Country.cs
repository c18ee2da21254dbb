namespace SeekSharp.Planning.Rules;

/// <summary>A destination of exports. Hong Kong counts as China, Macau by itself.</summary>
public sealed record Country
{
    private readonly IReadOnlyList<(string Group, DateOnly? From, DateOnly? Until)> _groups;

    internal Country(string code, string name, IReadOnlyList<string> otherNames, IReadOnlyList<(string Group, DateOnly? From, DateOnly? Until)> groups)
    {
        (Code, Name, OtherNames, _groups) = (code, name, otherNames, groups);
    }

    /// <summary>ISO 3166 code of two letters.</summary>
    public string Code { get; }

    /// <summary>English name.</summary>
    public string Name { get; }

    /// <summary>Other names that people use.</summary>
    public IReadOnlyList<string> OtherNames { get; }

    /// <summary>The country groups of the export regulations on a day: "D:1", "D:4", "D:5", "A:5", "A:6", "E"; "allies" for the 18 of AI Diffusion.</summary>
    /// <param name="on">The day.</param>
    public IEnumerable<string> Groups(DateOnly on) =>
        _groups.Where(member => !(member.From > on) && !(member.Until <= on)).Select(member => member.Group);

    /// <summary>Whether the country is one of a list of codes and groups; "*" is every country.</summary>
    internal bool IsIn(IReadOnlyList<string> list, DateOnly on) => list.Contains("*") || list.Contains(Code) || Groups(on).Any(list.Contains);
}

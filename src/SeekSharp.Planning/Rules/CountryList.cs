using System.Globalization;
using System.Text.Json;
using SeekSharp.Formats;

namespace SeekSharp.Planning.Rules;

/// <summary>The countries with their groups, from the embedded countries.json.</summary>
public static class CountryList
{
    private static readonly Lazy<Dictionary<string, Country>> ByName = new(() =>
    {
        Dictionary<string, Country> names = [];
        foreach (Country country in All!)
            foreach (string name in (string[])[country.Code, country.Name, .. country.OtherNames]) names[NearNames.Plain(name)] = country;
        return names;
    });

    /// <summary>All countries, by code.</summary>
    public static IReadOnlyList<Country> All { get; } = Read();

    /// <summary>The destination that the rules are about.</summary>
    public static Country China => Find("CN");

    /// <summary>Finds a country by name, code or a name that people use; case does not matter.</summary>
    /// <param name="name">Such as "China", "uk", "TW".</param>
    /// <exception cref="PlanningException">There is no such country; the message has the nearest names.</exception>
    public static Country Find(string name)
    {
        if (ByName.Value.TryGetValue(NearNames.Plain(name), out Country? country)) return country;
        IReadOnlyList<string> nearest = NearNames.Nearest(name, All.SelectMany(known => (string[])[known.Name, .. known.OtherNames]), 3);
        throw new PlanningException($"There is no country '{name}'; the nearest names are {string.Join(", ", nearest)}.");
    }

    private static List<Country> Read()
    {
        JsonFields root = JsonFields.Parse("countries.json", EmbeddedFile.Read("countries.json"));
        Dictionary<string, List<(string, DateOnly?, DateOnly?)>> groups = [];
        foreach (JsonProperty group in root.ObjectOrNull("groups")!.Enumerate())
        {
            foreach (string member in group.Value.GetString()!.Split(' '))
            {
                string code = member[..2], bound = member[2..];
                var (from, until) = bound.StartsWith(">=", StringComparison.Ordinal) ? ((DateOnly?)Day(bound[2..]), (DateOnly?)null)
                    : bound.StartsWith('<') ? (null, Day(bound[1..]))
                    : (null, null);
                if (!groups.TryGetValue(code, out var list)) groups.Add(code, list = []);
                list.Add((group.Name, from, until));
            }
        }

        List<Country> countries = [];
        foreach (JsonProperty country in root.ObjectOrNull("countries")!.Enumerate())
        {
            string[] names = country.Value.GetString()!.Split('|');
            countries.Add(new Country(country.Name, names[0], names[1..], groups.GetValueOrDefault(country.Name) ?? []));
        }

        return countries;
    }

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}

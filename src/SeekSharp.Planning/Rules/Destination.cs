namespace SeekSharp.Planning.Rules;

/// <summary>Where something goes, and whose company gets it.</summary>
/// <param name="Country">The country.</param>
/// <param name="Headquarters">Where the company or its ultimate parent has its headquarters; null: in the country.</param>
public sealed record Destination(Country Country, Country? Headquarters = null)
{
    /// <summary>"China", "Malaysia, for a company headquartered in China".</summary>
    public override string ToString() => Headquarters is null ? Country.Name : $"{Country.Name}, for a company headquartered in {Headquarters.Name}";
}

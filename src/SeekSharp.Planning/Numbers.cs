using System.Globalization;

namespace SeekSharp.Planning;

/// <summary>Numbers and days in texts, the same for every reader.</summary>
internal static class Numbers
{
    public static string Invariant(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>"21 October 2022".</summary>
    public static string Words(this DateOnly day) => day.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>"2022-10-21".</summary>
    public static string Iso(this DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

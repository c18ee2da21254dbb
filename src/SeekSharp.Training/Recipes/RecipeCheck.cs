using System.Buffers;
using System.Globalization;
using System.Numerics;

namespace SeekSharp.Training.Recipes;

/// <summary>Checks values of a recipe; what is wrong ends in one sentence with file and setting.</summary>
/// <param name="source">The file.</param>
/// <param name="prefix">Where the settings stand, "stages[2].".</param>
internal sealed class RecipeCheck(string source, string prefix)
{
    private static readonly SearchValues<char> s_letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    /// <summary>Checks that a number lies in a range, both ends included.</summary>
    public void Range<T>(T value, T least, T most, string setting) where T : INumber<T>
    {
        if (!(value >= least && value <= most))
            throw Wrong(setting, string.Create(CultureInfo.InvariantCulture, $"is {value}; it must be from {least} to {most}"));
    }

    /// <summary>Checks that something holds.</summary>
    public void Require(bool holds, string setting, string otherwise)
    {
        if (!holds) throw Wrong(setting, otherwise);
    }

    /// <summary>Checks a name that becomes a folder's.</summary>
    public void Name(string name, string setting) => Require(
        name.Length is > 0 and <= 60 && name.AsSpan().IndexOfAnyExcept(s_letters) < 0 && name[0] != '.',
        setting,
        $"is '{name}'; it must be made of letters, digits, '-', '_' and '.'");

    /// <summary>What is wrong with a setting.</summary>
    public RecipeException Wrong(string setting, string what) => new($"{source}: '{prefix}{setting}' {what}.");
}

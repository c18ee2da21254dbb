namespace SeekSharp.Planning.Chips;

/// <summary>The chips that plans are made with: those of the embedded chips.json, and the user's own.</summary>
public sealed class ChipCatalog
{
    private static readonly Lazy<ChipCatalog> Own = new(() => new ChipCatalog(ChipReader.Read("chips.json", EmbeddedFile.Read("chips.json"))));

    private readonly Dictionary<string, Chip> _byName;

    private ChipCatalog(IReadOnlyList<Chip> chips)
    {
        Chips = chips;
        _byName = [];
        foreach (Chip chip in chips) // the user's come last and take names over
            foreach (string name in (string[])[chip.Name, .. chip.Aliases]) _byName[NearNames.Plain(name)] = chip;
    }

    /// <summary>The chips that come with this library.</summary>
    public static ChipCatalog Default => Own.Value;

    /// <summary>All chips, in the order of the files.</summary>
    public IReadOnlyList<Chip> Chips { get; }

    /// <summary>The chips that come with this library, and those of a file of the same form. A chip of the file replaces one of the same name.</summary>
    /// <param name="path">A JSON file such as the embedded one.</param>
    /// <exception cref="PlanningException">The file is missing, or a figure in it makes no sense.</exception>
    public static ChipCatalog Load(string path)
    {
        IReadOnlyList<Chip> read = ChipReader.ReadFile(path);
        HashSet<string> names = [];
        foreach (Chip chip in read)
            if (!names.Add(NearNames.Plain(chip.Name))) throw new PlanningException($"{path}: chip '{chip.Name}' is in the file twice.");
        return new ChipCatalog([.. Default.Chips.Where(chip => !names.Contains(NearNames.Plain(chip.Name))), .. read]);
    }

    /// <summary>Finds a chip by its name or another that people use; case, spaces and hyphens do not matter, and the vendor's name may stand in front.</summary>
    /// <param name="name">Such as "h800", "H100 SXM", "RTX 4090".</param>
    /// <exception cref="PlanningException">There is no such chip; the message has the nearest names.</exception>
    public Chip Find(string name)
    {
        string plain = NearNames.Plain(name);
        if (_byName.TryGetValue(plain, out Chip? chip)) return chip;
        foreach (Chip candidate in Chips)
        {
            string vendor = NearNames.Plain(candidate.Vendor);
            if (plain.StartsWith(vendor, StringComparison.Ordinal) && _byName.TryGetValue(plain[vendor.Length..], out chip) && chip.Vendor == candidate.Vendor) return chip;
        }

        IReadOnlyList<string> nearest = NearNames.Nearest(name, Chips.SelectMany(known => (string[])[known.Name, .. known.Aliases]), 3);
        throw new PlanningException($"There is no chip '{name}'; the nearest names are {string.Join(", ", nearest)} ('seek plan chips' lists all, '--chips FILE' adds yours).");
    }
}

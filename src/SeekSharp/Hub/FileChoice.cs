using System.Text.RegularExpressions;

namespace SeekSharp.Hub;

/// <summary>The files of a repository that make one model.</summary>
/// <param name="Variant">What the choice is called beside the repository; null: the repository's own safetensors.</param>
/// <param name="Files">The files; of a split GGUF file all parts in order.</param>
/// <param name="MainFile">The file to open; null: the folder.</param>
internal sealed partial record FileChoice(string? Variant, IReadOnlyList<HubFile> Files, HubFile? MainFile)
{
    private const string FolderVariant = "safetensors", Index = "model.safetensors.index.json";
    private const int MostNamed = 40;

    // What HuggingFaceFolder and the tokenizers read, and the licence.
    private static readonly string[] FolderFiles =
    [
        "config.json", "generation_config.json", Index, "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json",
        "added_tokens.json", "vocab.json", "merges.txt", "chat_template.jinja", "chat_template.json", "LICENSE",
    ];

    /// <summary>Chooses by a quantisation's name, a file's name, "safetensors", or, where there is one thing only, by nothing.</summary>
    /// <exception cref="HubException">Nothing fits, or several do; the message lists what there is.</exception>
    public static FileChoice Choose(HubRepository repository, string? wanted)
    {
        List<GgufGroup> groups = GroupGguf(repository.Files);
        FileChoice? folder = ChooseFolder(repository.Files);
        if (wanted is null)
        {
            // Projectors of images and importance matrices are GGUF files beside the model, never the model.
            List<GgufGroup> models = [.. groups.Where(group => !IsCompanion(group.Stem))];
            if (models.Count == 1 && folder is null) return models[0].ToChoice(groups);
            return models.Count == 0 && folder is not null ? folder : throw Undecided(repository, Names(models, groups, folder));
        }

        if (folder is not null && wanted.Equals(FolderVariant, StringComparison.OrdinalIgnoreCase)) return folder;
        List<GgufGroup> matching = Matching(groups, wanted);
        if (matching.Count == 1) return matching[0].ToChoice(groups);
        HubFile? file = repository.Files.FirstOrDefault(file => file.Path == wanted);
        if (matching.Count == 0 && file is not null) return new FileChoice(FileNames.Local(file.Path), [file], file);
        throw Undecided(repository, matching.Count > 0 ? Names(matching, groups, null) : Names(groups, groups, folder), wanted);
    }

    // From the most exact to the least: path, file name, quantisation, quantisation without the mark of who chose it, name without ".gguf".
    private static List<GgufGroup> Matching(List<GgufGroup> groups, string wanted)
    {
        Func<GgufGroup, bool>[] tests =
        [
            group => group.Files.Any(file => file.Path == wanted),
            group => group.Files.Any(file => Same(FileNameOf(file.Path), wanted)),
            group => Same(group.Quantization, wanted),
            group => group.Quantization is { } name && name.StartsWith("UD-", StringComparison.Ordinal) && Same(name[3..], wanted),
            group => Same(FileNameOf(group.Stem), wanted),
        ];
        return tests.Select(test => groups.Where(test).ToList()).FirstOrDefault(found => found.Count > 0) ?? [];
    }

    private static FileChoice? ChooseFolder(IReadOnlyList<HubFile> files)
    {
        List<HubFile> weights = [.. files.Where(file => !file.Path.Contains('/') && file.Path.EndsWith(".safetensors", StringComparison.Ordinal))];
        if (weights.Count == 0 || files.All(file => file.Path != "config.json")) return null;
        // Some repositories hold the same weights again under their authors' own names.
        List<HubFile> standard = [.. weights.Where(file => StandardWeights().IsMatch(file.Path))];
        if (standard.Count > 0) weights = standard;
        return new FileChoice(null, [.. files.Where(file => FolderFiles.Contains(file.Path)), .. weights], null);
    }

    private static List<GgufGroup> GroupGguf(IReadOnlyList<HubFile> files)
    {
        Dictionary<(string Stem, int Count), List<(int Number, HubFile File)>> groups = [];
        foreach (HubFile file in files)
        {
            if (!file.Path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) continue;
            Match part = PartName().Match(file.Path);
            var (stem, number, count) = part.Success
                ? (part.Groups["stem"].Value, int.Parse(part.Groups["number"].ValueSpan), int.Parse(part.Groups["count"].ValueSpan))
                : (file.Path[..^".gguf".Length], 1, 1);
            if (!groups.TryGetValue((stem, count), out var parts)) groups[(stem, count)] = parts = [];
            parts.Add((number, file));
        }

        return
        [
            .. groups.Select(group => new GgufGroup(group.Key.Stem, QuantizationOf(group.Key.Stem), group.Key.Count, [.. group.Value.OrderBy(part => part.Number).Select(part => part.File)]))
                .OrderBy(group => group.Stem, StringComparer.Ordinal),
        ];
    }

    // The last name of a type in the file's name, else in its folder's.
    private static string? QuantizationOf(string stem)
    {
        foreach (string segment in stem.Split('/').Reverse())
        {
            if (Quantization().Matches(segment) is { Count: > 0 } matches) return matches[^1].Value.ToUpperInvariant();
        }

        return null;
    }

    private static List<string> Names(List<GgufGroup> groups, List<GgufGroup> all, FileChoice? folder)
    {
        List<string> names = [.. groups.Select(group => group.VariantAmong(all))];
        if (folder is not null) names.Add(FolderVariant);
        return names;
    }

    private static HubException Undecided(HubRepository repository, List<string> names, string? wanted = null)
    {
        string id = repository.Name.RepositoryId, what = wanted is null ? "" : $" '{FileNames.Printable(wanted)}'";
        if (names.Count == 0) return new HubException($"{id} has no{what} model: there is neither a GGUF file nor a config.json with safetensors.");
        string listed = string.Join(", ", names.Take(MostNamed).Select(FileNames.Printable));
        if (names.Count > MostNamed) listed += $" and {names.Count - MostNamed} more";
        string problem = wanted is null ? "holds several models" : $"has no single{what}";
        return new HubException($"{id} {problem}; name one as in '{id}:{FileNames.Printable(names[0])}': {listed}.");
    }

    private static bool IsCompanion(string path) =>
        FileNameOf(path) is var name && (name.Contains("mmproj", StringComparison.OrdinalIgnoreCase) || name.Contains("imatrix", StringComparison.OrdinalIgnoreCase));

    private static string FileNameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static bool Same(string? a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^(?<stem>.+)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex PartName();

    [GeneratedRegex(@"^model(-\d+-of-\d+)?\.safetensors$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex StandardWeights();

    [GeneratedRegex(
        @"(?<![A-Za-z0-9])(UD-)?(I?Q[1-8](_[0-9A-Z]+)*|TQ[12]_0|BF16|F16|FP16|F32|FP32|MXFP4(_MOE)?)(?![A-Za-z0-9])",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Quantization();

    /// <summary>A GGUF file, single or split.</summary>
    private sealed record GgufGroup(string Stem, string? Quantization, int PartCount, IReadOnlyList<HubFile> Files)
    {
        /// <exception cref="HubException">A part is missing or is there twice.</exception>
        public FileChoice ToChoice(List<GgufGroup> all)
        {
            for (int i = 0; PartCount > 1 && i < Math.Max(PartCount, Files.Count); i++)
            {
                if (i < Files.Count && Files[i].Path.EndsWith($"-{i + 1:D5}-of-{PartCount:D5}.gguf", StringComparison.OrdinalIgnoreCase)) continue;
                throw new HubException($"The repository lacks part {i + 1} of {PartCount} of '{FileNames.Printable(FileNameOf(Stem))}', or has it twice.");
            }

            return new FileChoice(VariantAmong(all), Files, Files[0]);
        }

        /// <summary>The quantisation, where no other file has the same; else the file's name.</summary>
        public string VariantAmong(List<GgufGroup> all) =>
            Quantization is not null && all.Count(group => group.Quantization == Quantization) == 1 ? Quantization : FileNameOf(Stem);
    }
}

using System.Text.RegularExpressions;

namespace SeekSharp.Hub;

/// <summary>What a model is called: "owner/repository", or "owner/repository:variant".</summary>
/// <param name="Owner">The user or organisation.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Variant">A quantisation such as "Q4_K_M", or a file of the repository; null: what the repository has one of.</param>
public sealed partial record ModelName(string Owner, string Repository, string? Variant)
{
    /// <summary>"owner/repository".</summary>
    public string RepositoryId => $"{Owner}/{Repository}";

    /// <summary>Reads a name.</summary>
    /// <param name="text">For instance "owner/repository:Q4_K_M".</param>
    /// <exception cref="HubException">The text is not a name.</exception>
    public static ModelName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text) ?? throw new HubException(
            $"'{FileNames.Printable(text)}' is not the name of a model: give 'owner/repository', 'owner/repository:Q4_K_M' or 'owner/repository:file.gguf'.");
    }

    /// <inheritdoc/>
    public override string ToString() => Variant is null ? RepositoryId : $"{RepositoryId}:{Variant}";

    internal static ModelName? TryParse(string text)
    {
        Match match = Pattern().Match(text);
        if (!match.Success) return null;
        string owner = match.Groups["owner"].Value, repository = match.Groups["repository"].Value;
        if (!FileNames.IsSafe(owner) || !FileNames.IsSafe(repository)) return null;
        return new ModelName(owner, repository, match.Groups["variant"] is { Success: true, Value: var variant } ? variant : null);
    }

    [GeneratedRegex(
        @"\A(?<owner>[A-Za-z0-9][A-Za-z0-9._-]{0,95})/(?<repository>[A-Za-z0-9][A-Za-z0-9._-]{0,95})(:(?<variant>.{1,1024}))?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}

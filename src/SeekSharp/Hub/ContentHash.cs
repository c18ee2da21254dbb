using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SeekSharp.Hub;

/// <summary>What the content of a file hashes to. Large files have a SHA-256; small ones, which git keeps itself, git's SHA-1 of the blob.</summary>
public sealed record ContentHash
{
    private const string Sha256Prefix = "sha256:", GitPrefix = "git-sha1:";
    private const int Sha256Digits = 64, Sha1Digits = 40, BufferSize = 1 << 20;

    private ContentHash(bool isSha256, string digits)
    {
        IsSha256 = isSha256;
        Digits = digits.ToLowerInvariant();
    }

    /// <summary>True: SHA-256 of the content. False: SHA-1 of git's blob (a header, then the content).</summary>
    public bool IsSha256 { get; }

    /// <summary>The digits, hexadecimal and lower case.</summary>
    public string Digits { get; }

    /// <summary>"sha256:..." or "git-sha1:...".</summary>
    public override string ToString() => (IsSha256 ? Sha256Prefix : GitPrefix) + Digits;

    internal static ContentHash? OfSha256(string? digits) => IsHex(digits, Sha256Digits) ? new ContentHash(true, digits!) : null;

    internal static ContentHash? OfGitBlob(string? digits) => IsHex(digits, Sha1Digits) ? new ContentHash(false, digits!) : null;

    internal static ContentHash? TryParse(string text) =>
        text.StartsWith(Sha256Prefix, StringComparison.Ordinal) ? OfSha256(text[Sha256Prefix.Length..])
        : text.StartsWith(GitPrefix, StringComparison.Ordinal) ? OfGitBlob(text[GitPrefix.Length..])
        : null;

    internal static bool IsHex(string? text, int digits) => text is not null && text.Length == digits && text.All(char.IsAsciiHexDigit);

    /// <summary>Whether a file has this hash.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="checkedBytes">Told the number of bytes after each piece.</param>
    /// <param name="cancellation">Ends the reading.</param>
    internal async Task<bool> MatchesAsync(SafeFileHandle file, long size, Action<int> checkedBytes, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(IsSha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (!IsSha256) hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {size}\0")));
        byte[] buffer = new byte[(int)Math.Clamp(size, 1, BufferSize)];
        for (long position = 0; position < size;)
        {
            int count = await RandomAccess.ReadAsync(file, buffer, position, cancellation).ConfigureAwait(false);
            if (count == 0) return false;
            hash.AppendData(buffer, 0, count);
            position += count;
            checkedBytes(count);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == Digits;
    }
}

using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace SeekSharp.Server.Security;

/// <summary>
/// The key that a client sends: "sk-seek-", the key's id, "-", and 256 random bits in base64url. The id finds the entry, the bits prove the right to it.
/// </summary>
internal readonly record struct ApiKeyText(string Id, string Secret)
{
    public const string Prefix = "sk-seek-";
    private const int SecretBytes = 32, SaltBytes = 16, IdLength = 12;
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");
    private static readonly int s_secretLength = Base64Url.GetEncodedLength(SecretBytes);

    /// <summary>A new key.</summary>
    public static ApiKeyText Create() =>
        new(RandomNumberGenerator.GetHexString(IdLength, lowercase: true), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)));

    /// <summary>Whether a text looks like a key of this program, whatever its worth.</summary>
    public static bool HasPrefix(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Reads what a client sent.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ApiKeyText? key)
    {
        key = null;
        if (!HasPrefix(text) || text.Length != Prefix.Length + IdLength + 1 + s_secretLength || text[Prefix.Length + IdLength] != '-') return false;
        string id = text.Substring(Prefix.Length, IdLength);
        if (!IsId(id)) return false;
        key = new ApiKeyText(id, text[^s_secretLength..]);
        return true;
    }

    /// <summary>Whether a text can be a key's id, and so a file's name.</summary>
    public static bool IsId(string text) => text.Length == IdLength && !text.AsSpan().ContainsAnyExcept(s_digits);

    /// <summary>The whole key, to be shown once.</summary>
    public override string ToString() => $"{Prefix}{Id}-{Secret}";

    /// <summary>The entry to keep of the key.</summary>
    public ApiKey ToEntry(string name, DateOnly created, int? requestsPerMinute, int? tokensPerMinute)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new ApiKey(Id, name, created, salt, Hash(salt, Secret), requestsPerMinute, tokensPerMinute);
    }

    /// <summary>Whether an entry is this key's. Takes as long for a wrong key as for the right one.</summary>
    public bool Matches(ApiKey entry) => CryptographicOperations.FixedTimeEquals(Hash(entry.Salt, Secret), entry.Hash);

    // One SHA-256 is right here, and a slow password hash would be wrong: nobody can try 2^256 secrets at any speed, while each request would pay for the
    // slowness, and anybody could make the server pay by sending wrong keys. The salt keeps one table from serving two installations.
    private static byte[] Hash(byte[] salt, string secret) => SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(secret)]);
}

using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SeekSharp.Inference;

/// <summary>A page of the cache on disk: whose it is, of which model and form of the cache, and which tokens it holds.</summary>
/// <param name="Tenant">Hash of the tenant's name.</param>
/// <param name="Model">Hash of all that a page's bytes depend on beside the tokens: the model's file, the form of the cache, the kernels.</param>
/// <param name="Page">Hash of the tokens up to the page's end.</param>
internal readonly record struct StoredPageKey(UInt128 Tenant, UInt128 Model, UInt128 Page)
{
    private const int HexDigits = 32;

    /// <summary>Behind the name of a file.</summary>
    public const string Extension = ".kv";

    /// <summary>The folder of a tenant, inside that of the store.</summary>
    public static string FolderOf(UInt128 tenant) => Hex(tenant);

    /// <summary>The hash that stands for a tenant.</summary>
    public static UInt128 HashOf(string tenant) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes("tenant\0" + tenant)));

    /// <summary>Place of the file, relative to the store's folder.</summary>
    public string RelativePath => Path.Combine(FolderOf(Tenant), Hex(Model), Hex(Page) + Extension);

    /// <summary>The same key without a page, for all pages of one kind.</summary>
    public StoredPageKey WithPage(PageKey page) => this with { Page = page.Hash };

    /// <summary>Reads names of folders and file; null where they are not those of a page.</summary>
    public static StoredPageKey? Parse(string tenant, string model, string file) =>
        file.EndsWith(Extension, StringComparison.Ordinal) && TryParse(tenant, out UInt128 owner) && TryParse(model, out UInt128 kind)
            && TryParse(file[..^Extension.Length], out UInt128 page)
            ? new StoredPageKey(owner, kind, page)
            : null;

    /// <summary>Whether a folder may be one of a store's.</summary>
    public static bool IsFolderName(string name) => TryParse(name, out _);

    private static string Hex(UInt128 value) => value.ToString("x32", CultureInfo.InvariantCulture);

    private static bool TryParse(string name, out UInt128 value)
    {
        value = 0;
        return name.Length == HexDigits && !name.Any(char.IsAsciiLetterUpper) && UInt128.TryParse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}

/// <summary>The part of a store where one tenant's pages of one model lie.</summary>
/// <param name="store">The store.</param>
/// <param name="place">Tenant and model.</param>
internal sealed class PrefixShelf(PrefixStore store, StoredPageKey place)
{
    /// <summary>Whether a page is there; reading it may show that it is not.</summary>
    public bool Has(PageKey page) => store.Has(place.WithPage(page));

    /// <summary>Reads a page, from any thread.</summary>
    /// <returns>False where it is not there, or damaged: the bytes of <paramref name="destination"/> are worth nothing then.</returns>
    public bool TryRead(PageKey page, Span<byte> destination) => store.TryRead(place.WithPage(page), destination);

    /// <summary>Keeps a page: its bytes are copied, and written later.</summary>
    /// <returns>False where too much waits to be written; try again.</returns>
    public bool TryKeep(PageKey page, ReadOnlySpan<byte> bytes) => store.TryKeep(place.WithPage(page), bytes);
}

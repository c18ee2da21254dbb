using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SeekSharp.Kernels;

namespace SeekSharp.Inference;

/// <summary>Names a full page by its tokens and by all pages in front of it.</summary>
/// <remarks>
/// A cryptographic hash: prompts are hostile, and two different texts with one key would read each other's cache. The chain starts from a salt, so
/// that callers who must not learn of each other share nothing.
/// </remarks>
internal readonly record struct PageKey(UInt128 Hash)
{
    /// <summary>The key in front of the first page.</summary>
    public static PageKey Start(ReadOnlySpan<byte> salt) => FromHash(SHA256.HashData(salt));

    /// <summary>The key in front of the first page of a tenant that shares nothing with others.</summary>
    public PageKey WithTenant(string tenant)
    {
        Span<byte> start = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(start, Hash);
        return FromHash(HMACSHA256.HashData(start, Encoding.UTF8.GetBytes(tenant)));
    }

    /// <summary>The key in front of the first page of sequences whose pages hold a prediction module's cache: no token is negative.</summary>
    public PageKey WithPrediction()
    {
        Span<int> mark = stackalloc int[PagedAttention.PageLength];
        mark.Fill(-1);
        return Next(mark);
    }

    /// <summary>The key of the page that follows this one.</summary>
    /// <param name="tokens">The tokens of a full page.</param>
    public PageKey Next(ReadOnlySpan<int> tokens)
    {
        Span<byte> input = stackalloc byte[16 + PagedAttention.PageLength * sizeof(int)];
        BinaryPrimitives.WriteUInt128LittleEndian(input, Hash);
        MemoryMarshal.AsBytes(tokens).CopyTo(input[16..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return FromHash(hash);
    }

    private static PageKey FromHash(ReadOnlySpan<byte> hash) => new(BinaryPrimitives.ReadUInt128LittleEndian(hash));
}

/// <summary>
/// Full pages by key, for reuse by sequences that start with the same tokens; pages that no sequence holds wait in the order of their last use.
/// Everything is allocated at the start.
/// </summary>
internal sealed class PrefixIndex
{
    private const int None = -1;
    private readonly Dictionary<PageKey, int> _pages;
    private readonly PageKey?[] _keys;
    private readonly int[] _newer;
    private readonly int[] _older;
    private int _newest = None;
    private int _oldest = None;

    public PrefixIndex(int pageCount)
    {
        _pages = new Dictionary<PageKey, int>(pageCount);
        _keys = new PageKey?[pageCount];
        _newer = new int[pageCount];
        _older = new int[pageCount];
    }

    /// <summary>Pages that are kept although no sequence holds them.</summary>
    public int IdleCount { get; private set; }

    public bool TryFind(PageKey key, out int page) => _pages.TryGetValue(key, out page);

    /// <summary>Enters a page, unless another has the key already.</summary>
    public void Add(PageKey key, int page)
    {
        if (_keys[page] is null && _pages.TryAdd(key, page)) _keys[page] = key;
    }

    public bool Contains(int page) => _keys[page] is not null;

    /// <summary>A page that no sequence holds any more becomes the newest of those that wait.</summary>
    public void MakeIdle(int page)
    {
        (_older[page], _newer[page]) = (_newest, None);
        if (_newest == None) _oldest = page;
        else _newer[_newest] = page;
        _newest = page;
        IdleCount++;
    }

    /// <summary>A waiting page is held again.</summary>
    public void MakeBusy(int page)
    {
        (int older, int newer) = (_older[page], _newer[page]);
        if (older == None) _oldest = newer;
        else _newer[older] = newer;
        if (newer == None) _newest = older;
        else _older[newer] = older;
        IdleCount--;
    }

    /// <summary>Forgets the page that has waited longest and hands it out for new content.</summary>
    public bool TryEvict(out int page)
    {
        page = _oldest;
        if (page == None) return false;
        MakeBusy(page);
        _pages.Remove(_keys[page]!.Value);
        _keys[page] = null;
        return true;
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using SeekSharp.Kernels;
using SeekSharp.Models;

namespace SeekSharp.Inference;

/// <summary>
/// The memory of the key-value cache: pages of <see cref="PagedAttention.PageLength"/> positions, each for all layers. Pages are counted by the
/// sequences that hold them; full pages that nobody holds stay until their memory is needed.
/// </summary>
internal sealed unsafe class CachePool : IDisposable
{
    private readonly AlignedBuffer _memory;
    private readonly Stack<int> _free;
    private readonly int[] _holders;
    private readonly PrefixIndex _prefixes;
    private readonly int _layers;
    private readonly long _layerBytes;
    private readonly long _pageBytes;

    public CachePool(CacheLayout layout, int layers, CacheType type, int tokens)
    {
        Layout = layout;
        Type = type;
        PageCount = (tokens + PagedAttention.PageLength - 1) / PagedAttention.PageLength;
        _layers = layers;
        _layerBytes = CacheCodec.ByteCount(type, (long)PagedAttention.PageLength * layout.FloatsPerToken);
        _pageBytes = layers * _layerBytes;
        // Memory that is never touched is never there: a large pool costs what is used of it.
        _memory = new AlignedBuffer(PageCount * _pageBytes);
        _free = new Stack<int>(Enumerable.Range(0, PageCount).Reverse());
        _holders = new int[PageCount];
        _prefixes = new PrefixIndex(PageCount);
    }

    public CacheLayout Layout { get; }
    public CacheType Type { get; }
    public int PageCount { get; }
    public long ByteCount => _memory.ByteCount;

    /// <summary>Pages that can be taken: those never used, and those that only wait for reuse.</summary>
    public int AvailablePages => _free.Count + _prefixes.IdleCount;

    /// <summary>Takes a page for new content, or returns false where sequences hold all of them.</summary>
    public bool TryTake(out int page)
    {
        if (!_free.TryPop(out page) && !_prefixes.TryEvict(out page)) return false;
        _holders[page] = 1;
        return true;
    }

    /// <summary>Takes the full page with this key, if it is still there.</summary>
    public bool TryTake(PageKey key, out int page)
    {
        if (!_prefixes.TryFind(key, out page)) return false;
        if (_holders[page]++ == 0) _prefixes.MakeBusy(page);
        return true;
    }

    /// <summary>One more sequence holds a page.</summary>
    public void Share(int page) => _holders[page]++;

    /// <summary>One sequence less holds a page.</summary>
    public void Release(int page)
    {
        if (--_holders[page] > 0) return;
        if (_prefixes.Contains(page)) _prefixes.MakeIdle(page);
        else _free.Push(page);
    }

    /// <summary>Enters a full page under its key, for reuse.</summary>
    public void Publish(int page, PageKey key) => _prefixes.Add(key, page);

    /// <summary>Whether a page must be copied before it is written: others hold it or may come to hold it.</summary>
    public bool IsShared(int page) => _holders[page] > 1 || _prefixes.Contains(page);

    public void Copy(int from, int to) => Buffer.MemoryCopy(Address(from, 0), Address(to, 0), _pageBytes, _pageBytes);

    /// <summary>Start of a page's keys and values of one layer.</summary>
    public byte* Address(int page, int layer) => _memory.Pointer + page * _pageBytes + layer * _layerBytes;

    /// <summary>All bytes of a page.</summary>
    public Span<byte> Bytes(int page) => new(Address(page, 0), checked((int)_pageBytes));

    /// <summary>Makes room of all pages that only wait for reuse.</summary>
    public void ForgetIdle()
    {
        while (_prefixes.TryEvict(out int page)) _free.Push(page);
    }

    /// <summary>A hash of what a page's bytes depend on beside the tokens: the model, the form of the cache, and the very code that computes them.</summary>
    /// <param name="model">Names the model.</param>
    /// <param name="level">Kernels that compute.</param>
    public UInt128 IdentityFor(ReadOnlySpan<byte> model, KernelLevel level)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(model);
        hash.AppendData(typeof(CachePool).Module.ModuleVersionId.ToByteArray());
        Span<byte> number = stackalloc byte[sizeof(long)];
        ReadOnlySpan<long> numbers =
        [
            (long)level, KernelLevels.HasAvx512BFloat16 ? 1 : 0, (long)Type, PagedAttention.PageLength, _layers, Layout.Heads, Layout.KeyLength, Layout.ValueLength,
            Layout.ValuesInKeys ? 1 : 0,
        ];
        foreach (long value in numbers)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            hash.AppendData(number);
        }

        return BinaryPrimitives.ReadUInt128LittleEndian(hash.GetHashAndReset());
    }

    public void Dispose() => _memory.Dispose();
}

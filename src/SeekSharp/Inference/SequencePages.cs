using SeekSharp.Kernels;
using SeekSharp.Models;

namespace SeekSharp.Inference;

/// <summary>The cache pages of one sequence, in order. A page and layer holds keys [heads, positions, key length], then values likewise.</summary>
internal sealed unsafe class SequencePages : ICachePages
{
    private const int PageLength = PagedAttention.PageLength;
    private readonly CachePool _pool;
    private readonly CacheLayout _layout;
    private readonly List<int> _pages;
    private readonly List<PageKey> _keys;
    private readonly PageKey _start;
    private readonly bool _publishes;
    private int _kept;

    /// <param name="pool">Where pages come from.</param>
    /// <param name="start">The key in front of the first page.</param>
    /// <param name="publishes">Whether full pages are offered for reuse: not where a replayed expert choice makes them another computation's.</param>
    public SequencePages(CachePool pool, PageKey start, bool publishes)
    {
        _publishes = publishes;
        _pool = pool;
        _layout = pool.Layout;
        _start = start;
        _pages = new List<int>(pool.PageCount);
        _keys = new List<PageKey>(pool.PageCount);
    }

    /// <summary>Pages held.</summary>
    public int Count => _pages.Count;

    /// <summary>Takes over the full pages in front that others have computed for the same tokens; returns how many positions they cover.</summary>
    /// <param name="tokens">The tokens that will follow; at least one of them is left to compute, since the last one's logits are wanted.</param>
    public int ReusePrefix(ReadOnlySpan<int> tokens)
    {
        while (tokens.Length > PageLength)
        {
            PageKey key = LastKey.Next(tokens[..PageLength]);
            if (!_pool.TryTake(key, out int page)) break;
            _pages.Add(page);
            _keys.Add(key);
            tokens = tokens[PageLength..];
        }

        return _pages.Count * PageLength;
    }

    /// <summary>Takes pages for what a shelf has of the tokens behind those that are here already; another thread may then read them.</summary>
    /// <param name="tokens">All tokens of the prompt; at least one of them is left to compute.</param>
    /// <param name="shelf">Where pages were kept.</param>
    /// <returns>The pages to read, or null where there are none, or no room for them.</returns>
    public PrefixLoad? BeginLoad(ReadOnlySpan<int> tokens, PrefixShelf shelf)
    {
        List<PageKey> keys = [];
        PageKey last = LastKey;
        for (int start = _pages.Count * PageLength; start + PageLength < tokens.Length && keys.Count < _pool.AvailablePages; start += PageLength)
        {
            last = last.Next(tokens.Slice(start, PageLength));
            if (!shelf.Has(last)) break;
            keys.Add(last);
        }

        if (keys.Count == 0) return null;
        int first = _pages.Count;
        for (int i = 0; i < keys.Count; i++)
        {
            _pool.TryTake(out int page);
            _pages.Add(page);
        }

        return new PrefixLoad(shelf, _pool, keys, _pages.GetRange(first, keys.Count));
    }

    /// <summary>Keeps the pages that have been read, and gives the others back.</summary>
    /// <returns>Positions that the sequence has now.</returns>
    public int EndLoad(PrefixLoad load)
    {
        int first = _keys.Count;
        for (int i = 0; i < load.ReadCount; i++)
        {
            _keys.Add(load.Keys[i]);
            if (_publishes) _pool.Publish(_pages[first + i], load.Keys[i]);
        }

        int length = _keys.Count * PageLength;
        Truncate(length);
        return length;
    }

    /// <summary>Lets a shelf keep the full pages that it has not been given yet.</summary>
    public void Keep(PrefixShelf shelf)
    {
        while (_kept < _keys.Count && shelf.TryKeep(_keys[_kept], _pool.Bytes(_pages[_kept]))) _kept++;
    }

    /// <summary>The same pages once more; whoever writes first copies.</summary>
    /// <param name="publishes">Whether the new sequence's pages may be offered for reuse, if these may.</param>
    public SequencePages Fork(bool publishes)
    {
        var fork = new SequencePages(_pool, _start, _publishes && publishes);
        fork._pages.AddRange(_pages);
        fork._keys.AddRange(_keys);
        fork._kept = _kept;
        foreach (int page in _pages) _pool.Share(page);
        return fork;
    }

    /// <summary>Makes room for positions <paramref name="length"/> to <paramref name="newLength"/> - 1, or changes nothing and returns false where pages run out.</summary>
    public bool TryReserve(int length, int newLength)
    {
        int wanted = (newLength + PageLength - 1) / PageLength;
        bool copy = length % PageLength != 0 && _pool.IsShared(_pages[length / PageLength]);
        if (wanted - _pages.Count + (copy ? 1 : 0) > _pool.AvailablePages) return false;
        if (copy) CopyOnWrite(length / PageLength);
        while (_pages.Count < wanted)
        {
            _pool.TryTake(out int page);
            _pages.Add(page);
        }

        return true;
    }

    /// <summary>Offers pages that have become full for reuse.</summary>
    /// <param name="tokens">All tokens of the sequence.</param>
    public void PublishFullPages(ReadOnlySpan<int> tokens)
    {
        if (!_publishes) return;
        while ((_keys.Count + 1) * PageLength <= tokens.Length)
        {
            int page = _keys.Count;
            PageKey key = LastKey.Next(tokens.Slice(page * PageLength, PageLength));
            _keys.Add(key);
            _pool.Publish(_pages[page], key);
        }
    }

    /// <summary>Gives back the pages behind the first <paramref name="length"/> positions.</summary>
    public void Truncate(int length)
    {
        int kept = (length + PageLength - 1) / PageLength, keptKeys = Math.Min(length / PageLength, _keys.Count);
        for (int i = _pages.Count - 1; i >= kept; i--) _pool.Release(_pages[i]);
        _pages.RemoveRange(kept, Math.Max(0, _pages.Count - kept));
        _keys.RemoveRange(keptKeys, _keys.Count - keptKeys);
        _kept = Math.Min(_kept, keptKeys);
    }

    public void Write(int position, int layer, float* keys, float* values)
    {
        byte* page = _pool.Address(_pages[position / PageLength], layer);
        int slot = position % PageLength;
        for (int head = 0; head < _layout.Heads; head++)
        {
            long row = (long)head * PageLength + slot;
            Store(page, row * _layout.KeyLength, keys + (long)head * _layout.KeyLength, _layout.KeyLength);
            if (!_layout.ValuesInKeys)
                Store(page, FirstValue + row * _layout.ValueLength, values + (long)head * _layout.ValueLength, _layout.ValueLength);
        }
    }

    public StoredPage Page(int page, int layer, int keyValueHead)
    {
        byte* memory = _pool.Address(_pages[page], layer);
        long row = (long)keyValueHead * PageLength;
        byte* keys = memory + CacheCodec.ByteCount(_pool.Type, row * _layout.KeyLength);
        byte* values = _layout.ValuesInKeys ? keys : memory + CacheCodec.ByteCount(_pool.Type, FirstValue + row * _layout.ValueLength);
        return new StoredPage(CacheCodec.Element(_pool.Type), keys, values);
    }

    public float* Read(int page, int count, int layer, int keyValueHead, float* scratch, out float* values, out int valueStride)
    {
        byte* memory = _pool.Address(_pages[page], layer);
        long row = (long)keyValueHead * PageLength;
        float* keys = Load(memory, row * _layout.KeyLength, count * _layout.KeyLength, scratch);
        valueStride = _layout.ValuesInKeys ? _layout.KeyLength : _layout.ValueLength;
        values = _layout.ValuesInKeys
            ? keys
            : Load(memory, FirstValue + row * _layout.ValueLength, count * _layout.ValueLength, scratch + PageLength * _layout.KeyLength);
        return keys;
    }

    private long FirstValue => (long)_layout.Heads * PageLength * _layout.KeyLength;

    private PageKey LastKey => _keys.Count > 0 ? _keys[^1] : _start;

    private void CopyOnWrite(int index)
    {
        int shared = _pages[index];
        _pool.TryTake(out int own);
        _pool.Copy(shared, own);
        _pool.Release(shared);
        _pages[index] = own;
    }

    private void Store(byte* memory, long index, float* source, int count) =>
        CacheCodec.Store(_pool.Type, new ReadOnlySpan<float>(source, count), memory + CacheCodec.ByteCount(_pool.Type, index));

    private float* Load(byte* memory, long index, int count, float* scratch) =>
        CacheCodec.Load(_pool.Type, memory + CacheCodec.ByteCount(_pool.Type, index), count, scratch);
}

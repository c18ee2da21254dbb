namespace SeekSharp.Inference;

/// <summary>What is in a store, in the order of last use. Not thread-safe.</summary>
internal sealed class StoredPages
{
    /// <summary>More files than this are not kept, however small they are.</summary>
    public const int MostFiles = 1 << 17;

    private readonly Dictionary<StoredPageKey, LinkedListNode<Entry>> _byKey = [];
    private readonly LinkedList<Entry> _byUse = new(); // the newest first

    /// <summary>A file.</summary>
    /// <param name="Key">Its page.</param>
    /// <param name="ByteCount">Its length.</param>
    public readonly record struct Entry(StoredPageKey Key, long ByteCount);

    /// <summary>Bytes of all files.</summary>
    public long ByteCount { get; private set; }

    /// <summary>Number of files.</summary>
    public int Count => _byKey.Count;

    public bool Contains(StoredPageKey key) => _byKey.ContainsKey(key);

    /// <summary>Adds a file as the one used last, or says anew how long it is.</summary>
    public void Add(StoredPageKey key, long byteCount)
    {
        Remove(key);
        _byKey.Add(key, _byUse.AddFirst(new Entry(key, byteCount)));
        ByteCount += byteCount;
    }

    /// <summary>A file was used.</summary>
    /// <returns>Whether there is such a file.</returns>
    public bool Touch(StoredPageKey key)
    {
        if (!_byKey.TryGetValue(key, out LinkedListNode<Entry>? node)) return false;
        _byUse.Remove(node);
        _byUse.AddFirst(node);
        return true;
    }

    public void Remove(StoredPageKey key)
    {
        if (!_byKey.Remove(key, out LinkedListNode<Entry>? node)) return;
        _byUse.Remove(node);
        ByteCount -= node.Value.ByteCount;
    }

    /// <summary>Forgets the files of a tenant, or all.</summary>
    public void RemoveTenant(UInt128? tenant)
    {
        foreach (StoredPageKey key in _byKey.Keys.Where(key => tenant is null || key.Tenant == tenant).ToList()) Remove(key);
    }

    /// <summary>The file that was not used for longest, where there is too much.</summary>
    public Entry? Excess(long maxBytes) => ByteCount > maxBytes || Count > MostFiles ? _byUse.Last?.Value : null;
}

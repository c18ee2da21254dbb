namespace SeekSharp.Kernels;

/// <summary>Queries that read the same keys and values: some heads of some neighbouring tokens of one sequence.</summary>
internal unsafe struct AttentionTile
{
    /// <summary>Queries [tokens, heads, key length] with their own strides, in floats.</summary>
    public float* Query;

    /// <summary>Receives [tokens, heads, value length], likewise.</summary>
    public float* Output;
    public long QueryTokenStride, QueryHeadStride, OutputTokenStride, OutputHeadStride;
    public int TokenCount, HeadCount;

    /// <summary>Position of the first token; the others follow. A token sees the positions up to its own.</summary>
    public int FirstPosition;

    /// <summary>Multiplied with every score.</summary>
    public float Scale;

    /// <summary>Where keys and values come from.</summary>
    public IKeyValuePages Pages;

    /// <summary>Layer and key-value head, passed on to <see cref="Pages"/>.</summary>
    public int Layer, KeyValueHead;

    /// <summary>Tokens x heads, at most <see cref="PagedAttention.MaxQueries"/>.</summary>
    public readonly int QueryCount => TokenCount * HeadCount;

    /// <summary>Positions that at least one of the tokens sees.</summary>
    public readonly int PositionCount => FirstPosition + TokenCount;

    public readonly float* QueryAt(int query)
    {
        (int token, int head) = Math.DivRem(query, HeadCount);
        return Query + (token * QueryTokenStride) + (head * QueryHeadStride);
    }

    public readonly float* OutputAt(int query)
    {
        (int token, int head) = Math.DivRem(query, HeadCount);
        return Output + (token * OutputTokenStride) + (head * OutputHeadStride);
    }
}

/// <summary>How a cache page holds numbers, as far as attention reads them itself.</summary>
internal enum CacheElement
{
    Float32,
    Float16,

    /// <summary>Something that <see cref="IKeyValuePages.Read"/> converts.</summary>
    Other,
}

/// <summary>One page of one layer and key-value head, as it is stored.</summary>
/// <param name="element">Type of the numbers.</param>
/// <param name="keys">Keys [positions, key length].</param>
/// <param name="values">Values [positions, value length]; the same as <paramref name="keys"/> where a value is the front of its key.</param>
internal readonly unsafe struct StoredPage(CacheElement element, byte* keys, byte* values)
{
    public CacheElement Element => element;
    public byte* Keys => keys;
    public byte* Values => values;
    public bool ValuesInKeys => keys == values;
}

/// <summary>Keys and values of a sequence, a page of positions at a time.</summary>
internal unsafe interface IKeyValuePages
{
    /// <summary>Where a page lies. Rows are key length and value length apart; where values are in the keys, both are key length apart.</summary>
    StoredPage Page(int page, int layer, int keyValueHead);

    /// <summary>Keys [PageLength, KeyLength] and values [PageLength, ValueLength] in float32 of one page, layer and key-value head.</summary>
    /// <param name="page">Index of the page within the sequence.</param>
    /// <param name="count">Positions of the page that will be read.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="keyValueHead">Key-value head.</param>
    /// <param name="scratch">Room for a page of keys and values, used where the cache is not in float32.</param>
    /// <param name="values">Start of the values; their rows are <paramref name="valueStride"/> floats apart.</param>
    /// <param name="valueStride">Floats between values.</param>
    /// <returns>Start of the keys, which lie one behind the other.</returns>
    float* Read(int page, int count, int layer, int keyValueHead, float* scratch, out float* values, out int valueStride);
}

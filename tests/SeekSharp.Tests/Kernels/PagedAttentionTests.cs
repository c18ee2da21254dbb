using SeekSharp.Inference;
using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

/// <summary>Attention of every level and cache against plain loops in double precision, with guarded memory behind all arrays.</summary>
public sealed unsafe class PagedAttentionTests
{
    private const float Scale = 0.2f;

    private static readonly (int Tokens, int Heads, int First, int KeyLength, int ValueLength)[] Shapes =
    [
        (1, 1, 0, 8, 8), (1, 16, 40, 80, 64), (5, 3, 30, 20, 12), (7, 4, 61, 24, 24), (16, 4, 0, 32, 40), (2, 5, 95, 576, 512), (3, 2, 300, 16, 16),
        (4, 16, 126, 40, 33), (1, 7, 700, 9, 3), (64, 1, 480, 64, 64), (1, 2, 1100, 1, 1), (2, 16, 254, 128, 128),
    ];

    public static TheoryData<KernelLevel, CacheType> Kernels => new(
        from level in Enum.GetValues<KernelLevel>()
        where KernelLevels.IsSupported(level)
        from cache in Enum.GetValues<CacheType>()
        select (level, cache));

    [Theory]
    [MemberData(nameof(Kernels))]
    public void IsSoftmaxOfScoresTimesValues(KernelLevel level, CacheType cache)
    {
        CacheElement element = CacheCodec.Element(cache);
        foreach ((int tokens, int heads, int first, int keyLength, int valueLength) in Shapes)
        {
            using var problem = new Problem(element, tokens, heads, first, keyLength, valueLength);
            PagedAttention attention = PagedAttention.For(level, element, keyLength, valueLength);
            problem.Attend(attention);
            double[] expected = problem.Expected(rounded: attention is BFloat16Attention, out double[] bounds);
            for (int i = 0; i < expected.Length; i++) Assert.InRange(problem.Output[i], expected[i] - bounds[i], expected[i] + bounds[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void SpansAndTilesDoNotChangeABit(KernelLevel level, CacheType cache)
    {
        CacheElement element = CacheCodec.Element(cache);
        foreach ((int tokens, int heads, int first, int keyLength, int valueLength) in Shapes)
        {
            using var problem = new Problem(element, tokens, heads, first, keyLength, valueLength);
            PagedAttention attention = PagedAttention.For(level, element, keyLength, valueLength);
            problem.Attend(attention);
            float[] whole = problem.Output.ToArray();
            problem.Output.Clear();
            problem.AttendInSpans(attention);
            Assert.Equal(whole, problem.Output.ToArray());
            problem.Output.Clear();
            for (int token = 0; token < tokens; token++)
                for (int head = 0; head < heads; head++) problem.Attend(attention, token, head);
            Assert.Equal(whole, problem.Output.ToArray());
        }
    }

    [Fact]
    public void SpansAreWholeBlocksInOrder()
    {
        Assert.Equal([0, 128, 256, 512, 1024, 1536, 2048, 2560, 3072, 3584, 4096, 5120, 6144], Enumerable.Range(0, 13).Select(AttentionSpans.Start));
        for (int positions = 1; positions < 9000; positions++)
        {
            int count = AttentionSpans.Count(positions);
            Assert.InRange(positions, AttentionSpans.Start(count - 1) + 1, AttentionSpans.Start(count));
        }
    }

    /// <summary>Queries, a cache and what should come out.</summary>
    private sealed class Problem : IDisposable
    {
        private readonly int _tokens, _heads, _first, _keyLength, _valueLength;
        private readonly GuardedMemory _queries, _output;
        private readonly Pages _pages;

        public Problem(CacheElement element, int tokens, int heads, int first, int keyLength, int valueLength)
        {
            (_tokens, _heads, _first, _keyLength, _valueLength) = (tokens, heads, first, keyLength, valueLength);
            _queries = Random(tokens * heads * keyLength, 1);
            _output = Random(tokens * heads * valueLength, 2);
            _pages = new Pages(element, first + tokens, keyLength, valueLength);
        }

        public Span<float> Output => _output.Floats;

        public void Attend(PagedAttention attention) => Attend(attention, Tile(0, _tokens, 0, _heads));

        public void Attend(PagedAttention attention, int token, int head) => Attend(attention, Tile(token, 1, head, 1));

        public void AttendInSpans(PagedAttention attention)
        {
            AttentionTile tile = Tile(0, _tokens, 0, _heads);
            int spans = AttentionSpans.Count(tile.PositionCount), floats = attention.GroupCount(tile) * attention.GroupFloats;
            using GuardedMemory states = Random(spans * floats, 6), scratch = Scratch(attention);
            for (int span = spans - 1; span >= 0; span--) attention.AttendSpan(tile, span, (float*)states.Pointer + (span * floats), scratch.Pointer);
            for (int group = 0; group < attention.GroupCount(tile); group++)
                for (int i = 0; i < _valueLength; i += 16)
                    attention.Combine(tile, (float*)states.Pointer, spans, group, i, Math.Min(16, _valueLength - i));
        }

        /// <summary>Double precision, of what the cache holds or of that rounded to bfloat16, and how far off a result may be.</summary>
        public double[] Expected(bool rounded, out double[] bounds)
        {
            var expected = new double[_tokens * _heads * _valueLength];
            bounds = new double[expected.Length];
            for (int query = 0; query < _tokens * _heads; query++)
            {
                int visible = _first + (query / _heads) + 1;
                var scores = new double[visible];
                double scoreError = 0;
                for (int k = 0; k < visible; k++)
                {
                    double size = 0;
                    for (int i = 0; i < _keyLength; i++)
                    {
                        // The kernel rounds queries after they are multiplied with scale and log2 e.
                        double number = _queries.Floats[(query * _keyLength) + i], factor = rounded ? Scale * 1.44269504f : Scale;
                        double product = rounded ? Round((float)number * (float)factor) / 1.44269504 * Round(_pages.Key(k, i)) : number * factor * _pages.Key(k, i);
                        scores[k] += product;
                        size += Math.Abs(product);
                    }

                    // Float32 rounds each of the sums, which are no greater than the sum of magnitudes.
                    scoreError = Math.Max(scoreError, size * (_keyLength + 4) * Math.Pow(2, -24));
                }

                double[] weights = [.. scores.Select(score => Math.Exp(score - scores.Max()))];
                // A weight is as far off as its score and the maximum, the exponential by 2^-22; rounded to bfloat16 it is off by 2^-9 more.
                double weightError = (2 * scoreError) + Math.Pow(2, -22) + (visible * Math.Pow(2, -24)) + (rounded ? Math.Pow(2, -9) : 0);
                for (int i = 0; i < _valueLength; i++)
                {
                    double size = 0, sum = 0;
                    for (int k = 0; k < visible; k++)
                    {
                        double value = rounded ? Round(_pages.Value(k, i)) : _pages.Value(k, i);
                        sum += weights[k] * value;
                        size += weights[k] * Math.Abs(value);
                    }

                    expected[(query * _valueLength) + i] = sum / weights.Sum();
                    // Both the weighted sum and the sum of weights are off.
                    bounds[(query * _valueLength) + i] = 2 * weightError * size / weights.Sum();
                }
            }

            return expected;
        }

        public void Dispose()
        {
            _queries.Dispose();
            _output.Dispose();
            _pages.Dispose();
        }

        private static void Attend(PagedAttention attention, AttentionTile tile)
        {
            using GuardedMemory scratch = Scratch(attention);
            attention.Attend(tile, scratch.Pointer);
        }

        private AttentionTile Tile(int token, int tokens, int head, int heads)
        {
            int query = (token * _heads) + head;
            return new AttentionTile
            {
                Query = (float*)_queries.Pointer + (query * _keyLength), QueryTokenStride = _heads * _keyLength, QueryHeadStride = _keyLength,
                Output = (float*)_output.Pointer + (query * _valueLength), OutputTokenStride = _heads * _valueLength, OutputHeadStride = _valueLength,
                TokenCount = tokens, HeadCount = heads, FirstPosition = _first + token, Scale = Scale, Pages = _pages,
            };
        }

        /// <summary>Full of what is not a number: nothing may depend on what a thread did before.</summary>
        private static GuardedMemory Scratch(PagedAttention attention)
        {
            var scratch = new GuardedMemory(attention.ScratchBytes);
            scratch.Bytes.Fill(0xff);
            return scratch;
        }

        private static double Round(float value)
        {
            uint bits = BitConverter.SingleToUInt32Bits(value);
            return BitConverter.UInt32BitsToSingle((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
        }
    }

    /// <summary>Keys and values in exactly as many pages as are read; what lies behind the last position is NaN.</summary>
    private sealed class Pages : IKeyValuePages, IDisposable
    {
        private readonly CacheElement _element;
        private readonly GuardedMemory _keys, _values, _storedKeys, _storedValues;
        private readonly int _keyLength, _valueLength;

        public Pages(CacheElement element, int positions, int keyLength, int valueLength)
        {
            (_element, _keyLength, _valueLength) = (element, keyLength, valueLength);
            int room = (positions + PagedAttention.PageLength - 1) / PagedAttention.PageLength * PagedAttention.PageLength;
            (_keys, _storedKeys) = Rows(room, positions, keyLength, 4);
            (_values, _storedValues) = Rows(room, positions, valueLength, 5);
        }

        public float Key(int position, int i) => _keys.Floats[(position * _keyLength) + i];

        public float Value(int position, int i) => _values.Floats[(position * _valueLength) + i];

        public StoredPage Page(int page, int layer, int keyValueHead)
        {
            bool half = _element == CacheElement.Float16;
            int size = half ? 2 : 4, row = page * PagedAttention.PageLength;
            byte* keys = (half ? _storedKeys : _keys).Pointer, values = (half ? _storedValues : _values).Pointer;
            return new StoredPage(_element, keys + (row * _keyLength * size), values + (row * _valueLength * size));
        }

        public float* Read(int page, int count, int layer, int keyValueHead, float* scratch, out float* values, out int valueStride)
        {
            valueStride = _valueLength;
            values = (float*)_values.Pointer + (page * PagedAttention.PageLength * _valueLength);
            return (float*)_keys.Pointer + (page * PagedAttention.PageLength * _keyLength);
        }

        public void Dispose()
        {
            _keys.Dispose();
            _values.Dispose();
            _storedKeys.Dispose();
            _storedValues.Dispose();
        }

        private (GuardedMemory Rows, GuardedMemory Stored) Rows(int room, int positions, int length, int seed)
        {
            GuardedMemory rows = Random(room * length, seed);
            var stored = new GuardedMemory(room * length * sizeof(ushort));
            for (int i = 0; i < positions * length; i++)
            {
                var half = (Half)rows.Floats[i];
                ((Half*)stored.Pointer)[i] = half;
                if (_element == CacheElement.Float16) rows.Floats[i] = (float)half;
            }

            rows.Floats[(positions * length)..].Fill(float.NaN);
            new Span<Half>(stored.Pointer, room * length)[(positions * length)..].Fill(Half.NaN);
            return (rows, stored);
        }
    }

    private static GuardedMemory Random(int count, int seed)
    {
        var random = new Random((seed * 1000) + count);
        var memory = new GuardedMemory(count * sizeof(float));
        foreach (ref float value in memory.Floats) value = (random.NextSingle() * 4) - 2;
        return memory;
    }
}

using System.Runtime.Intrinsics;

namespace SeekSharp.Kernels;

/// <summary>Products of a few tokens by emitted AVX-512 VNNI code that streams the packed weights; see <see cref="StreamCode"/>.</summary>
/// <typeparam name="TFormat">The type's layout.</typeparam>
internal unsafe class StreamingKernel<TFormat> : QuantizedKernel<TFormat, Lanes16, Vector512<int>, Vector512<float>>
    where TFormat : struct, IQuantizedFormat
{
    private static readonly Lock Gate = new();
    private static readonly nint[] Kernels = new nint[StreamCode.MaxTokens + 1];

    /// <summary>Multiply-adds that emitted code does while one byte comes from memory, roughly.</summary>
    private const int MultiplyAddsPerByte = 8;

    // Formats that look weights up in a table stream one token through the code of level Vector512.
    private static bool IsEmitted => typeof(TFormat) != typeof(IQ4_NLFormat) && typeof(TFormat) != typeof(IQ4_XSFormat);

    private static int WordsPerBlock => StreamCode.WordsPerBlock<TFormat>();

    /// <remarks>Streaming overlaps the memory with the arithmetic: the slower of the two counts.</remarks>
    public override long GroupCost(in Product product) => product.RowCount <= MostStreamedTokens && IsEmitted
        ? Math.Max(product.Matrix.GroupBytes * MultiplyAddsPerByte, MultiplyAdds(product))
        : base.GroupCost(product);

    protected override int MostStreamedTokens => IsEmitted ? StreamCode.MaxTokens : base.MostStreamedTokens;

    protected override int GroupsAtOnce => IsEmitted ? KernelScratch.MaxTokens / StreamCode.MaxTokens : base.GroupsAtOnce;

    protected override void RunStreamed(in Product product, int firstToken, int tokens, int firstGroup, int endGroup, KernelScratch scratch)
    {
        if (IsEmitted) PackActivations(product, tokens, scratch);
        base.RunStreamed(product, firstToken, tokens, firstGroup, endGroup, scratch);
    }

    protected override void MultiplyStreamed(in Product product, byte* group, int groups, int tokens, KernelScratch scratch)
    {
        if (!IsEmitted)
        {
            base.MultiplyStreamed(product, group, groups, tokens, scratch);
            return;
        }

        int columns = PaddedColumns(product);
        byte* activations = scratch.Streamed(0);
        var arguments = new StreamArguments
        {
            Units = group,
            Activations = (sbyte*)activations,
            Words = (int*)(activations + ((long)columns * tokens)),
            Temporary = scratch.Temporary,
            Sums = scratch.Sums,
            UnitCount = columns / PackedUnit.Length<TFormat>(),
            GroupCount = groups,
        };
        nint kernel = Volatile.Read(ref Kernels[tokens]);
        if (kernel == 0) kernel = Make(tokens);
        ((delegate* unmanaged<StreamArguments*, void>)kernel)(&arguments);
    }

    private static nint Make(int tokens)
    {
        lock (Gate)
        {
            if (Kernels[tokens] != 0) return Kernels[tokens];
            void* kernel = ExecutableMemory.TryPlace(StreamCode.Emit<TFormat>(tokens, OperatingSystem.IsWindows()));
            if (kernel is null) throw new InsufficientMemoryException("The system gives no more memory for emitted code.");
            return Kernels[tokens] = (nint)kernel;
        }
    }

    /// <summary>Columns of whole units.</summary>
    private static int PaddedColumns(in Product product) => (int)(product.Matrix.GroupBytes / TFormat.UnitBytes) * PackedUnit.Length<TFormat>();

    /// <summary>Interleaves the tokens' activations, and what belongs to them, in the order in which the code reads them.</summary>
    private static void PackActivations(in Product product, int tokens, KernelScratch scratch)
    {
        int columns = product.Matrix.Columns, padded = PaddedColumns(product);
        long byteCount = (long)tokens * (padded + (padded / 32 * WordsPerBlock * sizeof(int)));
        byte* activations = scratch.Streamed(byteCount);
        // The last unit may reach beyond the columns: its weights are zeros there, and so must be what they are multiplied with.
        if (padded != columns) new Span<byte>(activations, (int)byteCount).Clear();
        int* words = (int*)(activations + ((long)padded * tokens));
        for (int token = 0; token < tokens; token++)
        {
            QuantizedRow row = product.Input.Quantized.Row(scratch.Rows[token]);
            Interleave((int*)row.Values, columns / 4, (int*)activations + token, tokens);
            PackWords(row, columns, words + token, tokens);
        }
    }

    private static void Interleave(int* values, int count, int* destination, int stride)
    {
        for (int i = 0; i < count; i++) destination[(long)i * stride] = values[i];
    }

    private static void PackWords(QuantizedRow row, int columns, int* word, int stride)
    {
        short* sums = TFormat.SubBlockLength == 16 ? row.Sums16 : row.Sums32;
        float* scaledSums = TFormat.SubBlockLength == 16 ? row.ScaledSums16 : row.ScaledSums32;
        for (int block = 0, subBlock = 0; block < columns / QuantizedRow.BlockLength; block++)
        {
            *(float*)word = row.Scales[block];
            word += stride;
            for (int end = subBlock + WordsPerBlock - 1; subBlock < end; subBlock++, word += stride)
            {
                if (TFormat.HasMinima) *(float*)word = scaledSums[subBlock];
                else *word = -(sums[subBlock] << Math.Max(TFormat.OffsetShift, 0));
            }
        }
    }
}

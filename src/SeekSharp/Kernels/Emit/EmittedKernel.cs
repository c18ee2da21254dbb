namespace SeekSharp.Kernels;

/// <summary>
/// Products with AVX-512 VNNI code emitted at run time: .NET has no intrinsics for it. Few tokens stream their weights (<see cref="StreamingKernel{TFormat}"/>);
/// more are multiplied in tiles of up to 12 with an unpacked panel.
/// </summary>
/// <typeparam name="TFormat">The type's layout.</typeparam>
internal sealed unsafe class EmittedKernel<TFormat> : StreamingKernel<TFormat>
    where TFormat : struct, IQuantizedFormat
{
    private readonly TileShape _shape = new(TFormat.SubBlockLength, TFormat.OffsetShift >= 0, TFormat.HasMinima);
    private readonly nint[] _kernels;

    public EmittedKernel() => _kernels = TileKernels.Of(_shape);

    protected override void Prepare(in Product product, int tokens, KernelScratch scratch)
    {
        int columns = product.Matrix.Columns;
        scratch.ReserveTiles(tokens * TokenBytes(columns));
        byte* tile = scratch.Tiles;
        for (int first = 0; first < tokens;)
        {
            int count = TileTokens(first, tokens);
            PackTile(product.Input.Quantized, scratch.Rows + first, count, columns, tile);
            tile += count * TokenBytes(columns);
            first += count;
        }
    }

    protected override void MultiplyMany(in Product product, byte* group, int tokens, KernelScratch scratch)
    {
        int columns = product.Matrix.Columns;
        new Span<float>(scratch.Sums, tokens * Lines.Rows).Clear();
        for (int start = 0; start < columns; start += KernelScratch.QuantizedColumns)
        {
            int panelColumns = Math.Min(KernelScratch.QuantizedColumns, columns - start);
            group = Unpack(group, panelColumns, scratch);
            byte* tile = scratch.Tiles;
            for (int first = 0; first < tokens;)
            {
                int count = TileTokens(first, tokens);
                var arguments = new TileArguments
                {
                    Panel = scratch.Panel,
                    Scales = scratch.Scales,
                    Minima = scratch.Minima,
                    Activations = (sbyte*)tile + ((long)start * count),
                    Words = (int*)(tile + ((long)columns * count)) + (start / 32 * _shape.WordsPerBlock * count),
                    Sums = scratch.Sums + (first * Lines.Rows),
                    Turns = panelColumns / _shape.TurnLength,
                };
                nint kernel = _kernels[count];
                if (kernel == 0) kernel = TileKernels.Make(_shape, count);
                ((delegate* unmanaged<TileArguments*, void>)kernel)(&arguments);
                tile += count * TokenBytes(columns);
                first += count;
            }
        }
    }

    /// <summary>Tokens of the tile that starts at a token: tiles are as equal as possible.</summary>
    private static int TileTokens(int first, int tokens)
    {
        int tiles = (tokens - first + TileCode.MaxTokens - 1) / TileCode.MaxTokens;
        return (tokens - first + tiles - 1) / tiles;
    }

    /// <summary>Bytes that one token takes in a tile: activations, then words.</summary>
    private long TokenBytes(int columns) => columns + ((long)columns / 32 * _shape.WordsPerBlock * sizeof(int));

    /// <summary>Interleaves the activations of a tile's tokens in the order in which the kernel reads them.</summary>
    private static void PackTile(QuantizedRows rows, int* indices, int count, int columns, byte* tile)
    {
        int* activations = (int*)tile, words = (int*)(tile + ((long)columns * count));
        for (int token = 0; token < count; token++)
        {
            QuantizedRow row = rows.Row(indices[token]);
            int* values = (int*)row.Values;
            for (int i = 0; i < columns / 4; i++) activations[(i * count) + token] = values[i];
            short* sums = TFormat.SubBlockLength == 16 ? row.Sums16 : row.Sums32;
            float* scaledSums = TFormat.SubBlockLength == 16 ? row.ScaledSums16 : row.ScaledSums32;
            int* word = words + token;
            for (int block = 0, subBlock = 0; block < columns / 32; block++)
            {
                *(float*)word = row.Scales[block];
                word += count;
                for (int end = subBlock + (32 / TFormat.SubBlockLength); subBlock < end; subBlock++, word += count)
                {
                    if (TFormat.HasMinima) *(float*)word = scaledSums[subBlock];
                    else *word = -(sums[subBlock] << Math.Max(TFormat.OffsetShift, 0));
                }
            }
        }
    }
}

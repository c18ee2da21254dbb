using SeekSharp.Formats;
using Architecture = SeekSharp.Formats.Architecture;

namespace SeekSharp.Conversion;

/// <summary>Brings the tensors of a GGUF file back into the form of a Hugging Face folder: the opposite of <see cref="GgufTensorPlan"/>.</summary>
internal static class FolderTensorPlan
{
    private const int MostChecked = 1 << 24;

    /// <summary>Plans all tensors, in the order in which they are written.</summary>
    /// <exception cref="ModelFormatException">A tensor is unknown, missing, or of the wrong shape.</exception>
    public static List<PlannedTensor> Create(GgufFile file)
    {
        List<PlannedTensor> tensors = [.. Translate(file)];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (PlannedTensor tensor in tensors)
            if (!names.Add(tensor.Name)) throw new ModelFormatException($"{file.Path}: the tensors for '{tensor.Name}' are there twice.");
        return tensors;
    }

    private static IEnumerable<PlannedTensor> Translate(GgufFile file)
    {
        ModelConfig config = file.Config;
        foreach (Tensor tensor in file.Tensors)
        {
            StoredTensor source = new(file, tensor);
            string name = tensor.Name;
            if (name is "rope_freqs.weight" || name.EndsWith(".attn_v_b.weight", StringComparison.Ordinal)) continue; // in config.json; joined with k_b
            if (name.EndsWith(".attn_k_b.weight", StringComparison.Ordinal))
            {
                yield return Join(file, config, tensor, source);
                continue;
            }

            if (tensor.Shape.Count == 3)
            {
                foreach (PlannedTensor expert in Experts(file, tensor)) yield return expert;
                continue;
            }

            string own = HuggingFaceNames.FromGguf(name) ?? throw Fail(file, tensor, "is not known in this architecture");
            bool isPermuted = config.Architecture == Architecture.Llama
                && (name.EndsWith(".attn_q.weight", StringComparison.Ordinal) || name.EndsWith(".attn_k.weight", StringComparison.Ordinal));
            if (isPermuted && source.Rows % config.HeadDimension != 0) throw Fail(file, tensor, $"has {source.Rows} rows, not a multiple of the head dimension");
            yield return new PlannedTensor(
                own, [.. tensor.Shape], isPermuted ? GatheredRows.Reorder(source, source.Rows, row => HeadRows.ToNeighbours(row, config.HeadDimension)) : source);
        }
    }

    /// <summary>How to store a tensor: in the main type, but what is float32 in the file stays so where the main type would lose something.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="main">The type of the matrices.</param>
    /// <param name="isLossless">Whether the tensor keeps a type of its own.</param>
    public static TensorType Choose(PlannedTensor tensor, TensorType main, bool isLossless)
    {
        // the bias of the router's choice is float32 in DeepSeek's own folders
        if (tensor.Name.EndsWith("e_score_correction_bias", StringComparison.Ordinal)) return TensorType.F32;
        if (!isLossless || main == TensorType.F32) return main;
        TensorType? stored = tensor.Source is StoredTensor or GatheredRows ? tensor.Source.StoredType : null;
        if (stored is TensorType.F16 or TensorType.BF16) return stored.Value;
        return stored == TensorType.F32 && !FitsInto(tensor.Source, main) ? TensorType.F32 : main;
    }

    private static bool FitsInto(TensorSource source, TensorType type)
    {
        if ((long)source.Rows * source.Columns > MostChecked) return false;
        float[] row = new float[source.Columns];
        for (int i = 0; i < source.Rows; i++)
        {
            source.ReadFloats(i, 1, row);
            foreach (float value in row)
                if (type == TensorType.F16 ? (float)(Half)value != value : (BitConverter.SingleToUInt32Bits(value) & 0xFFFF) != 0) return false;
        }

        return true;
    }

    private static PlannedTensor Join(GgufFile file, ModelConfig config, Tensor tensor, StoredTensor keys)
    {
        LatentAttentionConfig latent = config.LatentAttention ?? throw Fail(file, tensor, "is not known in this architecture");
        string layer = tensor.Name[..^"attn_k_b.weight".Length];
        Tensor values = file.Find(layer + "attn_v_b.weight") ?? throw new ModelFormatException($"{file.Path}: tensor '{layer}attn_v_b.weight' is missing.");
        (int heads, int rank) = (config.HeadCount, latent.KeyValueRank);
        if (!tensor.Shape.SequenceEqual([heads, rank, latent.NopeDimension])) throw Fail(file, tensor, "has the wrong shape");
        if (!values.Shape.SequenceEqual([heads, latent.ValueDimension, rank])) throw Fail(file, values, "has the wrong shape");
        return new PlannedTensor(
            HuggingFaceNames.FromGguf(layer + "attn_kv_b.weight")!,
            [heads * (latent.NopeDimension + latent.ValueDimension), rank],
            new JoinedKeysAndValues(keys, new StoredTensor(file, values), heads));
    }

    private static IEnumerable<PlannedTensor> Experts(GgufFile file, Tensor tensor)
    {
        for (int expert = 0; expert < tensor.Shape[0]; expert++)
        {
            string name = HuggingFaceNames.FromGguf(tensor.Name, expert) ?? throw Fail(file, tensor, "is not known in this architecture");
            yield return new PlannedTensor(name, [.. tensor.Shape.Skip(1)], new StoredTensor(file, tensor.ExpertMatrix(expert, file.Path)));
        }
    }

    private static ModelFormatException Fail(GgufFile file, Tensor tensor, string what) => new($"{file.Path}: tensor '{tensor.Name}' {what}.");
}

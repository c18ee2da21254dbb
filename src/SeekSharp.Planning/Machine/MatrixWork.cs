using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Kernels;

namespace SeekSharp.Planning.Machine;

/// <summary>How a forward pass uses matrices.</summary>
internal enum MatrixUse
{
    /// <summary>Every token is multiplied.</summary>
    Common,

    /// <summary>Every token is multiplied by one matrix per head, all heads in one list of products.</summary>
    Heads,

    /// <summary>The tokens that chose the expert.</summary>
    Expert,

    /// <summary>The tokens whose logits are wanted.</summary>
    Output,
}

/// <summary>Matrices of one type and shape that are used in one way.</summary>
/// <param name="Type">Storage.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
/// <param name="Use">How a pass uses them.</param>
/// <param name="PerList">Matrices of one list of products: heads, or the experts of a layer; else 1.</param>
internal readonly record struct MatrixKind(TensorType Type, int Rows, int Columns, MatrixUse Use, int PerList);

/// <summary>The matrix products of a model, counted from the tensors of its file.</summary>
internal static class MatrixWork
{
    /// <summary>How many lists of products of each kind a pass runs.</summary>
    /// <param name="file">The model.</param>
    public static IReadOnlyDictionary<MatrixKind, double> Lists(ModelFile file)
    {
        Dictionary<MatrixKind, double> lists = [];
        ModelConfig config = file.Config;
        int experts = config.MixtureOfExperts?.ExpertCount ?? 0;
        foreach (Tensor tensor in file.Tensors)
        {
            int? layer = StepTraffic.LayerOf(tensor.Name);
            if (layer >= config.LayerCount || tensor.Shape.Count < 2) continue; // layers that predict further tokens are not run
            bool isHead = StepTraffic.IsHead(tensor.Name) || (config.TiedEmbeddings && StepTraffic.IsEmbedding(tensor.Name));
            int rows = tensor.Shape[^2], columns = tensor.Shape[^1];
            if (layer is not null && StepTraffic.IsExpert(tensor.Name))
                Add(new MatrixKind(tensor.Type, rows, columns, MatrixUse.Expert, experts), tensor.Shape.Count == 2 ? 1.0 / experts : 1); // a stack, or a matrix per expert
            else if (isHead)
                Add(new MatrixKind(tensor.Type, rows, columns, MatrixUse.Output, 1), 1);
            else if (tensor.Shape.Count == 3)
                Add(new MatrixKind(tensor.Type, rows, columns, MatrixUse.Heads, tensor.Shape[0]), 1);
            else if (config.LatentAttention is { } latent && tensor.Name.Contains("kv_b", StringComparison.Ordinal))
                AddUpProjections(tensor.Type, latent);
            else if (!StepTraffic.IsEmbedding(tensor.Name))
                Add(new MatrixKind(tensor.Type, rows, columns, MatrixUse.Common, 1), 1);
        }

        return lists;

        void Add(MatrixKind kind, double count) => lists[kind] = lists.GetValueOrDefault(kind) + count;

        // Keys and values of all heads in one tensor: the part of the keys is transposed when it is loaded.
        void AddUpProjections(TensorType type, LatentAttentionConfig latent)
        {
            Add(new MatrixKind(PackedMatrix.TransposedType(type), latent.KeyValueRank, latent.NopeDimension, MatrixUse.Heads, config.HeadCount), 1);
            Add(new MatrixKind(type, latent.ValueDimension, latent.KeyValueRank, MatrixUse.Heads, config.HeadCount), 1);
        }
    }
}


namespace SeekSharp.Training.Models;

/// <summary>What a parameter is to an optimizer.</summary>
public enum ParameterKind
{
    /// <summary>A matrix, or a stack of them: Muon's business.</summary>
    Matrix,
    /// <summary>The embedding or the output head.</summary>
    Embedding,
    /// <summary>The weight of a norm, or a bias: not decayed.</summary>
    Vector,
    /// <summary>The router's selection bias: no gradient, moved by load balancing alone.</summary>
    SelectionBias,
}

/// <summary>One tensor that a checkpoint keeps.</summary>
public sealed class Parameter
{
    private readonly string[] _parts;

    internal Parameter(string name, ParameterKind kind, Tensor value, string[]? parts = null)
    {
        Name = name;
        Kind = kind;
        Value = value;
        _parts = parts ?? [name];
    }

    /// <summary>Its name. Where it is not stacked, that is Hugging Face's.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public ParameterKind Kind { get; }

    /// <summary>The numbers, float32. A matrix is [outputs, inputs]; leading dimensions stack matrices.</summary>
    public Tensor Value { get; }

    /// <summary>Number of numbers.</summary>
    public long Count => Value.numel();

    /// <summary>The tensors under Hugging Face's names: the parameter itself, or the matrices that are stacked in it.</summary>
    /// <returns>Names with views; the caller disposes the views.</returns>
    public IEnumerable<(string Name, Tensor View)> Parts()
    {
        if (_parts.Length == 1)
        {
            yield return (_parts[0], Value.alias());
            yield break;
        }

        long[] shape = Value.shape;
        using Tensor stacked = Value.view(_parts.Length, shape[^2], shape[^1]);
        for (int i = 0; i < _parts.Length; i++) yield return (_parts[i], stacked.select(0, i));
    }
}

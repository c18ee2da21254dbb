using static TorchSharp.torch;

namespace SeekSharp.Training.Models;

/// <summary>Makes parameters with their first values, under names that begin with <paramref name="prefix"/>.</summary>
internal sealed class ParameterBuilder(List<Parameter> parameters, Generator random, ScalarType type, Device device, double deviation, string prefix = "")
{
    /// <summary>A builder for what is inside: "model.layers.0." and then "self_attn.".</summary>
    public ParameterBuilder Within(string name) => new(parameters, random, type, device, deviation, prefix + name + ".");

    /// <summary>A matrix [outputs, inputs].</summary>
    public Tensor Matrix(string name, long outputs, long inputs) => Normal(name, ParameterKind.Matrix, null, outputs, inputs);

    /// <summary>Matrices of one shape [outputs, inputs], stacked: [..., outputs, inputs].</summary>
    public Tensor Stack(string name, string[] parts, params long[] shape) =>
        Normal(name, ParameterKind.Matrix, [.. parts.Select(part => prefix + part)], shape);

    /// <summary>An embedding or head [vocabulary, hidden].</summary>
    public Tensor Embedding(string name, long vocabulary, long hidden) => Normal(name, ParameterKind.Embedding, null, vocabulary, hidden);

    /// <summary>The weight of a norm: ones.</summary>
    public Tensor Ones(string name, long length) => Add(name, ParameterKind.Vector, ones(length, type, device), null);

    /// <summary>A bias: zeros.</summary>
    public Tensor Zeros(string name, long length) => Add(name, ParameterKind.Vector, zeros(length, type, device), null);

    /// <summary>A selection bias: zeros without gradient.</summary>
    public Tensor SelectionBias(string name, long length) => Add(name, ParameterKind.SelectionBias, zeros(length, type, device), null);

    private Tensor Normal(string name, ParameterKind kind, string[]? parts, params long[] shape)
    {
        Tensor values = randn(shape, dtype: float32, generator: random);
        values.mul_(deviation);
        return Add(name, kind, values.to(type, device), parts);
    }

    private Tensor Add(string name, ParameterKind kind, Tensor value, string[]? parts)
    {
        value.requires_grad_(kind != ParameterKind.SelectionBias);
        value.DetachFromDisposeScope();
        parameters.Add(new Parameter(prefix + name, kind, value, parts));
        return value;
    }
}

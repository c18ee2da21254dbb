using System.Collections;
using System.Runtime.InteropServices;

namespace SeekSharp.Formats;

/// <summary>Tensors in memory under GGUF's names: a model that was built rather than read.</summary>
/// <remarks>Not for adding from several threads at once.</remarks>
public sealed unsafe class TensorCollection : IWeightSource, IReadOnlyCollection<Tensor>, IDisposable
{
    private const nuint Alignment = 64; // a cache line, and the widest vector

    private readonly OrderedDictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);
    private readonly List<nint> _memory = [];
    private bool _isDisposed;

    /// <summary>Number of tensors.</summary>
    public int Count => _tensors.Count;

    /// <summary>Adds a float32 tensor.</summary>
    /// <param name="name">GGUF's name of the tensor.</param>
    /// <param name="shape">Lengths of the dimensions, outermost first.</param>
    /// <param name="values">The elements, row-major; they are copied.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="ArgumentException">The name is taken, or the number of values is not what the shape asks for.</exception>
    public Tensor Add(string name, ReadOnlySpan<int> shape, ReadOnlySpan<float> values) =>
        Add(name, TensorType.F32, shape, MemoryMarshal.AsBytes(values));

    /// <summary>Adds a tensor of any type.</summary>
    /// <param name="name">GGUF's name of the tensor.</param>
    /// <param name="type">How the numbers are stored.</param>
    /// <param name="shape">Lengths of the dimensions, outermost first.</param>
    /// <param name="data">The bytes; they are copied.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="ArgumentException">The name is taken, or the number of bytes is not what type and shape ask for.</exception>
    public Tensor Add(string name, TensorType type, ReadOnlySpan<int> shape, ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentException.ThrowIfNullOrEmpty(name);
        foreach (int length in shape) ArgumentOutOfRangeException.ThrowIfLessThan(length, 1, nameof(shape));
        int[] lengths = shape.ToArray();
        long bytes = TensorTypes.ByteCount(type, lengths);
        if (bytes != data.Length) throw new ArgumentException($"Tensor '{name}' needs {bytes} bytes, {data.Length} are given.", nameof(data));
        if (_tensors.ContainsKey(name)) throw new ArgumentException($"There is a tensor '{name}' already.", nameof(name));

        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        _memory.Add((nint)memory);
        data.CopyTo(new Span<byte>(memory, data.Length));
        Tensor tensor = new(name, type, lengths, memory);
        _tensors.Add(name, tensor);
        return tensor;
    }

    /// <inheritdoc/>
    public Tensor? Find(string name, int? expert = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentNullException.ThrowIfNull(name);
        return _tensors.TryGetValue(name, out Tensor? tensor) && expert is { } index ? tensor.ExpertMatrix(index, "tensors in memory") : tensor;
    }

    /// <summary>The tensors, in the order in which they were added.</summary>
    /// <returns>An enumerator.</returns>
    public IEnumerator<Tensor> GetEnumerator() => _tensors.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        foreach (nint memory in _memory) NativeMemory.AlignedFree((void*)memory);
    }
}

using SeekSharp.Formats;

namespace SeekSharp.Conversion;

/// <summary>
/// The key half of DeepSeek's matrix of keys and values, as GGUF has it: [heads x rank, nope] from rows of [heads x (nope + value), rank], each head transposed,
/// so that absorbed attention multiplies queries with it as it stands.
/// </summary>
internal sealed class TransposedKeys(TensorSource keysAndValues, int heads, int nope, int value) : TensorSource
{
    private readonly int _rank = keysAndValues.Columns;

    /// <inheritdoc/>
    public override int Rows => heads * _rank;

    /// <inheritdoc/>
    public override int Columns => nope;

    /// <inheritdoc/>
    public override int Unit => _rank;

    /// <inheritdoc/>
    public override TensorType? StoredType => null;

    /// <inheritdoc/>
    public override void ReadFloats(int row, int count, Span<float> destination)
    {
        float[] head = new float[nope * _rank];
        for (int i = 0; i < count; i += _rank)
        {
            keysAndValues.ReadFloats((row + i) / _rank * (nope + value), nope, head);
            for (int column = 0; column < nope; column++)
                for (int k = 0; k < _rank; k++) destination[(i + k) * nope + column] = head[column * _rank + k];
        }
    }

    /// <inheritdoc/>
    public override void ReadBytes(int row, int count, Span<byte> destination) => throw new InvalidOperationException("Transposed rows have no bytes.");

    /// <inheritdoc/>
    public override void Prefetch(int row, int count)
    {
        for (int i = 0; i < count; i += _rank) keysAndValues.Prefetch((row + i) / _rank * (nope + value), nope);
    }

    /// <inheritdoc/>
    public override void Release(int row, int count)
    {
        for (int i = 0; i < count; i += _rank) keysAndValues.Release((row + i) / _rank * (nope + value), nope);
    }
}

/// <summary>The way back: [heads x (nope + value), rank] from GGUF's two halves.</summary>
internal sealed class JoinedKeysAndValues(TensorSource keys, TensorSource values, int heads) : TensorSource
{
    private readonly int _rank = values.Columns;
    private readonly int _nope = keys.Columns;
    private readonly int _value = values.Rows / heads;

    /// <inheritdoc/>
    public override int Rows => heads * Unit;

    /// <inheritdoc/>
    public override int Columns => _rank;

    /// <inheritdoc/>
    public override int Unit => _nope + _value;

    /// <inheritdoc/>
    public override TensorType? StoredType => null;

    /// <inheritdoc/>
    public override void ReadFloats(int row, int count, Span<float> destination)
    {
        float[] head = new float[_rank * _nope];
        for (int i = 0; i < count; i += Unit)
        {
            int index = (row + i) / Unit;
            keys.ReadFloats(index * _rank, _rank, head);
            for (int column = 0; column < _nope; column++)
                for (int k = 0; k < _rank; k++) destination[(i + column) * _rank + k] = head[k * _nope + column];
            values.ReadFloats(index * _value, _value, destination.Slice((i + _nope) * _rank, _value * _rank));
        }
    }

    /// <inheritdoc/>
    public override void ReadBytes(int row, int count, Span<byte> destination) => throw new InvalidOperationException("Transposed rows have no bytes.");

    /// <inheritdoc/>
    public override void Prefetch(int row, int count) => ForEachHead(row, count, static (source, first, length) => source.Prefetch(first, length));

    /// <inheritdoc/>
    public override void Release(int row, int count) => ForEachHead(row, count, static (source, first, length) => source.Release(first, length));

    private void ForEachHead(int row, int count, Action<TensorSource, int, int> action)
    {
        for (int i = 0; i < count; i += Unit)
        {
            int index = (row + i) / Unit;
            action(keys, index * _rank, _rank);
            action(values, index * _value, _value);
        }
    }
}

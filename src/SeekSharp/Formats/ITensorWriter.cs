namespace SeekSharp.Formats;

/// <summary>Writes the tensors of a model one after another.</summary>
internal interface ITensorWriter : IDisposable
{
    /// <summary>Announces a tensor. All are announced before the first byte is written.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">How it is stored.</param>
    /// <param name="shape">Lengths of its dimensions, outermost first.</param>
    void AddTensor(string name, TensorType type, IReadOnlyList<int> shape);

    /// <summary>Appends bytes of tensors, in the order in which they were announced; a call may end inside a tensor, and not span two.</summary>
    /// <param name="data">The bytes.</param>
    void Write(ReadOnlySpan<byte> data);

    /// <summary>Makes the model appear under its name.</summary>
    void Complete();
}

namespace SeekSharp.Kernels;

/// <summary>The form in which a product reads its activations; the type of the weights decides.</summary>
internal enum ActivationFormat
{
    /// <summary>float32, as given, for float weights.</summary>
    Float32,
    /// <summary>int8 with a float32 scale per 32, for all quantised weights.</summary>
    Int8,
}

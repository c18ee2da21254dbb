namespace SeekSharp.Kernels;

/// <summary>The form in which a product reads its activations; the type of the weights decides.</summary>
internal enum ActivationFormat
{
    /// <summary>float32, as given.</summary>
    Float32,
    /// <summary>int8 with a float32 scale per 32, for the types with 32 weights per block.</summary>
    Int8Block32,
    /// <summary>int8 with a float32 scale per 256, for the types with 256 weights per block.</summary>
    Int8Block256,
}

namespace SeekSharp.Conversion;

/// <summary>How far the writing of a model is.</summary>
/// <param name="Tensor">The tensor being written.</param>
/// <param name="Bytes">Bytes of tensors written so far.</param>
/// <param name="TotalBytes">Bytes of all tensors.</param>
public readonly record struct ConversionProgress(string Tensor, long Bytes, long TotalBytes);

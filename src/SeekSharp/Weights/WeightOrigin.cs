namespace SeekSharp.Weights;

/// <summary>How a model's weights came into the form in which kernels read them.</summary>
public enum WeightOrigin
{
    /// <summary>They were packed when the model was loaded.</summary>
    Packed,

    /// <summary>They were packed when the model was loaded, into a file that the next load will find.</summary>
    PackedIntoCache,

    /// <summary>An earlier load had left them in the cache.</summary>
    Cached,
}

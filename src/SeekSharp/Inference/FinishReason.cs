namespace SeekSharp.Inference;

/// <summary>Why a generated text ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended it, or a stop string did.</summary>
    Stop,
    /// <summary>As many tokens as were asked for, or the context is full.</summary>
    Length,
}

using SeekSharp.Formats;

namespace SeekSharp.Kernels;

/// <summary>Packs groups of 16 rows of one type and decodes rows out of them.</summary>
internal abstract unsafe class PackedLayout
{
    /// <summary>Changes with the bytes that any layout makes of a matrix: packed weights of another version are not read.</summary>
    public const int Version = 1;

    private static readonly PackedLayout[] Layouts = CreateAll();

    /// <summary>The layout of a type.</summary>
    public static PackedLayout Of(TensorType type) => Layouts[(int)type];

    /// <summary>The form of activations that products with this type read.</summary>
    public abstract ActivationFormat ActivationFormat { get; }

    /// <summary>Bytes of 16 rows, a multiple of 64.</summary>
    public abstract long GroupBytes(int columns);

    /// <summary>Packs 16 rows, or fewer with zeros after them.</summary>
    /// <exception cref="ModelFormatException">A scale is not finite.</exception>
    public abstract void PackGroup(Tensor tensor, int firstRow, byte* group);

    /// <summary>Decodes one row.</summary>
    /// <param name="group">The packed group.</param>
    /// <param name="row">Row within the group.</param>
    /// <param name="destination">Receives all columns.</param>
    public abstract void DecodeRow(byte* group, int row, Span<float> destination);

    private static PackedLayout[] CreateAll()
    {
        var layouts = new PackedLayout[Enum.GetValues<TensorType>().Length];
        foreach (TensorType type in Enum.GetValues<TensorType>()) layouts[(int)type] = Create(type);
        return layouts;
    }

    private static PackedLayout Create(TensorType type) => type switch
    {
        TensorType.F32 => new FloatLayout<F32Format>(),
        TensorType.F16 => new FloatLayout<F16Format>(),
        TensorType.BF16 => new FloatLayout<BF16Format>(),
        TensorType.F8E4M3 => new FloatLayout<F8E4M3Format>(),
        TensorType.Q4_0 => new QuantizedLayout<Q4_0Format>(),
        TensorType.Q4_1 => new QuantizedLayout<Q4_1Format>(),
        TensorType.Q5_0 => new QuantizedLayout<Q5_0Format>(),
        TensorType.Q5_1 => new QuantizedLayout<Q5_1Format>(),
        TensorType.Q8_0 => new QuantizedLayout<Q8_0Format>(),
        TensorType.Q2_K => new QuantizedLayout<Q2_KFormat>(),
        TensorType.Q3_K => new QuantizedLayout<Q3_KFormat>(),
        TensorType.Q4_K => new QuantizedLayout<Q4_KFormat>(),
        TensorType.Q5_K => new QuantizedLayout<Q5_KFormat>(),
        TensorType.Q6_K => new QuantizedLayout<Q6_KFormat>(),
        TensorType.IQ4_NL => new QuantizedLayout<IQ4_NLFormat>(),
        TensorType.IQ4_XS => new QuantizedLayout<IQ4_XSFormat>(),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown tensor type."),
    };
}

namespace SeekSharp.Planning.Units;

/// <summary>What a quantity measures, and so which units it may have. Values are in the unit named first.</summary>
public enum Dimension
{
    /// <summary>A plain number: "2,048", "14.8T", "671B" (billions), "1e26".</summary>
    Count,

    /// <summary>Bytes: "80GB", "64MiB".</summary>
    Bytes,

    /// <summary>Bytes a second: "400GB/s", "400Gb/s" (bits).</summary>
    BytesPerSecond,

    /// <summary>Operations a second, 2 a multiply-add: "989T", "989TFLOPS", "1979TOPS".</summary>
    OperationsPerSecond,

    /// <summary>Dollars an hour: "$2/h", "2$/h", "2".</summary>
    DollarsPerHour,

    /// <summary>Dollars: "$0.14".</summary>
    Dollars,

    /// <summary>Watts: "700W", "1.2kW".</summary>
    Watts,

    /// <summary>Square millimetres: "814mm2".</summary>
    SquareMillimetres,

    /// <summary>Seconds: "20ms", "2h", "3d".</summary>
    Seconds,
}

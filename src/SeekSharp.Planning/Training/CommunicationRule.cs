namespace SeekSharp.Planning.Training;

/// <summary>
/// DeepSeek-V4 §3.1: the traffic of experts can be hidden behind their arithmetic where arithmetic C over bandwidth B is at most V_comp / V_comm: 6 h d operations per
/// token and expert against 3 h bytes (dispatch in FP8, combine in BF16), which is 2 d whatever the hidden size h.
/// </summary>
public static class CommunicationRule
{
    /// <summary>Operations per byte up to which traffic can be hidden.</summary>
    /// <param name="expertWidth">d: inner width of one expert.</param>
    /// <param name="float8Dispatch">Whether tokens travel to experts in FP8 (3 bytes a value both ways) or BF16 (4 bytes).</param>
    public static double OperationsPerByte(int expertWidth, bool float8Dispatch = true) => 6.0 * expertWidth / (float8Dispatch ? 3 : 4);

    /// <summary>Operations a second that a bandwidth can feed.</summary>
    /// <param name="bytesPerSecond">Bandwidth of one device in one direction.</param>
    /// <param name="expertWidth">Inner width of one expert.</param>
    /// <param name="float8Dispatch">Whether tokens travel to experts in FP8.</param>
    public static double OperationsHidden(double bytesPerSecond, int expertWidth, bool float8Dispatch = true) =>
        bytesPerSecond * OperationsPerByte(expertWidth, float8Dispatch);

    /// <summary>Whether traffic can be hidden.</summary>
    /// <param name="operationsPerSecond">C: what the device computes.</param>
    /// <param name="bytesPerSecond">B: bandwidth of the device in one direction.</param>
    /// <param name="expertWidth">Inner width of one expert.</param>
    /// <param name="float8Dispatch">Whether tokens travel to experts in FP8.</param>
    public static bool Hides(double operationsPerSecond, double bytesPerSecond, int expertWidth, bool float8Dispatch = true) =>
        operationsPerSecond <= OperationsHidden(bytesPerSecond, expertWidth, float8Dispatch);
}

using SeekSharp.Kernels;

namespace SeekSharp.Weights;

/// <summary>Packed weights in memory of this process.</summary>
/// <param name="byteCount">Bytes of all weights.</param>
internal sealed unsafe class PackedMemory(long byteCount) : PackedWeights, IPackingTarget
{
    private readonly AlignedBuffer _buffer = new(byteCount);

    public override byte* At(long offset) => _buffer.Pointer + offset;

    public override long ByteCount => byteCount;

    public override WeightOrigin Origin => WeightOrigin.Packed;

    public byte* Begin(int worker, long offset, int length) => _buffer.Pointer + offset;

    public void End(int worker, long offset, int length) { }

    protected override void Free() => _buffer.Dispose();
}

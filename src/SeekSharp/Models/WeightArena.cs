using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Memory of a model's weights: a few large aligned buffers, filled from the front, freed together.</summary>
internal sealed unsafe class WeightArena : IDisposable
{
    private const long FirstBufferBytes = 1L << 20, BufferBytes = 64L << 20;
    private readonly List<AlignedBuffer> _buffers = [];
    private readonly Lock _lock = new();
    private AlignedBuffer? _current;
    private long _used;

    /// <summary>Bytes handed out.</summary>
    public long ByteCount { get; private set; }

    /// <summary>Zeroed memory, aligned to a cache line, valid until the arena is disposed.</summary>
    public byte* Allocate(long byteCount)
    {
        byteCount = (byteCount + 63) & ~63L;
        lock (_lock)
        {
            ByteCount += byteCount;
            if (byteCount > BufferBytes / 4) return Add(byteCount).Pointer;
            if (_current is null || _used + byteCount > _current.ByteCount) (_current, _used) = (Add(NextBufferBytes(byteCount)), 0);
            _used += byteCount;
            return _current.Pointer + _used - byteCount;
        }
    }

    public void Dispose()
    {
        foreach (AlignedBuffer buffer in _buffers) buffer.Dispose();
        _buffers.Clear();
    }

    /// <summary>Buffers grow with what there is already, so that a small model takes little.</summary>
    private long NextBufferBytes(long byteCount) => Math.Max(Math.Clamp(ByteCount, FirstBufferBytes, BufferBytes), byteCount);

    private AlignedBuffer Add(long byteCount)
    {
        var buffer = new AlignedBuffer(byteCount);
        _buffers.Add(buffer);
        return buffer;
    }
}

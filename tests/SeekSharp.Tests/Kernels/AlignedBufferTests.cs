using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

public sealed unsafe class AlignedBufferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData((2 << 20) - 1)]
    [InlineData(2 << 20)]
    [InlineData((5 << 20) + 3)]
    public void MemoryIsZeroedAlignedAndWritable(int bytes)
    {
        using var buffer = new AlignedBuffer(bytes);
        Assert.Equal(bytes, buffer.ByteCount);
        nuint alignment = bytes >= 2 << 20 && OperatingSystem.IsLinux() ? 2u << 20 : 64;
        Assert.Equal(0u, (nuint)buffer.Pointer % alignment);
        Span<byte> span = buffer.AsSpan<byte>();
        Assert.Equal(bytes, span.Length);
        Assert.False(span.ContainsAnyExcept((byte)0));
        span.Fill(1);
    }

    [Fact]
    public void DisposedMemoryIsOutOfReach()
    {
        var buffer = new AlignedBuffer(10);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan<byte>());
    }

    [Fact]
    public void NegativeSizesAreRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new AlignedBuffer(-1));
}

using SeekSharp.Formats;
using SeekSharp.Kernels;
using SeekSharp.Tests.Kernels;
using SeekSharp.Weights;

namespace SeekSharp.Tests.Weights;

public sealed unsafe class WeightPackerTests
{
    /// <summary>Matrices that lie across the ends of segments, for several numbers and sizes of segments, come out as one thread packs them whole.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public void Segments_do_not_show(int threads)
    {
        RandomMatrix[] matrices =
        [
            .. new[] { TensorType.Q4_K, TensorType.F32, TensorType.Q5_0, TensorType.BF16, TensorType.Q6_K }.Select((type, i) => new RandomMatrix(type, 700 + i, 1024, i)),
        ];
        var jobs = new List<PackingJob>();
        long offset = PackedHeader.ByteCount;
        foreach (RandomMatrix matrix in matrices)
        {
            Tensor tensor = matrix.Tensor;
            bool isWhole = jobs.Count == 1;
            long bytes = isWhole ? matrix.Packed.ByteCount : matrix.Packed.GroupBytes;
            jobs.Add(new PackingJob(tensor, tensor.Type, false, false, offset, bytes, isWhole ? 1 : matrix.Packed.RowGroups, (unit, destination) =>
            {
                if (isWhole) PackedMatrix.Pack(tensor, destination);
                else PackedMatrix.PackGroup(tensor, unit, destination);
            }));
            offset = jobs[^1].End + (64 * jobs.Count); // gaps
        }

        var target = new Target(offset);
        long loaded = 0;
        new WeightPacker(jobs, offset, new NoSource(), bytes => Interlocked.Add(ref loaded, bytes)).Run(threads, target);
        Assert.Equal(offset, target.Taken);
        for (int i = 0; i < jobs.Count; i++)
        {
            var expected = new ReadOnlySpan<byte>(matrices[i].Packed.Data, (int)matrices[i].Packed.ByteCount);
            Assert.True(expected.SequenceEqual(target.Bytes.AsSpan((int)jobs[i].Offset, expected.Length)), $"matrix {i}");
        }

        Assert.Equal(matrices.Sum(matrix => matrix.Tensor.ByteCount), loaded);
        foreach (RandomMatrix matrix in matrices) matrix.Dispose();
    }

    [Fact]
    public void The_first_failure_is_thrown()
    {
        using var matrix = new RandomMatrix(TensorType.F32, 4096, 1024, 1);
        var job = new PackingJob(matrix.Tensor, TensorType.F32, false, false, 0, matrix.Packed.GroupBytes, matrix.Packed.RowGroups, (unit, _) =>
        {
            if (unit == 100) throw new ModelFormatException("one hundred");
        });
        var exception = Assert.Throws<ModelFormatException>(() => new WeightPacker([job], job.End, new NoSource(), _ => { }).Run(2, new Target(job.End)));
        Assert.Equal("one hundred", exception.Message);
    }

    private sealed class NoSource : IWeightSource
    {
        public Tensor? Find(string name, int? expert = null) => null;
    }

    /// <summary>Keeps segments aside until they are complete, as a file does.</summary>
    private sealed class Target(long byteCount) : IPackingTarget
    {
        private readonly Dictionary<int, AlignedBuffer> _windows = [];
        private long _taken;

        public byte[] Bytes { get; } = new byte[byteCount];

        public long Taken => _taken;

        public byte* Begin(int worker, long offset, int length)
        {
            lock (_windows)
            {
                _windows[worker] = new AlignedBuffer(length);
                return _windows[worker].Pointer;
            }
        }

        public void End(int worker, long offset, int length)
        {
            lock (_windows)
            {
                new ReadOnlySpan<byte>(_windows[worker].Pointer, length).CopyTo(Bytes.AsSpan((int)offset));
                _windows[worker].Dispose();
                _taken += length;
            }
        }
    }
}

using System.Security.Cryptography;
using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

/// <summary>Packed weights are kept on disk: who changes a layout must change <see cref="PackedLayout.Version"/>, or old files are read with new kernels.</summary>
public sealed unsafe class PackedLayoutVersionTests
{
    [Fact]
    public void The_version_stands_for_these_bytes()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TensorType type in Enum.GetValues<TensorType>())
        {
            using var matrix = new RandomMatrix(type, 37, RandomMatrix.Columns(type, 3), seed: 1);
            hash.AppendData(new ReadOnlySpan<byte>(matrix.Packed.Data, (int)matrix.Packed.ByteCount));
        }

        // When this fails because a layout has changed on purpose, raise the version and take the new hash.
        Assert.Equal((1, "18369176f07a416b"), (PackedLayout.Version, Convert.ToHexStringLower(hash.GetHashAndReset())[..16]));
    }
}

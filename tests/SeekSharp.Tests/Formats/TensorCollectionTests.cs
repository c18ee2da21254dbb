using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

public sealed class TensorCollectionTests
{
    [Fact]
    public void Tensors_are_copied_and_found()
    {
        float[] values = [1, 2, 3, 4];
        using TensorCollection tensors = new();
        tensors.Add("a", [2, 1, 2], values);
        tensors.Add("b", TensorType.F16, [1], [0x00, 0x3C]);
        values[0] = 9;
        Assert.Equal(1, Read(tensors.Find("a")!)[0]);
        Assert.Equal([3f, 4], Read(tensors.Find("a", expert: 1)!));
        Assert.Equal([1f], Read(tensors.Find("b")!));
        Assert.Null(tensors.Find("c"));
        Assert.Equal(["a", "b"], tensors.Select(tensor => tensor.Name));
        Assert.Throws<ModelFormatException>(() => tensors.Find("a", expert: 2));
    }

    [Fact]
    public void Wrong_tensors_are_refused()
    {
        TensorCollection tensors = new();
        tensors.Add("a", [1], [1f]);
        Assert.Throws<ArgumentException>(() => tensors.Add("a", [1], [1f]));
        Assert.Throws<ArgumentException>(() => tensors.Add("b", [2], [1f]));
        Assert.Throws<ArgumentException>(() => tensors.Add("b", TensorType.Q8_0, [16], new byte[17]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensors.Add("b", [-1, -1], [1f]));
        tensors.Dispose();
        tensors.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensors.Find("a"));
    }

    private static float[] Read(Tensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        Dequantizer.ToFloat32(tensor, values);
        return values;
    }
}

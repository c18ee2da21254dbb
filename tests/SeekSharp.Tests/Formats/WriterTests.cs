using System.Text.Json;
using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

/// <summary>What the writers write, the readers read; what is not complete leaves nothing.</summary>
public sealed class WriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Values_of_every_type_come_back()
    {
        GgufBuilder builder = new();
        builder.Set("a", (byte)1).Set("b", (sbyte)-1).Set("c", (ushort)2).Set("d", (short)-2).Set("e", 3u).Set("f", -3).Set("g", 1.5f).Set("h", true).Set("i", "text ü");
        builder.Set("j", 4ul).Set("k", -4L).Set("l", 2.5).Set("m", new[] { "x", "" }).Set("n", new[] { 1, -2 }).Set("o", new[] { 1f, 2f }).Set("p", new[] { true, false }).Set("q", Array.Empty<string>());
        builder.Add("t", [2, 3], 1, 2, 3, 4, 5, 6);
        using GgufFile original = GgufFile.Open(_folder.Write("original.gguf", builder.ToBytes()));
        string path = PathOf("copy.gguf");
        using (GgufWriter writer = new(path))
        {
            writer.CopyMetadata(original.Metadata);
            writer.AddTensor("t", TensorType.F32, [2, 3]);
            Span<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(new float[] { 1, 2, 3, 4, 5, 6 }).ToArray();
            writer.Write(bytes[..5]);
            writer.Write(bytes[5..]);
            writer.Complete();
        }

        Assert.Equal(File.ReadAllBytes(PathOf("original.gguf")), File.ReadAllBytes(path));
    }

    [Fact]
    public void What_is_not_complete_leaves_nothing()
    {
        string path = PathOf("model.gguf");
        GgufWriter writer = new(path);
        writer.Set("general.architecture", "llama");
        writer.AddTensor("t", TensorType.F32, [4]);
        writer.Write(new byte[8]);
        Assert.Throws<InvalidOperationException>(writer.Complete);
        Assert.Throws<InvalidOperationException>(() => writer.Write(new byte[9]));
        Assert.Throws<InvalidOperationException>(() => writer.Set("late", 1u));
        Assert.False(File.Exists(path));
        writer.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));

        SafetensorsWriter folder = new(PathOf("model"));
        folder.AddTensor("t", TensorType.F32, [4]);
        folder.Write(new byte[8]);
        Assert.Throws<InvalidOperationException>(folder.Complete);
        folder.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void What_is_there_is_only_replaced_on_request()
    {
        string path = _folder.Write("model.gguf", "old");
        using (GgufWriter writer = new(path)) Assert.Throws<IOException>(writer.Complete);
        Assert.Equal("old", File.ReadAllText(path));
        using (GgufWriter writer = new(path, overwrite: true)) writer.Complete();
        using (GgufFile file = GgufFile.Open(path)) Assert.Empty(file.Tensors);

        Directory.CreateDirectory(PathOf("model"));
        File.WriteAllText(PathOf("model/old.txt"), "old");
        using (SafetensorsWriter writer = new(PathOf("model"))) Assert.Throws<IOException>(writer.Complete);
        Assert.True(File.Exists(PathOf("model/old.txt")));
        using (SafetensorsWriter writer = new(PathOf("model"), overwrite: true)) Assert.Throws<IOException>(writer.Complete);
        Assert.True(File.Exists(PathOf("model/old.txt")));
        File.WriteAllText(PathOf("model/config.json"), "{}");
        using (SafetensorsWriter writer = new(PathOf("model"), overwrite: true)) writer.Complete();
        Assert.Empty(Directory.GetFileSystemEntries(PathOf("model")));
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Path).Length);
    }

    [Fact]
    public void A_disk_without_room_is_told_before_anything_is_written()
    {
        using GgufWriter writer = new(PathOf("model.gguf"));
        writer.AddTensor("t", TensorType.F32, [int.MaxValue, int.MaxValue / 8]);
        var exception = Assert.Throws<IOException>(() => writer.Write(new byte[4]));
        Assert.Contains("are needed", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Large_folders_are_cut_into_shards_with_an_index()
    {
        using (SafetensorsWriter writer = new(PathOf("model"), largestShard: 100))
        {
            foreach (string name in (string[])["a", "b", "c"]) writer.AddTensor(name, TensorType.F32, [4, 4]);
            writer.AddTensor("d", TensorType.BF16, [3]);
            writer.AddText("config.json", PublishedConfigs.DeepSeekV3);
            for (int i = 0; i < 3; i++) writer.Write([.. Enumerable.Repeat((byte)i, 64)]);
            writer.Write(new byte[6]);
            writer.Complete();
        }

        Assert.Equal(5, Directory.GetFiles(PathOf("model")).Length);
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(PathOf("model"));
        Assert.Equal(["a", "b", "c", "d"], folder.Tensors.Select(tensor => tensor.Name));
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(PathOf("model/model.safetensors.index.json")));
        Assert.Equal(198, index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        Assert.Equal("model-00003-of-00003.safetensors", index.RootElement.GetProperty("weight_map").GetProperty("d").GetString());
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);
}

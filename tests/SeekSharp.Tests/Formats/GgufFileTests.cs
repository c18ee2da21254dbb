using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Every_kind_of_value_comes_back(uint version)
    {
        GgufBuilder builder = new() { Version = version };
        builder.Set("u8", (byte)200).Set("i8", (sbyte)-3).Set("u16", (ushort)60000).Set("i16", (short)-30000).Set("u32", 7u).Set("i32", -7);
        builder.Set("f32", 1.5f).Set("yes", true).Set("no", false).Set("text", "schön 𠀀").Set("u64", 1UL << 30).Set("i64", -5L).Set("f64", 0.25);
        builder.Set("texts", new[] { "a", "", "c" }).Set("ints", new[] { 1, -2 }).Set("uints", new[] { 3u, 4u }).Set("floats", new[] { 0.5f });
        builder.Set("empty", Array.Empty<string>()).Set("flags", new[] { true, false }).Set("nested", new[] { new[] { 1 }, new[] { 2, 3 } });
        using GgufFile file = GgufFile.Open(_folder.Write("model.gguf", builder.ToBytes()));
        GgufMetadata metadata = file.Metadata;

        Assert.Equal("u8 i8 u16 i16 u32 i32 f32 yes no text u64 i64 f64 texts ints uints floats empty flags nested", string.Join(' ', metadata.Keys));
        int[] integers = [.. new[] { "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64" }.Select(metadata.GetInt32)];
        Assert.Equal([200, -3, 60000, -30000, 7, -7, 1 << 30, -5], integers);
        Assert.Equal((1.5f, 0.25f, 7f), (metadata.GetFloat("f32"), metadata.GetFloat("f64"), metadata.GetFloat("u32")));
        Assert.True(metadata.GetBooleanOrDefault("yes"));
        Assert.True(metadata.TryGetBoolean("no", out bool no) && !no);
        Assert.Equal("schön 𠀀", metadata.GetString("text"));
        Assert.Equal(["a", "", "c"], metadata.GetStringArray("texts"));
        Assert.Equal([1, -2], metadata.GetInt32Array("ints"));
        Assert.Equal([3, 4], metadata.GetInt32Array("uints"));
        Assert.Equal([0.5f], metadata.GetFloatArray("floats"));
        Assert.Empty(metadata.GetStringArray("empty"));
        Assert.Equal(("[true, false]", "[[1], [2, 3]]", "3 texts"), (metadata.Describe("flags"), metadata.Describe("nested"), metadata.Describe("texts")));
        Assert.Equal((9, 2.5f, true), (metadata.GetInt32OrDefault("none", 9), metadata.GetFloatOrDefault("none", 2.5f), metadata.GetBooleanOrDefault("none", true)));
        Assert.False(metadata.TryGetString("none", out _));
        Assert.Contains("'none' is missing", Assert.Throws<ModelFormatException>(() => metadata.GetInt32("none")).Message, StringComparison.Ordinal);
        Assert.Contains("'text' is not an integer", Assert.Throws<ModelFormatException>(() => metadata.GetInt32("text")).Message, StringComparison.Ordinal);
        Assert.Contains("'i32' is not a text", Assert.Throws<ModelFormatException>(() => metadata.GetString("i32")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_do_not_fit_are_refused()
    {
        GgufBuilder builder = new GgufBuilder().Set("big", 1UL << 40).Set("bigs", new[] { 1UL << 40 });
        using GgufFile file = GgufFile.Open(_folder.Write("model.gguf", builder.ToBytes()));
        Assert.Contains("does not fit", Assert.Throws<ModelFormatException>(() => file.Metadata.GetInt32("big")).Message, StringComparison.Ordinal);
        Assert.Contains("does not fit", Assert.Throws<ModelFormatException>(() => file.Metadata.GetInt32Array("bigs")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_may_be_given_once_or_per_layer()
    {
        GgufBuilder builder = new GgufBuilder().Set("one", 4).Set("same", new[] { 4, 4 }).Set("different", new[] { 4, 5 }).Set("empty", Array.Empty<int>());
        using GgufFile file = GgufFile.Open(_folder.Write("model.gguf", builder.ToBytes()));
        Assert.Equal((4, 4, null), (file.Metadata.GetUniformInt32("one"), file.Metadata.GetUniformInt32("same"), file.Metadata.GetUniformInt32("none")));
        Assert.Contains("differs from layer to layer", Assert.Throws<ModelFormatException>(() => file.Metadata.GetUniformInt32("different")).Message, StringComparison.Ordinal);
        Assert.Contains("empty", Assert.Throws<ModelFormatException>(() => file.Metadata.GetUniformInt32("empty")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(8)]
    [InlineData(256)]
    public void Tensors_come_back_with_their_bytes(int alignment)
    {
        GgufBuilder builder = new() { Alignment = alignment, PadsLastTensor = false };
        if (alignment != 32) builder.Set("general.alignment", (uint)alignment);
        builder.Add("vector", [3], 1, 2, 3).Add("matrix", [2, 3], 1, 2, 3, 4, 5, 6).Add("stack", [2, 1, 2], 1, 2, 3, 4);
        string path = _folder.Write("model.gguf", builder.ToBytes());
        using GgufFile file = GgufFile.Open(path);

        Assert.Equal(["vector", "matrix", "stack"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([2, 3], file.Find("matrix")!.Shape);
        Assert.Equal([1f, 2, 3, 4, 5, 6], Read(file.Find("matrix")!));
        Assert.Equal([3f, 4], Read(file.Find("stack", expert: 1)!));
        Assert.Null(file.Find("other"));
        Assert.Null(file.Find("other", expert: 0));
        Assert.Contains("no expert 2", Assert.Throws<ModelFormatException>(() => file.Find("stack", 2)).Message, StringComparison.Ordinal);
        Assert.Contains("one matrix per expert", Assert.Throws<ModelFormatException>(() => file.Find("matrix", 0)).Message, StringComparison.Ordinal);
        Assert.Equal(new FileInfo(path).Length, file.ByteCount);
    }

    [Fact]
    public void Every_supported_type_is_sized_as_ggml_sizes_it()
    {
        GgufBuilder builder = new();
        foreach (TensorType type in Enum.GetValues<TensorType>().Where(type => GgufTypes.ToId(type) is not null)) builder.Add($"{type}", type, [2, 256]);
        using GgufFile file = GgufFile.Open(_folder.Write("model.gguf", builder.ToBytes()));
        foreach (Tensor tensor in file.Tensors)
        {
            Assert.Equal(tensor.Name, $"{tensor.Type}");
            Assert.Equal(TensorTypes.ByteCount(tensor.Type, [2, 256]), tensor.ByteCount);
        }

        Assert.Equal(15, file.Tensors.Count);
    }

    [Fact]
    public void Released_tensors_stay_readable()
    {
        float[] values = [.. Enumerable.Range(0, 10_000).Select(i => (float)i)];
        using ModelFile file = ModelFile.Open(_folder.Write("model.gguf", new GgufBuilder().Add("big", [100, 100], values).Add("next", [1], 5).ToBytes()));
        file.Release(file.Find("big")!);
        Assert.Equal(values, Read(file.Find("big")!));
        Assert.Equal([5f], Read(file.Find("next")!));
    }

    [Fact]
    public void A_vocabulary_alone_opens()
    {
        GgufBuilder builder = SmallModels.Grouped("llama").Set("tokenizer.chat_template", "{{ messages }}");
        using ModelFile file = ModelFile.Open(_folder.Write("model.gguf", builder.ToBytes()));
        Assert.Empty(file.Tensors);
        Assert.Equal("{{ messages }}", file.ChatTemplate);
        Assert.Equal(3, file.Config.VocabularySize);
    }

    [Fact]
    public void An_unknown_architecture_opens_but_has_no_configuration()
    {
        using ModelFile file = ModelFile.Open(_folder.Write("model.gguf", new GgufBuilder().Set("general.architecture", "gemma4").ToBytes()));
        Assert.Contains("'gemma4' is not supported", Assert.Throws<ModelFormatException>(() => file.Config).Message, StringComparison.Ordinal);
        Assert.Null(file.ChatTemplate);
    }

    [Fact]
    public void A_large_vocabulary_loads_fast()
    {
        string[] tokens = [.. Enumerable.Range(0, 130_000).Select(i => $"token{i}")];
        string path = _folder.Write("model.gguf", new GgufBuilder().Set("tokenizer.ggml.tokens", tokens).ToBytes());
        GgufFile.Open(path).Dispose(); // compiles the code
        long start = Environment.TickCount64;
        using GgufFile file = GgufFile.Open(path);
        Assert.InRange(Environment.TickCount64 - start, 0, 1000); // some 10 ms; a reader that is quadratic anywhere takes minutes
        Assert.Equal(tokens, file.Metadata.GetStringArray("tokenizer.ggml.tokens"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_split_file_opens_by_any_part(int opened)
    {
        WriteParts(3);
        using ModelFile file = ModelFile.Open(PartPath(opened, 3));
        Assert.Equal(["t0", "t1", "t2"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([2f], Read(file.Find("t2")!));
        Assert.Equal("llama", ((GgufFile)file).Metadata.GetString("general.architecture"));
        Assert.Equal(Enumerable.Range(1, 3).Sum(part => new FileInfo(PartPath(part, 3)).Length), file.ByteCount);
        file.Release(file.Find("t1")!);
        Assert.Equal([1f], Read(file.Find("t1")!));
    }

    [Fact]
    public void A_split_file_must_be_whole()
    {
        WriteParts(3);
        File.Delete(PartPath(2, 3));
        foreach (int opened in new[] { 1, 3 }) Fails(PartPath(opened, 3), "part 2 of 3 is missing");
    }

    [Fact]
    public void Parts_of_a_split_file_must_be_what_their_names_say()
    {
        WriteParts(3);
        File.Copy(PartPath(3, 3), PartPath(2, 3), overwrite: true);
        Fails(PartPath(1, 3), "says it is part 3 of 3");

        File.Copy(PartPath(1, 3), Path.Combine(_folder.Path, "renamed.gguf"));
        Fails(Path.Combine(_folder.Path, "renamed.gguf"), "must be named like");

        File.Copy(PartPath(1, 3), PartPath(1, 4));
        Fails(PartPath(1, 4), "the name says 4 parts");
    }

    [Fact]
    public void Parts_of_a_split_file_must_hold_what_the_first_promises()
    {
        WriteParts(2, promisedTensors: 5);
        Fails(PartPath(1, 2), "hold 2 tensors, key 'split.tensors.count' says 5");
        WriteParts(2, tensorName: _ => "same");
        Fails(PartPath(1, 2), "'same' is there twice");
    }

    [Fact]
    public void Missing_files_are_told_apart_from_damaged_ones()
    {
        Assert.Throws<FileNotFoundException>(() => ModelFile.Open(Path.Combine(_folder.Path, "none.gguf")));
        Fails(_folder.Path, "no 'config.json'");
        Fails(_folder.Write("config.json", "{}"), "opened by its folder");
    }

    private static void Fails(string path, string expected) =>
        Assert.Contains(expected, Assert.Throws<ModelFormatException>(() => ModelFile.Open(path)).Message, StringComparison.Ordinal);

    private void WriteParts(int count, int? promisedTensors = null, Func<int, string>? tensorName = null)
    {
        for (int part = 0; part < count; part++)
        {
            GgufBuilder builder = new();
            if (part == 0) builder.Set("general.architecture", "llama");
            builder.Set("split.no", (ushort)part).Set("split.count", (ushort)count).Set("split.tensors.count", promisedTensors ?? count);
            builder.Add(tensorName?.Invoke(part) ?? $"t{part}", [1], part);
            _folder.Write(Path.GetFileName(PartPath(part + 1, count)), builder.ToBytes());
        }
    }

    private string PartPath(int part, int count) => Path.Combine(_folder.Path, $"model-{part:D5}-of-{count:D5}.gguf");

    private static float[] Read(Tensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        Dequantizer.ToFloat32(tensor, values);
        return values;
    }
}

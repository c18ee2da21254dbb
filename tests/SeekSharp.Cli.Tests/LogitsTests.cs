using System.Runtime.InteropServices;
using System.Text;

namespace SeekSharp.Cli.Tests;

public sealed class LogitsTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    [Fact]
    public void Writes_one_row_per_token_in_numpys_format()
    {
        string path = models.PathOf("logits.npy");
        Assert.Equal("", SeekProcess.Run("logits", "-m", models.Model, "--tokens", "11 48 85", "--kv", "f32", "-o", path).RequireSuccess());
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0], bytes[..8]);
        int headerEnd = 10 + BitConverter.ToUInt16(bytes, 8);
        Assert.Equal(0, headerEnd % 64);
        string header = Encoding.ASCII.GetString(bytes, 10, headerEnd - 10);
        Assert.StartsWith($"{{'descr': '<f4', 'fortran_order': False, 'shape': (3, {TinyModel.VocabularySize}), }}", header, StringComparison.Ordinal);
        Assert.EndsWith("\n", header, StringComparison.Ordinal);
        float[] logits = Values(bytes);
        Assert.Equal(3 * TinyModel.VocabularySize, logits.Length);
        Assert.All(logits, logit => Assert.True(float.IsFinite(logit)));
        Assert.True(logits.Distinct().Count() > TinyModel.VocabularySize);
    }

    [Fact]
    public void Chunks_do_not_change_the_logits()
    {
        string tokens = string.Join(',', Enumerable.Range(0, 20).Select(i => (i * 37 + 11) % 250));
        float[] whole = Logits("whole.npy", "--tokens", tokens);
        Assert.Equal(whole, Logits("chunked.npy", "--tokens", tokens, "--chunk", "7"));
        Assert.Equal(whole, Logits("single.npy", "--tokens", tokens, "--chunk", "1", "-t", "1"));
    }

    [Fact]
    public void Scalar_kernels_agree_with_the_best()
    {
        float[] best = Logits("best.npy", "--tokens", "11 48 85", "--kv", "f32");
        float[] scalar = Logits("scalar.npy", "--tokens", "11 48 85", "--kv", "f32", "--level", "scalar");
        for (int i = 0; i < best.Length; i++) Assert.Equal(scalar[i], best[i], 1e-4f);
    }

    [Fact]
    public void Replaces_a_file_only_with_a_complete_one()
    {
        string path = models.PathOf("kept.npy");
        File.WriteAllText(path, "before");
        SeekProcess.Run("logits", "-m", models.Model, "--tokens", "1 291", "-o", path).RequireFailure("291", "0 to 290");
        Assert.Equal("before", File.ReadAllText(path));
        SeekProcess.Run("logits", "-m", models.Model, "--tokens", "1 290", "-o", path).RequireSuccess();
        Assert.NotEqual("before", File.ReadAllText(path));
        Assert.Empty(Directory.GetFiles(models.Folder, "*.tmp"));
    }

    [Fact]
    public void Says_what_is_wrong()
    {
        string output = models.PathOf("out.npy");
        SeekProcess.Run("logits", "-m", models.Model, "--tokens", "", "-o", output).RequireFailure("--tokens", "no token ids");
        SeekProcess.Run("logits", "-m", models.Model, "--tokens", "1 x", "-o", output).RequireFailure("--tokens", "'x'");
        SeekProcess.Run("logits", "-m", models.Model, "--tokens", "-1", "-o", output).RequireFailure("--tokens", "'-1'");
        SeekProcess.Run("logits", "-m", models.Model, "-o", output).RequireFailure("--tokens");
        SeekProcess.Run("logits", "-m", models.Model, "--tokens", "1", "-o", models.PathOf("missing/out.npy")).RequireFailure("missing/out.npy");
        SeekProcess.Run("logits", "-m", models.Model, "--tokens", "1", "-o", models.Folder).RequireFailure(models.Folder);
        SeekProcess.Run("logits", "-m", models.Model, "--tokens", "1", "--level", "avx9", "-o", output).RequireFailure("--level", "scalar", "avx9");
        SeekProcess.Run("logits", "-m", models.Model, "--tokens", "1", "--kv", "f64", "-o", output).RequireFailure("--kv", "f16, f32");
        Assert.False(File.Exists(output));
    }

    private static float[] Values(byte[] npy) => [.. MemoryMarshal.Cast<byte, float>(npy.AsSpan(10 + BitConverter.ToUInt16(npy, 8)))];

    private float[] Logits(string name, params string[] arguments)
    {
        string path = models.PathOf(name);
        SeekProcess.Run(["logits", "-m", models.Model, "-o", path, .. arguments]).RequireSuccess();
        return Values(File.ReadAllBytes(path));
    }
}

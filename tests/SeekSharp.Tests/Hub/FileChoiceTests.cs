using SeekSharp.Hub;

namespace SeekSharp.Tests.Hub;

public sealed class FileChoiceTests
{
    private static readonly ContentHash Hash = ContentHash.OfSha256(new string('0', 64))!;

    [Theory]
    [InlineData("Model-1.5B-Q4_K_M.gguf", "Q4_K_M")]
    [InlineData("qwen2.5-0.5b-instruct-q4_k_m.gguf", "Q4_K_M")]
    [InlineData("DeepSeek-R1-UD-IQ2_XXS.gguf", "UD-IQ2_XXS")]
    [InlineData("model.f16.gguf", "F16")]
    [InlineData("BF16/model.gguf", "BF16")]
    [InlineData("Q8_0/model-00001-of-00001.gguf", "Q8_0")]
    [InlineData("gpt-MXFP4_MOE.gguf", "MXFP4_MOE")]
    [InlineData("stories260K.gguf", "stories260K")]
    [InlineData("Q4cat.gguf", "Q4cat")]
    public void A_file_is_called_by_its_quantisation_where_it_has_one(string path, string variant) => Assert.Equal(variant, Choose(null, path).Variant);

    [Theory]
    [InlineData("Q4_K_M", "a-Q4_K_M.gguf")]
    [InlineData("q4_k_m", "a-Q4_K_M.gguf")]
    [InlineData("a-Q8_0.gguf", "a-Q8_0.gguf")]
    [InlineData("A-q8_0", "a-Q8_0.gguf")]
    [InlineData("IQ1_S", "UD/a-UD-IQ1_S.gguf")]
    [InlineData("UD/a-UD-IQ1_S.gguf", "UD/a-UD-IQ1_S.gguf")]
    [InlineData("a-UD-IQ1_S.gguf", "UD/a-UD-IQ1_S.gguf")]
    [InlineData("mmproj-F16.gguf", "mmproj-F16.gguf")]
    [InlineData("config.json", "config.json")]
    public void A_name_picks_one_file(string wanted, string path)
    {
        FileChoice choice = Choose(wanted, "a-Q4_K_M.gguf", "a-Q8_0.gguf", "UD/a-UD-IQ1_S.gguf", "mmproj-F16.gguf", "config.json");
        Assert.Equal(path, Assert.Single(choice.Files).Path);
        Assert.Equal(choice.Files[0], choice.MainFile);
    }

    [Fact]
    public void Without_a_name_the_only_model_is_meant()
    {
        Assert.Equal("a-Q4_0.gguf", Choose(null, "README.md", "a-Q4_0.gguf", "mmproj-F16.gguf", "imatrix.gguf").MainFile!.Path);
        Assert.Null(Choose(null, "config.json", "model.safetensors", "tokenizer.json").MainFile);
        Assert.Equal(["config.json", "tokenizer.json", "other.safetensors"], Choose(null, "config.json", "other.safetensors", "tokenizer.json", "sub/x.safetensors").Files.Select(file => file.Path));
        Assert.Equal("a-Q4_0.gguf", Choose("Q4_0", "config.json", "model.safetensors", "a-Q4_0.gguf").MainFile!.Path);
        Assert.Null(Choose("safetensors", "config.json", "model.safetensors", "a-Q4_0.gguf").MainFile);
    }

    [Fact]
    public void What_is_not_clear_is_answered_with_the_choices()
    {
        Fails(null, ["a-Q4_0.gguf", "a-Q8_0.gguf"], "several", "Q4_0, Q8_0");
        Fails(null, ["a-Q4_0.gguf", "config.json", "model.safetensors"], "Q4_0, safetensors");
        Fails("Q5_K_M", ["a-Q4_0.gguf", "a-Q8_0.gguf"], "'Q5_K_M'", "Q4_0, Q8_0");
        Fails("Q4_0", ["a-Q4_0.gguf", "b-Q4_0.gguf", "b-Q8_0.gguf"], "a-Q4_0, b-Q4_0.");
        Fails(null, ["README.md", "model.safetensors"], "neither");
        Fails("x\u001b[31m", ["a-Q4_0.gguf"], "'x?[31m'");
        Fails(null, [.. Enumerable.Range(0, 5000).Select(i => $"m{i}.gguf")], "and 4960 more");
    }

    [Fact]
    public void Split_files_must_be_whole()
    {
        Fails(null, ["a-00001-of-00003.gguf", "a-00003-of-00003.gguf"], "part 2 of 3");
        Fails(null, ["a-00001-of-99999.gguf"], "part 2 of 99999");
        Fails(null, ["a-00002-of-00002.gguf", "a-00001-of-00002.gguf", "a-00002-of-00002.gguf"], "part 3 of 2", "twice");
        Assert.Equal(["a-00001-of-00002.gguf", "a-00002-of-00002.gguf"], Choose(null, "a-00002-of-00002.gguf", "a-00001-of-00002.gguf").Files.Select(file => file.Path));
    }

    private static void Fails(string? wanted, string[] paths, params string[] parts)
    {
        string message = Assert.Throws<HubException>(() => Choose(wanted, paths)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.InRange(message.Length, 1, 2000);
    }

    private static FileChoice Choose(string? wanted, params string[] paths) =>
        FileChoice.Choose(new HubRepository(new ModelName("o", "r", null), "c", [.. paths.Select(path => new HubFile(path, 1, Hash))]), wanted);
}

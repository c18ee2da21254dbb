using System.Text.Json.Nodes;
using SeekSharp.Conversion;
using SeekSharp.Formats;
using SeekSharp.Tests.Formats;
using SeekSharp.Tests.Models;
using SeekSharp.Tests.Tokenizers;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Conversion;

/// <summary>A tokenizer gives the same ids after it went into a GGUF file, and after it came back.</summary>
public sealed class TokenizerConversionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("deepseek_v3", "deepseek-v3")]
    [InlineData("qwen3", "qwen2")]
    [InlineData("llama3_1", "llama-bpe")]
    [InlineData("llama2", "default")]
    public void Ids_stay_the_same(string name, string preTokenizer)
    {
        string folder = WriteFolder(Vectors.Folder(name)), file = Path.Combine(_folder.Path, "model.gguf"), back = Path.Combine(_folder.Path, "back");
        ModelConverter.ToGguf(folder, file);
        ModelConverter.ToFolder(file, back);
        using HuggingFaceFolder original = HuggingFaceFolder.Open(folder), returned = HuggingFaceFolder.Open(back);
        using GgufFile converted = GgufFile.Open(file);
        Assert.Equal(preTokenizer, converted.Metadata.GetString("tokenizer.ggml.pre"));
        Assert.Equal(original.ChatTemplate, converted.ChatTemplate);
        Assert.Equal(original.ChatTemplate, returned.ChatTemplate);
        Tokenizer expected = Tokenizer.FromModel(original);
        foreach (ModelFile model in (ModelFile[])[converted, returned])
        {
            Tokenizer actual = Tokenizer.FromModel(model);
            Assert.Equal((expected.BeginningOfText, expected.AddsBeginningOfText), (actual.BeginningOfText, actual.AddsBeginningOfText));
            Assert.Equal(expected.EndOfText.Order(), actual.EndOfText.Order());
            int compared = 0;
            foreach (string text in Vectors.Texts)
            {
                if (Differs(text, name, model)) continue;
                compared++;
                IReadOnlyList<int> ids = expected.Encode(text, parseSpecial: true);
                Assert.True(ids.SequenceEqual(actual.Encode(text, parseSpecial: true)), $"{model.Path}: '{text}'");
            }

            Assert.True(compared >= 450, $"{compared}");
        }
    }

    /// <summary>GGUF cannot say that text is brought into form C first; and it has no added tokens that swallow white space.</summary>
    private static bool Differs(string text, string name, ModelFile model) =>
        model is GgufFile && name == "qwen3" && !text.Equals(Normalised(text), StringComparison.Ordinal);

    private static string Normalised(string text) => new(FormC.Normalize(text));

    private string WriteFolder(string tokenizer)
    {
        string path = Path.Combine(_folder.Path, "source");
        using ModelFile file = ModelFile.Open(Oracle.Path("tiny-qwen3.gguf"));
        new HuggingFaceWriter(file).Write(path, HuggingFaceWriter.Storage.BFloat16, null);
        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json", "generation_config.json"])
            if (File.Exists(Path.Combine(tokenizer, name))) File.Copy(Path.Combine(tokenizer, name), Path.Combine(path, name));
        string configPath = Path.Combine(path, "config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(configPath))!;
        config["vocab_size"] = 1 << 18;
        File.WriteAllText(configPath, config.ToJsonString());
        return path;
    }
}

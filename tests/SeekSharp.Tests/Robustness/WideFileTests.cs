using System.Globalization;
using System.Text;
using SeekSharp.Formats;
using SeekSharp.Tests.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Robustness;

/// <summary>Files of a few MB that hold as many of the smallest things as they can: what is kept of each must be small as well.</summary>
public sealed class WideFileTests(ITestOutputHelper output) : IDisposable
{
    private const string Key = "tokenizer.ggml.";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> GgufCases => [.. Ggufs.Keys];

    public static TheoryData<string> JsonCases => [.. Jsons.Keys];

    private static readonly Dictionary<string, Func<GgufBuilder>> Ggufs = new()
    {
        ["keys"] = () => Each(new GgufBuilder(), 50_000, (builder, i) => builder.Set(Short(i), (byte)1)),
        ["tensors"] = () => Each(new GgufBuilder { Alignment = 1 }.Set("general.alignment", 1u), 50_000, (builder, i) => builder.Add(Short(i), TensorType.F16, [1])),
        ["texts"] = () => new GgufBuilder().Set("a", Enumerable.Repeat("x", 300_000).ToArray()),
        ["arrays"] = () => new GgufBuilder().Set("a", Enumerable.Repeat(new byte[] { 1 }, 200_000).ToArray()),
        ["tokens"] = () => SentencePiece(Enumerable.Range(0, 200_000).Select(Short)),
        ["long tokens"] = () => SentencePiece(Enumerable.Range(0, 5_000).Select(i => Short(i) + new string('a', 500))),
        ["every cut is a token"] = () => SentencePiece("abcdefgh".SelectMany(letter => Enumerable.Range(1, 512).Select(length => new string(letter, length)))),
        ["special tokens"] = () => SentencePiece(Enumerable.Range(0, 3_000).Select(i => Short(i) + new string('a', 1000)), type: 4),
        ["special tokens of the longest kind"] = () => SentencePiece(Enumerable.Range(0, 3_000).Select(i => Short(i) + new string('a', 500)), type: 4),
        ["merges"] = () => ByteLevel(Enumerable.Range(0, 200_000).Select(i => $"{Short(i)} b")),
        ["merges of bytes"] = () => ByteLevel(Enumerable.Range(0, 1 << 16).Select(i => $"{ByteAlphabet.Encode((byte)(i >> 8))} {ByteAlphabet.Encode((byte)i)}")),
        ["merges of nothing"] = () => ByteLevel(Enumerable.Repeat("x y", 200_000)),
    };

    private static readonly Dictionary<string, Action<TemporaryFolder>> Jsons = new()
    {
        ["vocab_size"] = folder => folder.Write("config.json", Config("\"vocab_size\": 4194304")),
        ["array in config"] = folder => folder.Write("config.json", Config($"\"vocab_size\": 8, \"x\": [{string.Join(',', Enumerable.Repeat("0", 1_000_000))}]")),
        ["keys in config"] = folder => folder.Write("config.json", Config($"\"vocab_size\": 8, {string.Join(',', Enumerable.Range(0, 200_000).Select(i => $"\"{i}\":0"))}")),
        ["index"] = folder => folder.Write("model.safetensors.index.json", $"{{\"weight_map\": {{{string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"{i}\":\"model-1.safetensors\""))}}}}}"),
        ["files in index"] = folder => folder.Write("model.safetensors.index.json", $"{{\"weight_map\": {{{string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"{i}\":\"{i}\""))}}}}}"),
        ["tensors"] = folder =>
        {
            folder.Write("model.safetensors.index.json", "{\"weight_map\": {\"0\": \"model-1.safetensors\"}}");
            SafetensorsBuilder builder = new();
            for (int i = 0; i < 50_000; i++) builder.Add(i.ToString(CultureInfo.InvariantCulture), "F16", [1], [0, 0]);
            folder.Write("model-1.safetensors", builder.ToBytes());
        },
        ["vocabulary"] = folder => folder.Write("tokenizer.json", TokenizerJson(Enumerable.Range(0, 200_000).Select(i => $"\"{Short(i)}\":{i + 3}"), [], [])),
        ["ids far apart"] = folder => folder.Write("tokenizer.json", TokenizerJson(["\"a\": 16000"], [], [])),
        ["merges"] = folder => folder.Write("tokenizer.json", TokenizerJson(["\"a\": 3", "\"aa\": 4"], Enumerable.Repeat("\"a a\"", 300_000), [])),
        ["added tokens"] = folder => folder.Write("tokenizer.json", TokenizerJson([], [], Enumerable.Range(3, 100_000).Select(i => $"{{\"id\":{i},\"content\":\"{Short(i)}\"}}"))),
        ["long added tokens"] = folder => folder.Write("tokenizer.json", TokenizerJson([], [], Enumerable.Range(3, 3_000).Select(i => $"{{\"id\":{i},\"content\":\"{Short(i)}{new string('a', 1000)}\"}}"))),
    };

    [Theory]
    [MemberData(nameof(GgufCases))]
    public void Gguf(string name)
    {
        string path = _folder.Write("model.gguf", Ggufs[name]().ToBytes());
        Check(path, new FileInfo(path).Length);
    }

    [Theory]
    [MemberData(nameof(JsonCases))]
    public void Folder(string name)
    {
        foreach ((string file, byte[] bytes) in Seeds.Folder) _folder.Write(file, bytes);
        Jsons[name](_folder);
        Check(_folder.Path, Directory.EnumerateFiles(_folder.Path).Sum(file => new FileInfo(file).Length));
    }

    private void Check(string path, long bytes) => new Survival(output).Run(1, (_, _) => (bytes, () =>
    {
        try
        {
            using ModelFile file = ModelFile.Open(path);
            Tokenizer.FromModel(file).Encode("aaaa bbbb");
        }
        catch (ModelFormatException exception)
        {
            output.WriteLine(exception.Message.Length > 200 ? exception.Message[..200] : exception.Message);
            throw;
        }
    }));

    private static GgufBuilder Each(GgufBuilder builder, int count, Action<GgufBuilder, int> add)
    {
        for (int i = 0; i < count; i++) add(builder, i);
        return builder;
    }

    /// <summary>A name of four characters.</summary>
    private static string Short(int i) => new([(char)('ā' + i % 64), (char)('A' + i / 64 % 26), (char)('A' + i / 64 / 26 % 26), (char)('a' + i / 64 / 26 / 26)]);

    private static GgufBuilder SentencePiece(IEnumerable<string> tokens, int type = 1)
    {
        string[] all = ["<unk>", .. tokens];
        return new GgufBuilder().Set(Key + "model", "llama").Set(Key + "tokens", all).Set(Key + "scores", new float[all.Length])
            .Set(Key + "token_type", (int[])[2, .. Enumerable.Repeat(type, all.Length - 1)]);
    }

    private static GgufBuilder ByteLevel(IEnumerable<string> merges)
    {
        string[] tokens = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Encode((byte)value).ToString())];
        return new GgufBuilder().Set(Key + "model", "gpt2").Set(Key + "pre", "qwen2").Set(Key + "tokens", tokens).Set(Key + "merges", merges.ToArray());
    }

    private static string Config(string more) => Encoding.UTF8.GetString(Seeds.Folder["config.json"]).Replace("\"vocab_size\": 8", more, StringComparison.Ordinal);

    private static string TokenizerJson(IEnumerable<string> vocabulary, IEnumerable<string> merges, IEnumerable<string> added) =>
        "{\"added_tokens\": [" + string.Join(',', added) + "], \"model\": {\"type\": \"BPE\", \"unk_token\": \"<unk>\", \"vocab\": {"
        + string.Join(',', ["\"<unk>\":0", "\"<s>\":1", "\"</s>\":2", .. vocabulary]) + "}, \"merges\": [" + string.Join(',', merges) + "]}}";
}

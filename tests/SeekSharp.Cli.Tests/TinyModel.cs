using System.Text;

namespace SeekSharp.Cli.Tests;

/// <summary>Writes a Llama of one layer with random weights: a GGUF file of 100 KB that every command takes.</summary>
internal static class TinyModel
{
    public const int VocabularySize = 291;
    public const int BeginningOfText = 1;
    public const int ContextLength = 128;
    private const int Hidden = 32, Heads = 2, FeedForward = 64, FirstByte = 3, Alignment = 32;
    private const uint TypeUInt32 = 4, TypeInt32 = 5, TypeFloat32 = 6, TypeBoolean = 7, TypeString = 8, TypeArray = 9;
    private static readonly string[] Pieces = [.. "abcdefghijklmnopqrstuvwxyz".Select(letter => $"{letter}"), "\u2581", "th", "the", "\u2581the", "on", "in"];

    public static void Write(string path, string? chatTemplate = null)
    {
        (string Name, int[] Shape)[] tensors =
        [
            ("token_embd.weight", [VocabularySize, Hidden]), ("output_norm.weight", [Hidden]), ("output.weight", [VocabularySize, Hidden]),
            ("blk.0.attn_norm.weight", [Hidden]), ("blk.0.attn_q.weight", [Hidden, Hidden]), ("blk.0.attn_k.weight", [Hidden, Hidden]),
            ("blk.0.attn_v.weight", [Hidden, Hidden]), ("blk.0.attn_output.weight", [Hidden, Hidden]), ("blk.0.ffn_norm.weight", [Hidden]),
            ("blk.0.ffn_gate.weight", [FeedForward, Hidden]), ("blk.0.ffn_up.weight", [FeedForward, Hidden]), ("blk.0.ffn_down.weight", [Hidden, FeedForward]),
        ];
        using var stream = File.Create(path);
        using var writer = new BinaryWriter(stream);
        var metadata = Metadata(chatTemplate);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Length);
        writer.Write((ulong)metadata.Count);
        foreach (var (key, write) in metadata)
        {
            WriteText(writer, key);
            write(writer);
        }

        ulong offset = 0;
        foreach (var (name, shape) in tensors)
        {
            WriteText(writer, name);
            writer.Write((uint)shape.Length);
            foreach (int length in shape.Reverse()) writer.Write((ulong)length);
            writer.Write(0u); // F32
            writer.Write(offset);
            offset += (ulong)(shape.Aggregate(1, (product, length) => product * length) * sizeof(float) + Alignment - 1) / Alignment * Alignment;
        }

        var random = new Random(7);
        foreach (var (_, shape) in tensors)
        {
            while (stream.Position % Alignment != 0) writer.Write((byte)0);
            int count = shape.Aggregate(1, (product, length) => product * length);
            for (int i = 0; i < count; i++) writer.Write(shape.Length == 1 ? 1f : (float)(random.NextDouble() - 0.5));
        }
    }

    private static List<(string Key, Action<BinaryWriter> Write)> Metadata(string? chatTemplate)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), .. Pieces];
        Assert.Equal(VocabularySize, tokens.Length);
        List<(string, Action<BinaryWriter>)> metadata =
        [
            ("general.architecture", Text("llama")), ("general.name", Text("tiny llama")), ("llama.block_count", UInt32(1)),
            ("llama.context_length", UInt32(ContextLength)), ("llama.embedding_length", UInt32(Hidden)), ("llama.feed_forward_length", UInt32(FeedForward)),
            ("llama.vocab_size", UInt32(VocabularySize)), ("llama.attention.head_count", UInt32(Heads)), ("llama.attention.head_count_kv", UInt32(Heads)),
            ("llama.attention.layer_norm_rms_epsilon", Float32(1e-5f)), ("llama.rope.dimension_count", UInt32(Hidden / Heads)),
            ("llama.rope.freq_base", Float32(10000)), ("tokenizer.ggml.model", Text("llama")), ("tokenizer.ggml.pre", Text("default")),
            ("tokenizer.ggml.tokens", Array(TypeString, tokens, WriteText)),
            ("tokenizer.ggml.scores", Array(TypeFloat32, [.. tokens.Select((token, id) => id < FirstByte + 256 ? 0f : token.Length - id)], (writer, value) => writer.Write(value))),
            ("tokenizer.ggml.token_type", Array(TypeInt32, [.. tokens.Select((_, id) => id == 0 ? 2 : id < FirstByte ? 3 : id < FirstByte + 256 ? 6 : 1)], (writer, value) => writer.Write(value))),
            ("tokenizer.ggml.bos_token_id", UInt32(BeginningOfText)), ("tokenizer.ggml.eos_token_id", UInt32(2)), ("tokenizer.ggml.unknown_token_id", UInt32(0)),
            ("tokenizer.ggml.add_bos_token", Boolean(true)),
        ];
        if (chatTemplate is not null) metadata.Add(("tokenizer.chat_template", Text(chatTemplate)));
        return metadata;
    }

    private static Action<BinaryWriter> Text(string value) => writer =>
    {
        writer.Write(TypeString);
        WriteText(writer, value);
    };

    private static Action<BinaryWriter> UInt32(int value) => writer =>
    {
        writer.Write(TypeUInt32);
        writer.Write(value);
    };

    private static Action<BinaryWriter> Float32(float value) => writer =>
    {
        writer.Write(TypeFloat32);
        writer.Write(value);
    };

    private static Action<BinaryWriter> Boolean(bool value) => writer =>
    {
        writer.Write(TypeBoolean);
        writer.Write(value);
    };

    private static Action<BinaryWriter> Array<T>(uint type, T[] values, Action<BinaryWriter, T> write) => writer =>
    {
        writer.Write(TypeArray);
        writer.Write(type);
        writer.Write((ulong)values.Length);
        foreach (T value in values) write(writer, value);
    };

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}

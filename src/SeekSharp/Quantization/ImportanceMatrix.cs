using System.Runtime.InteropServices;
using System.Text;
using SeekSharp.Formats;

namespace SeekSharp.Quantization;

/// <summary>
/// How much each column of each tensor matters: the mean square of the activations that meet it on some text. Written by llama.cpp's tool "imatrix", as GGUF
/// (tensors "NAME.in_sum2" and "NAME.counts") or in the older binary form.
/// </summary>
public sealed class ImportanceMatrix
{
    private const string SumSuffix = ".in_sum2", CountSuffix = ".counts";
    private const int LongestName = 1024, MostValues = 1 << 28;

    private readonly string _source;
    private readonly Dictionary<string, float[]> _values = new(StringComparer.Ordinal);

    private ImportanceMatrix(string source) => _source = source;

    /// <summary>Number of tensors that it knows.</summary>
    public int Count => _values.Count;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, in either form.</param>
    /// <returns>The matrix.</returns>
    /// <exception cref="ModelFormatException">The file is no importance matrix, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static ImportanceMatrix Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ImportanceMatrix matrix = new(path);
        using MappedFile file = MappedFile.Open(path);
        if (file.Length >= 4 && file.Span(0, 4).SequenceEqual("GGUF"u8)) matrix.ReadGguf();
        else matrix.ReadBinary(file);
        if (matrix.Count == 0) throw matrix.Fail("holds no data");
        foreach ((string name, float[] values) in matrix._values)
            if (!values.All(value => float.IsFinite(value) && value >= 0)) throw matrix.Fail($"the entry '{name}' has values that are not numbers from 0 on");
        return matrix;
    }

    /// <summary>The importance of a tensor's columns.</summary>
    /// <param name="name">GGUF's name of the tensor.</param>
    /// <param name="columns">Weights of a row.</param>
    /// <param name="matrices">Matrices in the tensor: 1, or the number of experts.</param>
    /// <returns>One number per column and matrix, or null where the file does not know the tensor.</returns>
    /// <exception cref="ModelFormatException">The file knows the tensor with another size.</exception>
    internal float[]? Find(string name, int columns, int matrices)
    {
        if (!_values.TryGetValue(name, out float[]? values)) return null;
        if (values.LongLength == (long)columns * matrices) return values;
        if (name == "token_embd.weight") return null; // counted where it serves as the head
        throw Fail($"the entry '{name}' has {values.Length} values, the tensor asks for {(long)columns * matrices}");
    }

    private void ReadGguf()
    {
        using GgufFile file = GgufFile.Open(_source);
        foreach (Tensor sums in file.Tensors)
        {
            if (!sums.Name.EndsWith(SumSuffix, StringComparison.Ordinal)) continue;
            string name = sums.Name[..^SumSuffix.Length];
            Tensor counts = file.Find(name + CountSuffix) ?? throw Fail($"tensor '{name}{CountSuffix}' is missing");
            if (sums.Type != TensorType.F32 || counts.Type != TensorType.F32 || sums.ElementCount % counts.ElementCount != 0)
                throw Fail($"tensors '{sums.Name}' and '{counts.Name}' do not fit each other");
            float[] values = Floats(sums), divisors = Floats(counts);
            int columns = values.Length / divisors.Length;
            for (int i = 0; i < values.Length; i++)
                values[i] = divisors[i / columns] > 0 ? values[i] / divisors[i / columns] : 1; // an expert that no text met: all alike
            _values[name] = values;
        }
    }

    private static float[] Floats(Tensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        Dequantizer.ToFloat32(tensor, values);
        return values;
    }

    private void ReadBinary(MappedFile file)
    {
        long position = 0;
        int entries = Integer("the number of entries");
        for (int i = 0; i < entries; i++)
        {
            int length = Integer("the length of a name");
            if (length is < 1 or > LongestName || length > file.Length - position) throw Fail("is no importance matrix, or is damaged");
            string name = Encoding.UTF8.GetString(file.Span(position, length));
            position += length;
            int calls = Integer($"'{name}'"), count = Integer($"'{name}'");
            if (count is < 1 or > MostValues || count > (file.Length - position) / sizeof(float)) throw Fail($"ends inside the entry '{name}'");
            float[] values = MemoryMarshal.Cast<byte, float>(file.Span(position, count * sizeof(float))).ToArray();
            position += (long)count * sizeof(float);
            if (calls > 0)
                for (int k = 0; k < values.Length; k++) values[k] /= calls;
            _values[name] = values;
        }

        int Integer(string what)
        {
            if (file.Length - position < sizeof(int)) throw Fail($"ends inside {what}");
            position += sizeof(int);
            return MemoryMarshal.Read<int>(file.Span(position - sizeof(int), sizeof(int)));
        }
    }

    private ModelFormatException Fail(string what) => new($"{_source}: {what}.");
}

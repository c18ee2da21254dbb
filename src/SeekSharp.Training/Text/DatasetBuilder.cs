using SeekSharp.Tokenizers;
using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Text;

/// <summary>
/// The endless stream of batches for supervised training. An example depends on seed and number alone; a window of examples is sorted by length and
/// cut into
/// batches of about the same number of tokens, whose order is drawn. Reading from any <see cref="DataPosition"/> gives what uninterrupted reading
/// would have given.
/// </summary>
internal sealed class DatasetBuilder
{
    /// <summary>Lengths of batches are multiples of it: few shapes keep the caches of matrix libraries small.</summary>
    public const int LengthUnit = 16;

    private const int MostDraws = 1000;

    private static readonly string[] s_systems =
        [
            "You are a helpful assistant.", "You are a helpful AI assistant.", "Answer the user's questions.",
            "You are a friendly assistant. Be brief.", "Be concise.", "You are a maths tutor.", "Help the user.", "You are Seek, a small model.",
            "Think step by step, then answer.",
        ];

    private readonly ExampleEncoder _encoder;
    private readonly Mixture _mixture;
    private readonly DatasetOptions _options;
    private readonly int _padding;

    /// <summary>Prepares a stream.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="encoder">Its encoder.</param>
    /// <param name="mixture">What is drawn.</param>
    /// <param name="options">How batches are made.</param>
    /// <exception cref="ArgumentException">A batch is too small for the longest example.</exception>
    public DatasetBuilder(Tokenizer tokenizer, ExampleEncoder encoder, Mixture mixture, DatasetOptions options)
    {
        if (RoundUp(options.LongestExample) > options.TokensPerBatch)
            throw new ArgumentException($"A batch of {options.TokensPerBatch} tokens has no room for an example of {options.LongestExample}.", nameof(options));
        _padding = tokenizer.FindToken(SpecialTokens.Padding)
            ?? throw new ArgumentException("The tokenizer has no padding token.", nameof(tokenizer));
        (_encoder, _mixture, _options) = (encoder, mixture, options);
    }

    /// <summary>Reads batches without end.</summary>
    /// <param name="start">Where to start; the default is the beginning.</param>
    public IEnumerable<TokenBatch> Read(DataPosition start = default)
    {
        int skipped = start.Batch;
        for (long window = start.Window; ; window++)
        {
            List<TrainingExample[]> batches = Cut(window);
            for (int i = skipped; i < batches.Count; i++)
                yield return Pad(batches[i], _padding, i + 1 < batches.Count ? new(window, i + 1) : new(window + 1, 0));
            skipped = 0;
        }
    }

    /// <summary>One example of the stream.</summary>
    /// <param name="number">Its number, from 0.</param>
    public TrainingExample Example(long number)
    {
        Random random = Seeds.At(_options.Seed, number);
        if (_options.Samples.Count > 0 && random.Chance(_options.ShareOfSamples)) return random.Pick(_options.Samples);
        for (int draw = 0; draw < MostDraws; draw++)
        {
            ITask task = _mixture.Draw(random);
            Problem problem = task.Generate(random, Split.Train);
            Demonstration demonstration = task.Demonstrate(problem, random);
            bool thinks = !random.Chance(_options.ShareWithoutThought);
            string? system = random.Chance(_options.ShareWithSystem) ? random.Pick(s_systems) : null;
            TrainingExample example = _encoder.Encode(problem, demonstration, thinks, system);
            if (example.Tokens.Length <= _options.LongestExample) return example;
        }

        throw new InvalidOperationException($"{MostDraws} examples in a row were longer than {_options.LongestExample} tokens.");
    }

    /// <summary>Puts examples into rows of one length.</summary>
    internal static TokenBatch Pad(TrainingExample[] examples, int padding, DataPosition next)
    {
        int length = RoundUp(examples.Max(example => example.Tokens.Length));
        int[] tokens = new int[examples.Length * length];
        bool[] isLearned = new bool[tokens.Length];
        Array.Fill(tokens, padding);
        int learned = 0;
        for (int row = 0; row < examples.Length; row++)
        {
            (int[] own, int start, _) = examples[row];
            own.CopyTo(tokens, row * length);
            isLearned.AsSpan((row * length) + start, own.Length - start).Fill(true);
            learned += own.Length - start;
        }

        return new(tokens, isLearned, examples.Length, length, learned, next);
    }

    private List<TrainingExample[]> Cut(long window)
    {
        TrainingExample[] examples = new TrainingExample[_options.ExamplesPerWindow];
        for (int i = 0; i < examples.Length; i++) examples[i] = Example((window * examples.Length) + i);
        TrainingExample[] sorted = [.. examples.OrderBy(example => example.Tokens.Length)];
        List<TrainingExample[]> batches = [];
        int end = sorted.Length;
        while (end > 0)
        {
            // From the longest: the last batch, which may be small, has the shortest.
            int rows = Math.Min(end, _options.TokensPerBatch / RoundUp(sorted[end - 1].Tokens.Length));
            batches.Add(sorted[(end - rows)..end]);
            end -= rows;
        }

        TrainingExample[][] shuffled = [.. batches];
        Seeds.At(_options.Seed, window, purpose: 1).Shuffle(shuffled);
        return [.. shuffled];
    }

    private static int RoundUp(int length) => (length + LengthUnit - 1) / LengthUnit * LengthUnit;
}

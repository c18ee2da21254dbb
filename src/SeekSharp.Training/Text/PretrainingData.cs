using SeekSharp.Tokenizers;

namespace SeekSharp.Training.Text;

/// <summary>
/// The endless stream of batches for pre-training: documents one behind the other, cut into rows of one length without regard to where documents end
/// (DeepSeek-V3 §4.1: packing without a mask between documents). Each window of documents starts anew, so that reading can go on from any position.
/// </summary>
internal sealed class PretrainingData
{
    private const int DocumentsPerWindow = 1024, Purpose = 3;

    private readonly CorpusGenerator _corpus;
    private readonly FillInTheMiddle _gaps;
    private readonly long _seed;
    private readonly int _rows, _length, _beginning, _end;

    /// <summary>Prepares a stream.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="seed">Seed of everything that is drawn.</param>
    /// <param name="rows">Rows of a batch.</param>
    /// <param name="length">Tokens of a row.</param>
    /// <param name="gapRate">Share of documents with a gap.</param>
    public PretrainingData(Tokenizer tokenizer, long seed, int rows, int length, double gapRate = FillInTheMiddle.DefaultRate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        (_seed, _rows, _length) = (seed, rows, length);
        _corpus = new CorpusGenerator(seed);
        _gaps = new FillInTheMiddle(tokenizer, gapRate);
        _beginning = tokenizer.FindToken(SpecialTokens.BeginningOfText)!.Value;
        _end = tokenizer.FindToken(SpecialTokens.EndOfText)!.Value;
    }

    /// <summary>Reads batches without end.</summary>
    /// <param name="start">Where to start; the default is the beginning.</param>
    public IEnumerable<TokenBatch> Read(DataPosition start = default)
    {
        int skipped = start.Batch;
        for (long window = start.Window; ; window++)
        {
            int[] tokens = Join(window);
            int size = _rows * _length, count = tokens.Length / size;
            if (count == 0)
                throw new InvalidOperationException($"A batch of {_rows} rows of {_length} tokens is longer than {DocumentsPerWindow} documents.");
            for (int i = skipped; i < count; i++)
            {
                bool[] isLearned = new bool[size];
                Array.Fill(isLearned, true);
                for (int row = 0; row < _rows; row++) isLearned[row * _length] = false;
                DataPosition next = i + 1 < count ? new(window, i + 1) : new(window + 1, 0);
                yield return new(tokens[(i * size)..((i + 1) * size)], isLearned, _rows, _length, size - _rows, next);
            }

            skipped = 0;
        }
    }

    /// <summary>The documents of a window, each between the tokens that start and end a text.</summary>
    private int[] Join(long window)
    {
        List<int> tokens = [];
        for (int i = 0; i < DocumentsPerWindow; i++)
        {
            long number = (window * DocumentsPerWindow) + i;
            tokens.Add(_beginning);
            tokens.AddRange(_gaps.Encode(_corpus.Document(number), Seeds.At(_seed, number, Purpose)));
            tokens.Add(_end);
        }

        return [.. tokens];
    }
}

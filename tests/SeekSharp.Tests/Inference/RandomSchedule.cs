using SeekSharp.Inference;

namespace SeekSharp.Tests.Inference;

/// <summary>A conversation with a fixed text: after the prompt, tokens follow one by one. Its logits are looked at behind each of them.</summary>
internal sealed record Script(int[] Prompt, int[] Continuation)
{
    public int Length => Prompt.Length + Continuation.Length;

    public int Token(int position) => position < Prompt.Length ? Prompt[position] : Continuation[position - Prompt.Length];

    /// <summary>Scripts of 1 to 700 tokens; every third starts like the one before it.</summary>
    public static Script[] Make(int count, int vocabulary, int seed)
    {
        var random = new Random(seed);
        var scripts = new Script[count];
        for (int i = 0; i < count; i++)
        {
            int[] prompt = Tokens(random, random.Next(4) == 0 ? random.Next(1, 701) : random.Next(1, 120), vocabulary);
            if (i % 3 == 2)
            {
                int[] other = scripts[i - 1].Prompt;
                Array.Copy(other, prompt, Math.Min(random.Next(other.Length + 1), prompt.Length));
            }

            scripts[i] = new Script(prompt, Tokens(random, random.Next(1, 6), vocabulary));
        }

        return scripts;
    }

    private static int[] Tokens(Random random, int count, int vocabulary) => [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
}

/// <summary>Runs scripts through one engine in a random order of steps, and compares all logits with those of a script that runs alone.</summary>
internal sealed class RandomSchedule(Engine engine, IReadOnlyList<Script> scripts, IReadOnlyList<int[][]> alone, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<(Script Script, int[][] Alone, Sequence Sequence)> _running = [];

    public int Compared { get; private set; }
    public int ReusedTokens { get; private set; }

    /// <summary>The bits of a script's logits behind its prompt and behind each token that follows, computed alone.</summary>
    public static int[][] RunAlone(Engine engine, Script script)
    {
        using Sequence sequence = engine.CreateSequence();
        var bits = new int[script.Continuation.Length + 1][];
        bits[0] = Bits(engine.Evaluate(sequence, script.Prompt));
        for (int i = 0; i < script.Continuation.Length; i++) bits[i + 1] = Bits(engine.Evaluate(sequence, [script.Continuation[i]]));
        return bits;
    }

    public void Run()
    {
        int next = 0;
        while (next < scripts.Count || _running.Count > 0)
        {
            while (next < scripts.Count && (_running.Count == 0 || _random.Next(3) == 0)) Start(next++);
            if (_random.Next(20) == 0) Cancel(_random.Next(_running.Count));
            if (_running.Count > 0 && _random.Next(10) == 0) Fork(_random.Next(_running.Count));
            if (_running.Count > 0) Step();
        }
    }

    private void Start(int index)
    {
        Sequence sequence = engine.CreateSequence();
        ReusedTokens += sequence.ReusePrefix(scripts[index].Prompt);
        _running.Add((scripts[index], alone[index], sequence));
    }

    private void Cancel(int index)
    {
        _running[index].Sequence.Dispose();
        _running.RemoveAt(index);
    }

    private void Fork(int index) => _running.Add(_running[index] with { Sequence = _running[index].Sequence.Fork() });

    private void Step()
    {
        int room = engine.MaxBatch;
        var items = new List<StepItem>();
        var taken = new List<int>();
        foreach (int i in Enumerable.Range(0, _running.Count).OrderBy(_ => _random.Next()))
        {
            if (room == 0 || (items.Count > 0 && _random.Next(3) == 0)) continue;
            (Script script, _, Sequence sequence) = _running[i];
            int pending = script.Prompt.Length - sequence.Length;
            int count = pending > 0 ? Math.Min(_random.Next(1, pending + 1), room) : 1;
            int[] tokens = [.. Enumerable.Range(sequence.Length, count).Select(script.Token)];
            items.Add(new StepItem(sequence, tokens, wantsLogits: sequence.Length + count >= script.Prompt.Length));
            taken.Add(i);
            room -= count;
        }

        engine.Step(items.ToArray());
        for (int i = 0; i < items.Count; i++)
        {
            if (!items[i].WantsLogits) continue;
            (Script script, int[][] expected, Sequence sequence) = _running[taken[i]];
            Assert.Equal(expected[sequence.Length - script.Prompt.Length], Bits(engine.Logits(i)));
            Compared++;
        }

        foreach (int i in taken.OrderDescending())
            if (_running[i].Sequence.Length == _running[i].Script.Length) Cancel(i);
    }

    private static int[] Bits(ReadOnlySpan<float> logits) => [.. logits.ToArray().Select(BitConverter.SingleToInt32Bits)];
}

using System.Numerics.Tensors;
using SeekSharp.Inference;
using SeekSharp.Models;

namespace SeekSharp.Tests.Models;

/// <summary>Runs models in the ways that tests compare.</summary>
internal static class Evaluation
{
    /// <summary>A cache in float32 for the longest of the tests' texts, on one thread.</summary>
    public static EngineOptions Options { get; } = new() { Threads = 1, CacheType = CacheType.F32, CacheTokens = 512 };

    /// <summary>Logits behind every token, in pieces of <paramref name="chunk"/> tokens.</summary>
    public static Matrix Logits(LanguageModel model, ReadOnlySpan<int> tokens, EngineOptions? options = null, int chunk = int.MaxValue, RouterTrace? trace = null)
    {
        using var engine = new Engine(model, options ?? Options);
        using Sequence sequence = engine.CreateSequence(trace);
        var logits = new Matrix(tokens.Length, model.Config.VocabularySize);
        for (int start = 0; start < tokens.Length; start += chunk)
        {
            chunk = Math.Min(chunk, tokens.Length - start);
            engine.EvaluateAll(sequence, tokens.Slice(start, chunk), logits.Values.AsSpan(start * logits.Columns, chunk * logits.Columns));
        }

        return logits;
    }

    /// <summary>The likeliest tokens behind a prompt, one after the other.</summary>
    public static int[] Greedy(LanguageModel model, ReadOnlySpan<int> prompt, int count, EngineOptions? options = null)
    {
        using var engine = new Engine(model, options ?? Options);
        using Sequence sequence = engine.CreateSequence();
        var tokens = new int[count];
        tokens[0] = TensorPrimitives.IndexOfMax(engine.Evaluate(sequence, prompt));
        for (int i = 1; i < count; i++) tokens[i] = TensorPrimitives.IndexOfMax(engine.Evaluate(sequence, tokens.AsSpan(i - 1, 1)));
        return tokens;
    }
}

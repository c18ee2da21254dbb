using System.Globalization;
using SeekSharp.Formats;
using SeekSharp.Inference;

namespace SeekSharp.Cli;

/// <summary>Says before loading whether a model fits into memory.</summary>
internal static class MemoryCheck
{
    /// <summary>Checks a model.</summary>
    /// <param name="path">The model.</param>
    /// <param name="context">Tokens of context; 0: as many as the model was made for, at most <paramref name="usual"/>.</param>
    /// <param name="usual">See above.</param>
    /// <param name="cache">Storage of keys and values.</param>
    /// <param name="available">Bytes that may be used.</param>
    /// <returns>Tokens of context.</returns>
    /// <exception cref="CommandException">The model does not fit; the message has the numbers.</exception>
    public static int Require(string path, int context, int usual, CacheType cache, long available)
    {
        using ModelFile file = Models.Open(path);
        int most = file.Config.ContextLength;
        if (context > most) throw new CommandException($"--context {context} is more than the model was made for; give at most {most}.");
        int tokens = context > 0 ? context : Math.Min(usual, most);
        long weights = file.Tensors.Sum(tensor => tensor.ByteCount), keys = Engine.CacheBytesFor(file.Config, cache, tokens), buffers = Engine.BufferBytesFor(file.Config);
        long total = weights + keys + buffers;
        if (total <= available) return tokens;
        string count = tokens.ToString("N0", CultureInfo.InvariantCulture);
        throw new CommandException(
            $"{path} does not fit: it needs {Bytes.Describe(total)} ({Bytes.Describe(weights)} of weights, {Bytes.Describe(keys)} of keys and values for {count} tokens, " +
            $"{Bytes.Describe(buffers)} of buffers), and {Bytes.Describe(available)} are free; take a smaller quantisation or --context, or --force to try all the same.");
    }
}

using System.Diagnostics;
using SeekSharp.Formats;

namespace SeekSharp.Tests.Robustness;

/// <summary>
/// Gives a reader one damaged file after the other. Each must be read or refused by a <see cref="ModelFormatException"/>, within two seconds and
/// without allocating more than 16 times the file and 4 MB.
/// </summary>
internal sealed class Survival(ITestOutputHelper output)
{
    /// <summary>Mutants of the short form, which every test run has.</summary>
    public const int Few = 500;

    /// <summary>Mutants of the long form.</summary>
    public const int Many = 100_000;

    private const int MostFailuresTold = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>What the readers allocate on: their own thread, or any.</summary>
    public bool CountsAllThreads { get; init; }

    /// <summary>Runs mutants 0 to <paramref name="count"/> - 1.</summary>
    /// <param name="count">How many.</param>
    /// <param name="prepare">Makes mutant i from a random generator started with i, and returns its size in bytes and what reads it.</param>
    public void Run(int count, Func<int, Random, (long Bytes, Action Read)> prepare)
    {
        List<string> failures = [];
        (int refused, long most, long bound, double slowest) = (0, 0, 0, 0);
        Stopwatch all = Stopwatch.StartNew();
        for (int i = 0; i < count && failures.Count < MostFailuresTold; i++)
        {
            (long bytes, Action read) = prepare(i, new Random(i));
            (string? failure, bool wasRefused, long allocated, TimeSpan time) = Read(read, bytes);
            // A machine under load may hold a thread up; a hang does so twice.
            if (failure is null && time > Limit) (failure, _, _, time) = Read(read, bytes) is { Time: var again } second && again > Limit ? second with { Failure = $"took {again}" } : second;
            if (failure is not null) failures.Add($"mutant {i} ({bytes} bytes): {failure}");
            if (allocated >= most) (most, bound) = (allocated, Bound(bytes));
            (refused, slowest) = (refused + (wasRefused ? 1 : 0), Math.Max(slowest, time.TotalMilliseconds));
        }

        output.WriteLine(FormattableString.Invariant(
            $"{count} mutants in {all.Elapsed.TotalSeconds:F1} s, {refused} refused; at most {most / 1024.0 / 1024:F2} MB allocated (bound {bound / 1024.0 / 1024:F2}), {slowest:F0} ms taken"));
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    /// <summary>Reads one file within the bounds.</summary>
    public void Check(long bytes, Action read)
    {
        (string? failure, _, _, TimeSpan time) = Read(read, bytes);
        Assert.True(failure is null && time <= Limit, failure ?? $"took {time}");
    }

    private (string? Failure, bool Refused, long Allocated, TimeSpan Time) Read(Action read, long bytes)
    {
        string? failure = null;
        bool refused = false;
        long start = Stopwatch.GetTimestamp(), before = Allocated();
        try
        {
            read();
        }
        catch (ModelFormatException exception)
        {
            refused = true;
            if (exception.Message.Length is 0 or > 2100 || exception.Message.Any(char.IsControl)) failure = $"a message of {exception.Message.Length} characters: {exception.Message}";
        }
#pragma warning disable CA1031 // Any other exception is what this looks for.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception.ToString();
        }

        (long allocated, TimeSpan time) = (Allocated() - before, Stopwatch.GetElapsedTime(start));
        if (failure is null && allocated > Bound(bytes)) failure = $"allocated {allocated} bytes";
        return (failure, refused, allocated, time);
    }

    private static long Bound(long bytes) => 16 * bytes + (4 << 20);

    private long Allocated() => CountsAllThreads ? GC.GetTotalAllocatedBytes(precise: true) : GC.GetAllocatedBytesForCurrentThread();
}

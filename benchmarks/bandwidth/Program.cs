// Prints how many gigabytes per second the given number of threads read from memory: the ceiling of decoding. Best of five passes.
using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;

const int bytesPerThread = 256 << 20; // far above any cache
const int passes = 5;
if (args.Length != 1 || !int.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out int threads) || threads is < 1 or > 1024)
{
    Console.Error.WriteLine("usage: bandwidth THREADS");
    return 1;
}

float[][] blocks = [.. Enumerable.Range(0, threads).Select(_ => new float[bytesPerThread / sizeof(float)])];
foreach (float[] block in blocks) Array.Fill(block, 1f); // an untouched page is not read from memory
double best = 0;
for (int pass = 0; pass < passes; pass++)
{
    long start = Stopwatch.GetTimestamp();
    Thread[] readers = [.. blocks.Select(block => new Thread(() => Read(block)))];
    foreach (var reader in readers) reader.Start();
    foreach (var reader in readers) reader.Join();
    best = Math.Max(best, (double)bytesPerThread * threads / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
}

Console.WriteLine(best.ToString("F2", CultureInfo.InvariantCulture));
return 0;

static void Read(float[] block)
{
    float sum = TensorPrimitives.Sum<float>(block);
    if (sum < 0) throw new InvalidOperationException("The sum of ones is negative.");
}

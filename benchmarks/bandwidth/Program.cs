// Prints how many gigabytes per second the given number of threads read from memory: the ceiling of decoding. Best of several passes and ways to
// read. With --json also the nanoseconds from core to core (one way, first two threads), which tell where a virtual machine's cores are.
using System.Globalization;
using System.Text.Json;
using SeekSharp.Kernels;

const long bytesPerThread = 256 << 20; // far above any cache
const int passes = 4;
bool isJson = args.Length == 2 && args[1] == "--json";
if ((args.Length != 1 && !isJson) || !int.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out int threads) || threads is < 1 or > 1024)
{
    Console.Error.WriteLine("usage: bandwidth THREADS [--json]");
    return 1;
}

using var pool = new WorkerPool(threads);
using var memory = new AlignedBuffer(bytesPerThread * threads);
Touch(memory);
double bandwidth = new ReadProbe(pool, memory).Best(passes);
if (!isJson)
{
    Console.WriteLine(bandwidth.ToString("F2", CultureInfo.InvariantCulture));
    return 0;
}

using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
writer.WriteStartObject();
writer.WriteNumber("gigabytes_per_second", Math.Round(bandwidth, 2));
if (threads > 1) writer.WriteNumber("core_to_core_nanoseconds", Math.Round(new PingPong(pool).Nanoseconds(), 1));
writer.WriteEndObject();
return 0;

// A page that nobody has written is not read from memory.
static unsafe void Touch(AlignedBuffer memory)
{
    for (long at = 0; at < memory.ByteCount; at += 4096) memory.Pointer[at] = 1;
}

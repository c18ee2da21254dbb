// Times each kernel with BenchmarkDotNet, beside what the machine can do at most.
//
//   dotnet run -c Release --project benchmarks/Kernels -- --filter '*'                  all of them
//   dotnet run -c Release --project benchmarks/Kernels -- --filter '*MatrixProduct*'    some
//   dotnet run -c Release --project benchmarks/Kernels -- ceilings [THREADS]            the ceilings alone, as JSON
using System.Globalization;
using System.Text.Json;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using SeekSharp.KernelBenchmarks;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["ceilings", ..])
{
    int threads = Environment.ProcessorCount;
    if (args.Length > 2 || (args.Length == 2 && (!int.TryParse(args[1], NumberStyles.None, null, out threads) || threads is < 1 or > 1024)))
    {
        Console.Error.WriteLine("usage: Kernels ceilings [THREADS]");
        return 1;
    }

    Ceilings ceilings = Ceilings.Of(threads);
    using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
    writer.WriteStartObject();
    writer.WriteNumber("threads", threads);
    if (ceilings.Int8 is { } int8) writer.WriteNumber("int8_gmac_per_second", Math.Round(int8, 1));
    writer.WriteNumber("float32_gmac_per_second", Math.Round(ceilings.Float32, 1));
    writer.WriteNumber("gigabytes_per_second", Math.Round(ceilings.Bandwidth, 1));
    writer.WriteEndObject();
    return 0;
}

// In this process: kernels are chosen, and some emitted, when the program runs, and a build per benchmark would disturb the machine.
Job job = Job.Default
    .WithToolchain(InProcessEmitToolchain.Instance)
    .WithWarmupCount(2)
    .WithIterationCount(7)
    .WithIterationTime(TimeInterval.FromMilliseconds(100));
ManualConfig config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddLogger(NullLogger.Instance) // the whole log is a file among the artifacts
    .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "artifacts"))
    .AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Params)
    .AddColumn(StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.Max)
    .AddColumn([.. Enum.GetValues<WorkColumn.Figure>().Select(figure => new WorkColumn(figure))]);
foreach (Summary summary in BenchmarkSwitcher.FromAssembly(typeof(Ceilings).Assembly).Run(args, config))
{
    Console.WriteLine(summary.Title);
    MarkdownExporter.Console.ExportToLog(summary, ConsoleLogger.Default);
}

return 0;

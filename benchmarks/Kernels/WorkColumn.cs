using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace SeekSharp.KernelBenchmarks;

/// <summary>What one call of a benchmark does.</summary>
/// <param name="MultiplyAdds">Multiply-adds, or 0 where they are not what takes the time.</param>
/// <param name="IsInt8">Whether they are of int8 rather than float32.</param>
/// <param name="Bytes">Bytes read and written that are counted.</param>
/// <param name="Threads">Threads that share it.</param>
internal readonly record struct Work(double MultiplyAdds, bool IsInt8, double Bytes, int Threads);

/// <summary>A benchmark that can say what its call does, from its parameters alone.</summary>
internal interface IMeasuredWork
{
    Work Work { get; }
}

/// <summary>Rates of a benchmark beside the machine's ceilings.</summary>
internal sealed class WorkColumn(WorkColumn.Figure figure) : IColumn
{
    /// <summary>The columns.</summary>
    internal enum Figure
    {
        MultiplyAdds,
        ArithmeticCeiling,
        ArithmeticShare,
        Bytes,
        Bandwidth,
        BandwidthShare,
    }

    public string Id => nameof(WorkColumn) + figure;

    public string ColumnName => figure switch
    {
        Figure.MultiplyAdds => "GMAC/s",
        Figure.ArithmeticCeiling => "ceiling",
        Figure.ArithmeticShare => "of it",
        Figure.Bytes => "GB/s",
        Figure.Bandwidth => "bandwidth",
        _ => "of that",
    };

    public string Legend => figure switch
    {
        Figure.MultiplyAdds => "Billions of multiply-adds a second",
        Figure.ArithmeticCeiling => "What registers alone reach: int8 (AVX-512 VNNI) or float32",
        Figure.ArithmeticShare => "Share of the ceiling",
        Figure.Bytes => "Counted gigabytes a second",
        Figure.Bandwidth => "What memory gives the same number of threads; data in caches may be faster",
        _ => "Share of the bandwidth",
    };

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => (int)figure;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics) return "?";
        Work work = WorkOf(benchmarkCase);
        Ceilings ceilings = Ceilings.Of(work.Threads);
        double? ceiling = work.IsInt8 ? ceilings.Int8 : ceilings.Float32;
        double rate = work.MultiplyAdds / statistics.Median, bytes = work.Bytes / statistics.Median; // per nanosecond: billions a second
        double? value = figure switch
        {
            Figure.MultiplyAdds => rate,
            Figure.ArithmeticCeiling => rate > 0 ? ceiling : null,
            Figure.ArithmeticShare => 100 * rate / ceiling,
            Figure.Bytes => bytes,
            Figure.Bandwidth => bytes > 0 ? ceilings.Bandwidth : null,
            _ => 100 * bytes / ceilings.Bandwidth,
        };
        if (value is not > 0) return "";
        bool isShare = figure is Figure.ArithmeticShare or Figure.BandwidthShare;
        return value.Value.ToString(isShare ? "F0" : "F1", CultureInfo.InvariantCulture) + (isShare ? "%" : "");
    }

    private static Work WorkOf(BenchmarkCase benchmarkCase)
    {
        Type type = benchmarkCase.Descriptor.Type;
        var benchmark = (IMeasuredWork)Activator.CreateInstance(type)!;
        foreach (var parameter in benchmarkCase.Parameters.Items) type.GetProperty(parameter.Name)!.SetValue(benchmark, parameter.Value);
        return benchmark.Work;
    }
}

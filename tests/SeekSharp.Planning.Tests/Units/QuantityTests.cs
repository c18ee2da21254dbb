using SeekSharp.Planning.Units;

namespace SeekSharp.Planning.Tests.Units;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("400GB/s", Dimension.BytesPerSecond, 400e9)]
    [InlineData("50 GB/s", Dimension.BytesPerSecond, 50e9)]
    [InlineData("400Gb/s", Dimension.BytesPerSecond, 50e9)]
    [InlineData("400 Gbit/s", Dimension.BytesPerSecond, 50e9)]
    [InlineData("4.8TB/s", Dimension.BytesPerSecond, 4.8e12)]
    [InlineData("80GB", Dimension.Bytes, 80e9)]
    [InlineData("64MiB", Dimension.Bytes, 64 * 1024 * 1024)]
    [InlineData("$2/h", Dimension.DollarsPerHour, 2)]
    [InlineData("2$/h", Dimension.DollarsPerHour, 2)]
    [InlineData("2", Dimension.DollarsPerHour, 2)]
    [InlineData("$0.14", Dimension.Dollars, 0.14)]
    [InlineData("14.8T", Dimension.Count, 14.8e12)]
    [InlineData("671B", Dimension.Count, 671e9)]
    [InlineData("2,048", Dimension.Count, 2048)]
    [InlineData("1,234,567.5", Dimension.Count, 1234567.5)]
    [InlineData("1e26", Dimension.Count, 1e26)]
    [InlineData("1E", Dimension.Count, 1e18)]
    [InlineData("989TFLOPS", Dimension.OperationsPerSecond, 989e12)]
    [InlineData("1979 TOPS", Dimension.OperationsPerSecond, 1979e12)]
    [InlineData("312T", Dimension.OperationsPerSecond, 312e12)]
    [InlineData("1.2kW", Dimension.Watts, 1200)]
    [InlineData("814mm2", Dimension.SquareMillimetres, 814)]
    [InlineData("20ms", Dimension.Seconds, 0.02)]
    [InlineData("163us", Dimension.Seconds, 163e-6)]
    [InlineData("5min", Dimension.Seconds, 300)]
    [InlineData("2h", Dimension.Seconds, 7200)]
    [InlineData("3.7d", Dimension.Seconds, 3.7 * 86400)]
    public void Reads_what_people_write(string text, Dimension dimension, double value) => Assert.Equal(value, Quantity.Parse(text, dimension, "x"), value * 1e-12);

    [Theory]
    [InlineData("", Dimension.Count)]
    [InlineData("fast", Dimension.BytesPerSecond)]
    [InlineData("400GB", Dimension.BytesPerSecond)]
    [InlineData("400GB/s", Dimension.Bytes)]
    [InlineData("1,5", Dimension.Count)]
    [InlineData("1,0000", Dimension.Count)]
    [InlineData("1..5", Dimension.Count)]
    [InlineData("1e999", Dimension.Count)]
    [InlineData("NaN", Dimension.Count)]
    [InlineData("20", Dimension.Seconds)]
    [InlineData("5m", Dimension.Seconds)]
    [InlineData("$2/d", Dimension.DollarsPerHour)]
    [InlineData("2QB", Dimension.Bytes)]
    public void What_is_no_quantity_gets_one_sentence(string text, Dimension dimension)
    {
        string message = Assert.Throws<PlanningException>(() => Quantity.Parse(text, dimension, "--speed")).Message;
        Assert.StartsWith("--speed must be", message, StringComparison.Ordinal);
        Assert.Contains($"'{text}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Negative_ones_are_refused() =>
        Assert.Equal("--price must not be negative, but is '$-2/h'.", Assert.Throws<PlanningException>(() => Quantity.Parse("$-2/h", Dimension.DollarsPerHour, "--price")).Message);

    [Fact]
    public void Ranges_share_the_unit_of_their_end()
    {
        Assert.Equal((25e9, 400e9), Quantity.ParseRange("25..400GB/s", Dimension.BytesPerSecond, "x"));
        Assert.Equal((100e6, 1e9), Quantity.ParseRange("100MB/s .. 1GB/s", Dimension.BytesPerSecond, "x"));
        Assert.Equal((50e9, 50e9), Quantity.ParseRange("50GB/s", Dimension.BytesPerSecond, "x"));
        Assert.Equal((1.5, 4), Quantity.ParseRange("$1.5..$4/h", Dimension.DollarsPerHour, "x"));
        Assert.Contains("before", Assert.Throws<PlanningException>(() => Quantity.ParseRange("400..25GB/s", Dimension.BytesPerSecond, "x")).Message, StringComparison.Ordinal);
        foreach (string text in new[] { "..400GB/s", "25..", "25..400..500GB/s" })
            Assert.Throws<PlanningException>(() => Quantity.ParseRange(text, Dimension.BytesPerSecond, "x"));
    }

    [Theory]
    [InlineData(400e9, Dimension.BytesPerSecond, "400 GB/s")]
    [InlineData(2, Dimension.DollarsPerHour, "$2/h")]
    [InlineData(2048, Dimension.Count, "2,048")]
    [InlineData(1e26, Dimension.Count, "1e+26")]
    [InlineData(989.5e12, Dimension.OperationsPerSecond, "989.5 TOPS")]
    [InlineData(0, Dimension.Bytes, "0 B")]
    public void Writes_what_it_reads(double value, Dimension dimension, string text)
    {
        Assert.Equal(text, Quantity.Format(value, dimension));
        Assert.Equal(value, Quantity.Parse(text, dimension, "x"));
    }
}

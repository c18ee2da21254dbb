using SeekSharp.Planning.Chips;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Planning.Tests.Chips;

public sealed class ChipCatalogTests
{
    /// <summary>TPP and performance density as the reference's table of chips (deepseek.md §5.2) has them, rounded; a range or no density where it has none.</summary>
    [Theory]
    [InlineData("A100 SXM", 4_992, 6.04)]
    [InlineData("A800", 4_992, 6.04)]
    [InlineData("H100 SXM", 15_832, 19.45)]
    [InlineData("H800 SXM", 15_832, 19.45)]
    [InlineData("H200", 15_832, 19.45)]
    [InlineData("H20", 2_368, 2.91)]
    [InlineData("L20", 1_912, 3.14)]
    [InlineData("L40S", 5_864, 9.64)]
    [InlineData("RTX 4090", 5_285, 8.68)]
    [InlineData("RTX 4090D", 4_707, 7.74)]
    [InlineData("B200", 36_000, 22.5)]
    [InlineData("MI300X", 20_919, null)]
    [InlineData("Ascend 910B", 5_120, 7.7)]
    [InlineData("Ascend 910C", 12_800, 9.62)]
    [InlineData("Ascend 950PR", 6_800, null)]
    [InlineData("TPU v5p", 7_344, null)]
    [InlineData("TPU v6e", 14_688, null)]
    [InlineData("TPU v7", 36_912, null)]
    public void Computes_the_figures_of_the_rules(string name, double performance, double? density)
    {
        Chip chip = ChipCatalog.Default.Find(name);
        Assert.Equal(performance, chip.TotalProcessingPerformance, 0.5);
        Assert.Equal(density is null, chip.PerformanceDensity is null);
        if (density is { } value) Assert.Equal(value, chip.PerformanceDensity!.Value, 0.0051);
    }

    /// <summary>The same table: 16 bits, 8 bits, memory, bandwidth, link in both directions.</summary>
    [Theory]
    [InlineData("A100", 312, 624, 80, 2.04, 600)]
    [InlineData("A800", 312, 624, 80, 2.04, 400)]
    [InlineData("H100", 989, 1979, 80, 3.35, 900)]
    [InlineData("H800", 989, 1979, 80, 3.35, 400)]
    [InlineData("H200", 989, 1979, 141, 4.8, 900)]
    [InlineData("H20", 148, 296, 96, 4.0, 900)]
    [InlineData("L20", 119, 239, 48, 0.864, 64)]
    [InlineData("L40S", 362, 733, 48, 0.864, 64)]
    [InlineData("RTX 4090", 330, 661, 24, 1.008, 64)]
    [InlineData("RTX 4090D", 294, 588, 24, 1.008, 64)]
    [InlineData("MI300X", 1307, 2615, 192, 5.3, 896)]
    [InlineData("Ascend 910B", 320, 640, 64, 1.6, 392)]
    [InlineData("Ascend 910C", 800, 1600, 128, 3.2, 784)]
    [InlineData("B200", 2250, 4500, 180, 8.0, 1800)]
    public void Has_the_figures_of_data_sheets(string name, double half, double byteSized, double memory, double bandwidth, double link)
    {
        Chip chip = ChipCatalog.Default.Find(name);
        Assert.Equal(half, chip.OperationsPerSecond(NumberFormat.Float16) / 1e12, 0.6);
        Assert.Equal(byteSized, chip.OperationsPerSecond(NumberFormat.Int8) / 1e12, 0.6);
        Assert.Equal(memory, chip.MemoryBytes.Value / 1e9, 1e-9);
        Assert.Equal(bandwidth, chip.MemoryBandwidth.Value / 1e12, 1e-9);
        Assert.Equal(link, chip.LinkWithinNode!.Bidirectional!.Value / 1e9, 1e-9);
    }

    [Fact]
    public void The_links_of_the_H800_are_those_of_the_paper()
    {
        // DeepSeek-V3 §3.2.2: NVLink 160 GB/s, InfiniBand 50 GB/s; table 1: $2 an hour
        Chip chip = ChipCatalog.Default.Find("H800");
        Assert.Equal(160e9, chip.LinkWithinNode!.PerDirection);
        Assert.Equal(50e9, chip.LinkBetweenNodes!.Value);
        Assert.Equal(2, chip.PricePerHour!.Value);
        // Nothing better known: half of both directions.
        Assert.Equal(300e9, ChipCatalog.Default.Find("A100").LinkWithinNode!.PerDirection);
    }

    [Fact]
    public void What_is_from_memory_or_the_press_is_never_certain()
    {
        foreach (Chip chip in ChipCatalog.Default.Chips)
        {
            Figure?[] figures =
            [
                .. chip.Arithmetic.Values, chip.MemoryBytes, chip.MemoryBandwidth, chip.LinkWithinNode?.Bidirectional, chip.LinkWithinNode?.Effective, chip.LinkBetweenNodes,
                chip.ChipsPerNode, chip.DieAreaMm2, chip.PricePerHour, chip.PowerWatts,
            ];
            Assert.All(figures.OfType<Figure>(), figure =>
            {
                Assert.NotEqual("", figure.Source);
                if (figure.Source.Contains("memory", StringComparison.Ordinal)) Assert.Equal(Confidence.Low, figure.Confidence);
                if (figure.Source.Contains("press", StringComparison.Ordinal)) Assert.NotEqual(Confidence.High, figure.Confidence);
            });
        }

        Assert.Equal(Confidence.Low, ChipCatalog.Default.Find("Ascend 910B").PerformanceConfidence);
    }

    [Fact]
    public void Finds_chips_as_people_write_them()
    {
        foreach (string name in new[] { "h800", "H800 SXM", "H800-sxm", "NVIDIA H800", " h800 " }) Assert.Equal("H800 SXM", ChipCatalog.Default.Find(name).Name);
        foreach (string name in new[] { "rtx4090", "RTX 4090", "GeForce RTX 4090", "4090" }) Assert.Equal("RTX 4090", ChipCatalog.Default.Find(name).Name);
        foreach (string name in new[] { "4090d", "RTX 4090 D" }) Assert.Equal("RTX 4090D", ChipCatalog.Default.Find(name).Name);
        Assert.Equal("MI300X", ChipCatalog.Default.Find("amd mi300x").Name);
    }

    [Theory]
    [InlineData("H900", "H800")]
    [InlineData("mi300", "MI300X")]
    [InlineData("", "nearest")]
    [InlineData("\u001b[31mA100", "A100")]
    public void Unknown_chips_get_one_sentence(string name, string part)
    {
        string message = Assert.Throws<PlanningException>(() => ChipCatalog.Default.Find(name)).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Fact]
    public void A_format_that_a_chip_has_not_gets_one_sentence()
    {
        string message = Assert.Throws<PlanningException>(() => ChipCatalog.Default.Find("A100").OperationsPerSecond(NumberFormat.Float8)).Message;
        Assert.Contains("A100", message, StringComparison.Ordinal);
        Assert.Contains("fp8", message, StringComparison.Ordinal);
        Assert.Contains("int8", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Own_chips_are_added_and_replace_those_of_the_same_name()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("mine.json", """
            {
              "chips": [
                { "name": "Mine", "vendor": "Me", "source": "measured", "confidence": "high", "operations": { "bf16": "100T" }, "memory": "16GiB", "memoryBandwidth": "400Gb/s" },
                {
                  "name": "h20", "vendor": "NVIDIA", "source": "wish", "confidence": "low", "operations": { "fp8": 4.0e14 }, "memory": 96e9, "memoryBandwidth": "4TB/s",
                  "linkWithinNode": { "name": "NVLink", "bidirectional": "900GB/s" }, "pricePerHour": { "value": "$1/h", "source": "invoice", "confidence": "medium" }
                }
              ]
            }
            """);
        ChipCatalog catalog = ChipCatalog.Load(path);
        Assert.Equal(ChipCatalog.Default.Chips.Count + 1, catalog.Chips.Count);
        Assert.Equal(1600, catalog.Find("mine").TotalProcessingPerformance);
        Assert.Equal((16L << 30, 50e9), ((long)catalog.Find("mine").MemoryBytes.Value, catalog.Find("mine").MemoryBandwidth.Value));
        Assert.Null(catalog.Find("mine").PerformanceDensity);
        Chip replaced = catalog.Find("H20");
        Assert.Equal(3200, replaced.TotalProcessingPerformance);
        Assert.Equal(new Figure(1, "invoice", Confidence.Medium), replaced.PricePerHour);
        Assert.Equal("RTX 4090", catalog.Find("4090").Name);
    }

    [Theory]
    [InlineData("nothing", "is not JSON")]
    [InlineData("[]", "is not a JSON object")]
    [InlineData("{}", "'chips'")]
    [InlineData("""{"chips":[7]}""", "is not a JSON object")]
    [InlineData("""{"chips":[{}]}""", "'name'")]
    [InlineData("""{"chips":[{"name":"X","vendor":"V","source":"s","confidence":"high","memory":"1GB","memoryBandwidth":"1GB/s"}]}""", "operations")]
    [InlineData("""{"chips":[{"name":"X","vendor":"V","source":"s","confidence":"high","operations":{"fp9":"1T"},"memory":"1GB","memoryBandwidth":"1GB/s"}]}""", "fp9")]
    [InlineData("""{"chips":[{"name":"X","vendor":"V","source":"s","confidence":"sure","operations":{"fp8":"1T"},"memory":"1GB","memoryBandwidth":"1GB/s"}]}""", "'sure'")]
    [InlineData("""{"chips":[{"name":"X","vendor":"V","confidence":"high","operations":{"fp8":"1T"},"memory":"1GB","memoryBandwidth":"1GB/s"}]}""", "'source'")]
    [InlineData("""{"chips":[{"name":"X","vendor":"V","source":"s","confidence":"high","operations":{"fp8":"-1T"},"memory":"1GB","memoryBandwidth":"1GB/s"}]}""", "not be negative")]
    [InlineData("""{"chips":[{"name":"X","vendor":"V","source":"s","confidence":"high","operations":{"fp8":0},"memory":"1GB","memoryBandwidth":"1GB/s"}]}""", "above 0")]
    [InlineData("""{"chips":[{"name":"X","vendor":"V","source":"s","confidence":"high","operations":{"fp8":"1T"},"memory":"1GB","memoryBandwidth":"1GB/s","price":1}]}""", "'price'")]
    [InlineData("""{"chips":[{"name":"X","vendor":"V","source":"s","confidence":"high","operations":{"fp8":"1T"},"memory":"1GB","memoryBandwidth":"1GB/s","pricePerHour":"$-2/h"}]}""", "negative")]
    [InlineData("""{"chips":[{"name":"X","vendor":"V","source":"s","confidence":"high","operations":{"fp8":"1T"},"memory":"1e999","memoryBandwidth":"1GB/s"}]}""", "memory")]
    [InlineData("""{"chips":[{"name":"X","vendor":"V","source":"s","confidence":"high","operations":{"fp8":"1T"},"memory":"1GB","memoryBandwidth":"1GB/s","chipsPerNode":2.5}]}""", "chipsPerNode")]
    public void What_is_wrong_with_a_file_is_one_sentence(string json, string part)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("mine.json", json);
        string message = Assert.Throws<PlanningException>(() => ChipCatalog.Load(path)).Message;
        Assert.Contains("mine.json", message, StringComparison.Ordinal);
        Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_or_has_a_chip_twice_gets_one_sentence()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no file", Assert.Throws<PlanningException>(() => ChipCatalog.Load(Path.Combine(folder.Path, "none.json"))).Message, StringComparison.Ordinal);
        const string chip = """{"name":"X","vendor":"V","source":"s","confidence":"high","operations":{"fp8":"1T"},"memory":"1GB","memoryBandwidth":"1GB/s"}""";
        string path = folder.Write("twice.json", $$"""{"chips":[{{chip}},{{chip}}]}""");
        Assert.Contains("twice", Assert.Throws<PlanningException>(() => ChipCatalog.Load(path)).Message, StringComparison.Ordinal);
    }
}

using SeekSharp.Planning.Chips;

namespace SeekSharp.Planning.Tests.Chips;

public sealed class ChipCatalogTests
{
    [Fact]
    public void Finds_chips_as_people_write_them()
    {
        foreach (string name in new[] { "h800", "H800 SXM", "H800-sxm", "NVIDIA H800" }) Assert.Equal("H800 SXM", ChipCatalog.Default.Find(name).Name);
        Assert.Equal("RTX 4090", ChipCatalog.Default.Find("rtx4090").Name);
    }
}

using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;
using SeekSharp.Planning.Training;

namespace SeekSharp.Planning.Tests.Training;

public sealed class ExpertTrafficTests
{
    private static readonly ModelShape V3 = ModelCatalog.Find("DeepSeek-V3");

    // reference/deepseek.md §4 (V3 §3.2.2, §3.3.3): per token and layer with experts, exactly.
    [Fact]
    public void V3_sends_what_the_paper_says()
    {
        ExpertTraffic limited = ExpertTraffic.Of(V3, 64, 8, nodeLimited: true, inFloat8: true), every = ExpertTraffic.Of(V3, 64, 8, nodeLimited: false, inFloat8: true);
        Assert.Equal(29_568, limited.DispatchBetween);
        Assert.Equal(57_344, limited.CombineBetween);
        Assert.Equal(59_136, every.DispatchBetween);
        Assert.Equal(114_688, every.CombineBetween);
        Assert.Equal(57_344, ExpertTraffic.Of(V3, 64, 8, nodeLimited: true, inFloat8: false).DispatchBetween);
        Assert.Equal(7392, ExpertTraffic.DispatchBytes(7168, inFloat8: true)); // §4: 7392 against 14,336 bytes a copy, 1.94x
        Assert.Equal(14_336, ExpertTraffic.DispatchBytes(7168, inFloat8: false));
    }

    [Fact]
    public void Experts_on_one_node_send_nothing_between_nodes()
    {
        ExpertTraffic traffic = ExpertTraffic.Of(ModelCatalog.Find("V2"), 8, 8, nodeLimited: true, inFloat8: false);
        Assert.Equal(0, traffic.Between);
        Assert.Equal(3 * 10_240, traffic.DispatchWithin); // V2 §2.2.2: at most 3 devices of 8, 5120 values in BF16
        Assert.Equal(default, ExpertTraffic.Of(V3, 1, 8, true, true));
        Assert.Equal(default, ExpertTraffic.Of(ModelCatalog.Find("67B"), 8, 8, true, true));
    }

    [Fact]
    public void Without_groups_a_token_reaches_the_expected_number_of_nodes()
    {
        ExpertTraffic traffic = ExpertTraffic.Of(ModelCatalog.Find("Kimi-K2"), 64, 8, nodeLimited: true, inFloat8: true);
        double nodes = 8 * (1 - Math.Pow(7.0 / 8, 8)); // 8 experts anywhere on 8 nodes
        Assert.Equal(nodes * 7392, traffic.DispatchBetween, 1e-6);
    }

    // V4 §3.1: C / B <= 2 d; V3 4096, V4-Pro 6144 operations a byte, so that 1 GB/s hides 6.1 TFLOP/s.
    [Fact]
    public void The_rule_of_V4()
    {
        Assert.Equal(4096, CommunicationRule.OperationsPerByte(2048));
        Assert.Equal(6144, CommunicationRule.OperationsPerByte(3072));
        Assert.Equal(6.144e12, CommunicationRule.OperationsHidden(1e9, 3072));
        Assert.True(CommunicationRule.Hides(6.1e12, 1e9, 3072));
        Assert.False(CommunicationRule.Hides(6.2e12, 1e9, 3072));
        Assert.Equal(3072, CommunicationRule.OperationsPerByte(2048, float8Dispatch: false)); // 6 h d against 4 h bytes
        Chip chip = ChipCatalog.Default.Find("H800");
        Assert.False(CommunicationRule.Hides(chip.OperationsPerSecond(NumberFormat.Float8), chip.LinkBetweenNodes!.Value, 2048)); // which is why V3 limits nodes
    }
}

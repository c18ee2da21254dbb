using System.CommandLine;
using System.Globalization;
using SeekSharp.Planning.Serving;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan experts: where replicas of experts should lie (EPLB).</summary>
internal static class ExpertsCommand
{
    private static readonly Option<string> Loads = new("--loads") { Description = "JSON file with the load of each expert, a row for each layer", HelpName = "FILE", Required = true };
    private static readonly Option<int> Replicas = Count("--replicas", "Physical experts of a layer: a multiple of --gpus");
    private static readonly Option<int> Groups = Count("--groups", "Expert groups; where nodes divide them, a group stays on one node");
    private static readonly Option<int> Nodes = Count("--nodes", "Nodes");
    private static readonly Option<int> Gpus = Count("--gpus", "GPUs of all nodes together");

    private static readonly Option<TieOrder?> Ties = CommonOptions.Choice(
        "--ties", "Order of equal loads: as torch.sort of PyTorch 2.10 leaves them, or by index; default: torch", ("torch", TieOrder.Torch), ("stable", TieOrder.Stable));

    public static Command Create()
    {
        var command = new ExampleCommand(
            "experts",
            "Place replicas of experts on GPUs by their load, as DeepSeek's EPLB does",
            "seek plan experts --loads loads.json --replicas 16 --groups 4 --nodes 2 --gpus 8",
            "seek plan experts --loads loads.json --replicas 288 --groups 8 --nodes 4 --gpus 32 --json")
        {
            Loads, Replicas, Groups, Nodes, Gpus, Ties, PlanOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var loads = ExpertLoads.Read(parsed.GetRequiredValue(Loads));
        int gpus = parsed.GetValue(Gpus);
        ExpertPlacement placement = ExpertLoadBalancer.Rebalance(
            loads, parsed.GetValue(Replicas), parsed.GetValue(Groups), parsed.GetValue(Nodes), gpus, parsed.GetValue(Ties) ?? TieOrder.Torch);
        if (parsed.GetValue(PlanOptions.Json)) JsonOutput.Write(writer => ServingJson.Write(writer, placement, loads, gpus));
        else WriteText(placement, loads, gpus);
        return ExitCodes.Success;
    }

    private static void WriteText(ExpertPlacement placement, IReadOnlyList<float[]> loads, int gpus)
    {
        for (int layer = 0; layer < loads.Count; layer++)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"layer {layer}: busiest GPU {placement.Imbalance(layer, loads[layer], gpus):0.000} times the mean"));
            int[] replicas = placement.PhysicalToLogical[layer];
            double[] sums = placement.GpuLoads(layer, loads[layer], gpus);
            int perGpu = replicas.Length / gpus;
            for (int gpu = 0; gpu < gpus; gpu++)
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  GPU {gpu}: experts {string.Join(' ', replicas.Skip(gpu * perGpu).Take(perGpu))}, load {sums[gpu]:#,0.##}"));
        }
    }

    private static Option<int> Count(string name, string description)
    {
        var option = CommonOptions.Integer(name, description, 1, 1 << 20);
        option.Required = true;
        return option;
    }
}

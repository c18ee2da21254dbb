namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan: what chips can do, what rules say about them, and what a machine should reach.</summary>
internal static class PlanCommand
{
    public static ExampleCommand Create() => new(
        "plan",
        "Plan training and serving: chips, export rules by date, this machine",
        "seek plan chip H800 --on 2022-11-01",
        "seek plan chips",
        "seek plan here model.gguf --check",
        "seek plan train --chip H20",
        "seek plan serve",
        "seek plan sweep train --sweep link.inter=5..100GB/s --without overlap")
    {
        ChipsCommand.Create(),
        ChipCommand.Create(),
        RulesCommand.Create(),
        WeightsCommand.Create(),
        MemoryCommand.Create(),
        HereCommand.Create(),
TrainingCommand.Create(),
        PipelineCommand.Create(),
        ServingCommand.Create(),
        ExpertsCommand.Create(),
        SweepCommand.Create(),
    };
}

using System.CommandLine;
using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;
using SeekSharp.Planning.Pipeline;
using SeekSharp.Planning.Training;
using SeekSharp.Planning.Units;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan train: what a training run takes.</summary>
internal static class TrainingCommand
{
    private static readonly string[] TechniqueNames = ["fp8", "fp8-dispatch", "node-limit", "overlap", "mtp"];

    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "Published model (DeepSeek-V3, V2, V2-Lite, 67B, Llama-3.1-405B, ...), GGUF file, Hugging Face folder or config.json",
        HelpName = "MODEL",
        DefaultValueFactory = _ => "DeepSeek-V3",
    };

    private static readonly Option<string> ChipName = new("--chip") { Description = "Name of a chip ('seek plan chips')", HelpName = "NAME", DefaultValueFactory = _ => "H800" };
    private static readonly Option<int> Count = CommonOptions.Integer("--count", "Number of chips", 1, 10_000_000, 2048, "-n");
    private static readonly Option<double?> Tokens = PlanOptions.Quantity("--tokens", "Tokens to train on; default: 14.8T", Dimension.Count, "N");
    private static readonly Option<int> Sequence = CommonOptions.Integer("--sequence", "Tokens of a sequence", 1, 1 << 26, 4096);
    private static readonly Option<int> Batch = CommonOptions.Integer("--batch", "Sequences of a step", 1, 1 << 26, 15_360);

    private static readonly Option<bool> Search = CommonOptions.Flag("--search", "Search for the fastest layout that fits; default where no layout is given, except for DeepSeek-V3");
    private static readonly Option<int> PipelineRanks = CommonOptions.Integer("--pp", "Chips that the layers are spread over", 1, 1024);
    private static readonly Option<int> Tensor = CommonOptions.Integer("--tp", "Chips that each matrix is cut over", 1, 1024);
    private static readonly Option<int> Context = CommonOptions.Integer("--cp", "Chips that a sequence is cut over", 1, 1024);
    private static readonly Option<int> Expert = CommonOptions.Integer("--ep", "Chips that the experts of a layer are spread over", 1, 4096);
    private static readonly Option<int> Zero = CommonOptions.Integer("--zero", "ZeRO stage: what data-parallel chips share out", 0, 3);
    private static readonly Option<int> MicroBatch = CommonOptions.Integer("--micro-batch", "Sequences of a micro-batch", 1, 4096);
    private static readonly Option<PipelineSchedule?> Schedule = PlanOptions.Schedule("Order of micro-batches in the pipeline");

    private static readonly Option<RecomputePolicy?> Recompute = CommonOptions.Choice(
        "--recompute", "What is not kept for the backward pass", ("none", RecomputePolicy.None), ("selective", RecomputePolicy.Selective), ("full", RecomputePolicy.Full));

    private static readonly Option<string[]> Without = new("--without")
    {
        Description = "Turn techniques off: fp8, fp8-dispatch, node-limit, overlap, mtp, with commas between them",
        HelpName = "NAME,NAME",
        CustomParser = result =>
        {
            string[] names = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (names.FirstOrDefault(name => !TechniqueNames.Contains(name)) is { } unknown)
                result.AddError($"There is no technique '{unknown}'; there are {string.Join(", ", TechniqueNames)}.");
            return names;
        },
    };

    private static readonly Option<double?> Within = PlanOptions.Quantity("--link-within", "Link within a node, one direction; default: the chip's", Dimension.BytesPerSecond, "RATE");
    private static readonly Option<double?> Between = PlanOptions.Quantity("--link-between", "Link between nodes per chip, one direction; default: the chip's", Dimension.BytesPerSecond, "RATE");
    private static readonly Option<int> Node = CommonOptions.Integer("--node", "Chips of a node; default: the chip's", 1, 4096);
    private static readonly Option<double?> Price = PlanOptions.Quantity("--price", "Price of a chip; default: the chip's", Dimension.DollarsPerHour, "PRICE");
    private static readonly Option<int> Islands = CommonOptions.Integer("--islands", "Islands of chips with a slow link between them", 1, 10_000, 1);
    private static readonly Option<double?> IslandLink = PlanOptions.Quantity("--island-link", "Link of an island, one direction; default: 12.5GB/s", Dimension.BytesPerSecond, "RATE");
    private static readonly Option<int> IslandSteps = CommonOptions.Integer("--island-steps", "Steps between synchronisations of islands; DiLoCo: 500", 1, 1_000_000, 1);
    private static readonly Option<float> IslandBytes = CommonOptions.Real("--island-bytes", "Bytes per parameter that islands exchange", 0.01f, 8, 4);
    private static readonly Option<bool> IslandOverlap = CommonOptions.Flag("--island-overlap", "Islands exchange while they train on (Streaming DiLoCo)");
    private static readonly Option<bool> FirstPrinciples = CommonOptions.Flag("--first-principles", "Rates of kernels alone, nothing fitted to published runs");

    private static readonly Option[] LayoutOptions = [PipelineRanks, Tensor, Context, Expert, Zero, MicroBatch, Schedule, Recompute];

    public static Command Create()
    {
        var command = new ExampleCommand(
            "train",
            "Plan a training run: layout, memory, time, cost, energy and the limit that binds",
            "seek plan train",
            "seek plan train --chip H20 --count 4096 --search --without fp8",
            "seek plan train --model Llama-3.1-405B --chip H100 --count 16384 --tokens 15.6T --sequence 8192 --batch 2048",
            "seek plan train --link-between 25GB/s --json")
        {
            Model, ChipName, Count, Tokens, Sequence, Batch, Search, PipelineRanks, Tensor, Context, Expert, Zero, MicroBatch, Schedule, Recompute, Without, Within, Between, Node,
            Price, Islands, IslandLink, IslandSteps, IslandBytes, IslandOverlap, FirstPrinciples, PlanOptions.Chips, PlanOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        TrainingScenario scenario = Scenario(parsed);
        LayoutSearchResult? search = Searches(parsed, scenario) ? LayoutSearch.Run(scenario) : null;
        TrainingPlan plan = search?.RequireBest() ?? TrainingPlan.Evaluate(scenario);
        if (plan.DoesNotFit is { } sentence) throw new CommandException(sentence);
        if (parsed.GetValue(PlanOptions.Json))
        {
            JsonOutput.Write(writer =>
            {
                TrainingPlanJson.Write(writer, plan);
                if (search is null) return;
                writer.WriteStartObject("search");
                writer.WriteNumber("tried", search.Tried);
                writer.WriteNumber("fitting", search.Fitting);
                writer.WriteEndObject();
            });
        }
        else
        {
            TrainingTables.Write(plan, search);
        }

        return ExitCodes.Success;
    }

    private static bool Searches(ParseResult parsed, TrainingScenario scenario) => parsed.GetValue(Search)
        || (scenario.Model != PublishedRuns.DeepSeekV3.Model && LayoutOptions.All(option => parsed.GetResult(option) is not { Implicit: false }));

    private static TrainingScenario Scenario(ParseResult parsed)
    {
        ModelShape model = ModelCatalog.Find(parsed.GetRequiredValue(Model));
        Chip chip = PlanOptions.Catalog(parsed).Find(parsed.GetRequiredValue(ChipName));
        return new TrainingScenario
        {
            Model = model,
            Chip = chip,
            Devices = parsed.GetValue(Count),
            Tokens = parsed.GetValue(Tokens) ?? PublishedRuns.DeepSeekV3.Tokens,
            SequenceLength = parsed.GetValue(Sequence),
            BatchSequences = parsed.GetValue(Batch),
            Layout = Layout(parsed, model),
            Techniques = Techniques(parsed.GetValue(Without) ?? []),
            Calibration = parsed.GetValue(FirstPrinciples) ? TrainingCalibration.FirstPrinciples : TrainingCalibration.Fitted,
            LinkWithinNode = parsed.GetValue(Within),
            LinkBetweenNodes = parsed.GetValue(Between),
            DevicesPerNode = Given(parsed, Node),
            PricePerHour = parsed.GetValue(Price),
            Islands = new TrainingIslands
            {
                Count = parsed.GetValue(Islands),
                LinkBytesPerSecond = parsed.GetValue(IslandLink) ?? new TrainingIslands().LinkBytesPerSecond,
                StepsBetween = parsed.GetValue(IslandSteps),
                BytesPerParameter = parsed.GetValue(IslandBytes),
                Overlapped = parsed.GetValue(IslandOverlap),
            },
        };
    }

    private static TrainingLayout Layout(ParseResult parsed, ModelShape model)
    {
        TrainingLayout usual = model == PublishedRuns.DeepSeekV3.Model ? PublishedRuns.DeepSeekV3.Layout : new TrainingLayout { Schedule = PipelineSchedule.OneForwardOneBackward };
        return usual with
        {
            Pipeline = Given(parsed, PipelineRanks) ?? usual.Pipeline,
            Tensor = Given(parsed, Tensor) ?? usual.Tensor,
            Context = Given(parsed, Context) ?? usual.Context,
            Expert = Given(parsed, Expert) ?? usual.Expert,
            ZeroStage = Given(parsed, Zero) ?? usual.ZeroStage,
            MicroBatchSequences = Given(parsed, MicroBatch) ?? usual.MicroBatchSequences,
            Schedule = parsed.GetValue(Schedule) ?? usual.Schedule,
            Recompute = parsed.GetValue(Recompute) ?? usual.Recompute,
        };
    }

    private static TrainingTechniques Techniques(string[] without) => new()
    {
        Float8Matrices = !without.Contains("fp8"),
        Float8Dispatch = !without.Contains("fp8-dispatch"),
        NodeLimitedRouting = !without.Contains("node-limit"),
        Overlap = !without.Contains("overlap"),
        MultiTokenPrediction = !without.Contains("mtp"),
    };

    private static int? Given(ParseResult parsed, Option<int> option) => parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option) : null;
}

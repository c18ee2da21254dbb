using SeekSharp.Formats;
using SeekSharp.Tests.Formats;
using SeekSharp.Training.Checkpoints;
using SeekSharp.Training.Models;
using SeekSharp.Training.Optimizers;
using SeekSharp.Training.Tests.Models;
using TorchSharp;

namespace SeekSharp.Training.Tests.Checkpoints;

/// <summary>Runs go on exactly where a checkpoint left them.</summary>
public sealed class CheckpointTests
{
    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void A_resumed_run_makes_the_steps_of_the_uninterrupted_one(Precision precision)
    {
        using TemporaryFolder folder = new();
        TrainingModelOptions options = new() { Precision = precision };
        ModelConfig config = ModelSize.ExtraSmall.ToConfig(70, 512, predictionLayers: 1);
        using TrainingModel model = TrainingModel.Create(config, 1, options);
        using Optimizer optimizer = new(model);
        for (int step = 0; step < 3; step++) Step(model, optimizer, step);
        string path = Checkpoint.PathOf(folder.Path, 3);
        Checkpoint.Save(path, model, optimizer, new TrainingState { Step = 3, Tokens = 99, Seed = ulong.MaxValue, Values = new Dictionary<string, string> { ["stage"] = "sft" } });
        double[] expected = [.. Enumerable.Range(3, 4).Select(step => Step(model, optimizer, step)), torch.rand(1).item<float>()];

        (TrainingModel resumed, Optimizer resumedOptimizer, TrainingState state) = Checkpoint.Load(path, options);
        using (resumed)
        using (resumedOptimizer)
        {
            Assert.Equal((3, 99, ulong.MaxValue, "sft"), (state.Step, state.Tokens, state.Seed, state.Values["stage"]));
            double[] actual = [.. Enumerable.Range(3, 4).Select(step => Step(resumed, resumedOptimizer, step)), torch.rand(1).item<float>()];
            Assert.Equal(expected, actual);
            foreach ((Parameter first, Parameter second) in model.Parameters.Zip(resumed.Parameters)) Assert.Equal(first.Value.Values(), second.Value.Values());
        }
    }

    [Fact]
    public void The_last_complete_checkpoint_is_found_and_old_ones_go()
    {
        using TemporaryFolder folder = new();
        using TrainingModel model = TrainingModel.Create(ModelSize.ExtraSmall.ToConfig(70, 512), 1);
        using Optimizer optimizer = new(model);
        Assert.Null(Checkpoint.Latest(folder.Path));
        foreach (long step in (long[])[5, 100, 20]) Checkpoint.Save(Checkpoint.PathOf(folder.Path, step), model, optimizer, new TrainingState { Step = step });
        Directory.CreateDirectory(Checkpoint.PathOf(folder.Path, 200)); // what a kill may leave
        Directory.CreateDirectory(Checkpoint.PathOf(folder.Path, 300) + ".writing");
        Assert.Equal(Checkpoint.PathOf(folder.Path, 100), Checkpoint.Latest(folder.Path));
        Checkpoint.Prune(folder.Path, 2);
        Assert.False(Directory.Exists(Checkpoint.PathOf(folder.Path, 5)));
        Assert.True(Directory.Exists(Checkpoint.PathOf(folder.Path, 20)));
        Assert.True(Directory.Exists(Checkpoint.PathOf(folder.Path, 100)));
    }

    [Fact]
    public void Names_are_those_of_DeepSeek()
    {
        using TemporaryFolder folder = new();
        using TrainingModel model = TrainingModel.Create(TinyConfigs.Of("v3") with { PredictionLayerCount = 1 }, 1);
        string path = Path.Combine(folder.Path, "model");
        Checkpoint.SaveModel(path, model, new Dictionary<string, string> { ["note.txt"] = "hello" }, TensorType.BF16);
        Assert.Equal("hello", File.ReadAllText(Path.Combine(path, "note.txt")));
        using HuggingFaceFolder file = HuggingFaceFolder.Open(path);
        Dictionary<string, SeekSharp.Formats.Tensor> tensors = file.Tensors.ToDictionary(tensor => tensor.Name);
        Assert.Equal([18, 40], tensors["model.layers.1.mlp.experts.7.up_proj.weight"].Shape);
        Assert.Equal([40, 80], tensors["model.layers.3.eh_proj.weight"].Shape);
        Assert.Equal(TensorType.BF16, tensors["model.layers.2.self_attn.kv_a_proj_with_mqa.weight"].Type);
        Assert.Equal(TensorType.F32, tensors["model.layers.2.mlp.gate.e_score_correction_bias"].Type);
        Assert.Equal(model.Config with { Name = "model" }, file.Config);
        ParameterCounts counts = ParameterCounts.Of(model.Config);
        Assert.Equal(counts.Total + counts.MultiTokenPrediction, model.Parameters.Sum(parameter => parameter.Count));
    }

    [Fact]
    public void Damaged_checkpoints_are_refused_with_a_reason()
    {
        using TemporaryFolder folder = new();
        using TrainingModel model = TrainingModel.Create(ModelSize.ExtraSmall.ToConfig(70, 512), 1);
        using Optimizer optimizer = new(model);
        string path = Path.Combine(folder.Path, "run");
        Checkpoint.SaveModel(path, model);
        Assert.Contains("no state of a training run", Assert.Throws<ModelFormatException>(() => Checkpoint.Load(path)).Message, StringComparison.Ordinal);
        Checkpoint.Save(path, model, optimizer, new TrainingState());
        string state = Path.Combine(path, "training", "state.json"), config = Path.Combine(path, "config.json");
        OptimizerOptions other = new() { UsesMuon = false };
        Assert.Contains("square' is missing", Assert.Throws<ModelFormatException>(() => Checkpoint.Load(path, null, other)).Message, StringComparison.Ordinal);
        File.WriteAllText(state, "{\"step\": 1}");
        Assert.Contains("state.json", Assert.Throws<ModelFormatException>(() => Checkpoint.Load(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", StringComparison.Ordinal));
        Assert.Contains("'model.layers.2", Assert.Throws<ModelFormatException>(() => Checkpoint.LoadModel(path)).Message, StringComparison.Ordinal);
    }

    private static double Step(TrainingModel model, Optimizer optimizer, int step)
    {
        using var scope = torch.NewDisposeScope();
        Random random = new(step);
        TokenBatch batch = TokenBatch.Create([.. Enumerable.Range(0, 4).Select(_ => new TrainingSequence(Enumerable.Range(0, random.Next(8, 20)).Select(_ => random.Next(70)).ToArray()))]);
        TrainingLoss loss = model.Loss(batch, new LossOptions { PredictionWeight = 0.3, SequenceBalanceWeight = 1e-3 });
        loss.Total.backward();
        optimizer.Step(0.01);
        model.UpdateSelectionBias(0.001);
        return loss.Total.item<float>();
    }
}

// Training speed beside the matrix-product rate of the same minute.
//
//   dotnet run -c Release --project benchmarks/TrainingBench -- [SIZE [ROWS [LENGTH [SECONDS [VOCABULARY [bf16|f32 [dense]]]]]]]
//
// Prints tokens per second of forward, backward and optimizer, 6 x active parameters x tokens as GFLOP/s, and both against a probe of square products.
using System.Diagnostics;
using System.Globalization;
using SeekSharp.Formats;
using SeekSharp.Training.Models;
using SeekSharp.Training.Native;
using SeekSharp.Training.Optimizers;
using TorchSharp;

string sizeName = Argument(0, "m");
int rows = Number(1, 64), length = Number(2, 64), seconds = Number(3, 10), vocabulary = Number(4, 104);
Precision precision = Argument(5, "bf16") == "f32" ? Precision.Float32 : Precision.BFloat16;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
LibTorch.Load();

ModelSize size = ModelSize.Parse(sizeName);
ModelConfig config = Argument(6, "") == "dense" ? size.ToDenseConfig(vocabulary, 2048) : size.ToConfig(vocabulary, 2048);
using TrainingModel model = TrainingModel.Create(config, seed: 1, new TrainingModelOptions { Precision = precision });
using Optimizer optimizer = new(model);
Random random = new(1);
TokenBatch[] batches = [.. Enumerable.Range(0, 4).Select(_ => TokenBatch.Create(
    [.. Enumerable.Range(0, rows).Select(_ => new TrainingSequence(Enumerable.Range(0, length + 1).Select(_ => random.Next(vocabulary)).ToArray()))]))];

double before = Probe(2.5);
Phases phases = new();
for (int step = 0; step < 5; step++) Step(step, phases);
phases = new();
Stopwatch watch = Stopwatch.StartNew();
int steps = 0;
while (watch.Elapsed.TotalSeconds < seconds) Step(steps++, phases);
double rate = steps * (double)rows * length / watch.Elapsed.TotalSeconds;
double probe = (before + Probe(2.5)) / 2;

ParameterCounts counts = ParameterCounts.Of(config);
double used = 6 * counts.Active * rate / 1e9;
Console.WriteLine($"size {config.Name}: {counts.Total / 1e6:F2}M parameters, {counts.Active / 1e6:F2}M active; {rows} x {length} tokens, vocabulary {vocabulary}, {precision}");
Console.WriteLine($"{rate:F0} tokens/s = {used:F0} GFLOP/s; matrix products {probe:F0} GFLOP/s: {used / probe:P1}, {rate / probe:F1} tokens per GFLOP");
Console.WriteLine($"ms per step: forward {phases.Forward / steps:F1}, backward {phases.Backward / steps:F1}, optimizer {phases.Optimizer / steps:F1}; memory {Environment.WorkingSet >> 20} MiB");

void Step(int step, Phases phases)
{
    using var scope = torch.NewDisposeScope();
    long start = Stopwatch.GetTimestamp();
    TrainingLoss loss = model.Loss(batches[step % batches.Length]);
    phases.Forward += Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    start = Stopwatch.GetTimestamp();
    loss.Total.backward();
    phases.Backward += Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    start = Stopwatch.GetTimestamp();
    optimizer.Step(1e-3);
    model.UpdateSelectionBias(0.001);
    phases.Optimizer += Stopwatch.GetElapsedTime(start).TotalMilliseconds;
}

// GFLOP/s of products of 2,048 x 2,048 in the type of the run.
double Probe(double duration)
{
    using var scope = torch.NewDisposeScope();
    const int n = 2048;
    torch.ScalarType type = precision == Precision.BFloat16 ? torch.bfloat16 : torch.float32;
    torch.Tensor x = torch.randn(n, n).to(type), y = torch.randn(n, n).to(type);
    x.matmul(y).Dispose();
    Stopwatch watch = Stopwatch.StartNew();
    int products = 0;
    for (; watch.Elapsed.TotalSeconds < duration; products++) x.matmul(y).Dispose();
    return 2.0 * n * n * n * products / watch.Elapsed.TotalSeconds / 1e9;
}

string Argument(int index, string absent) => index < args.Length ? args[index] : absent;

int Number(int index, int absent) => index < args.Length ? int.Parse(args[index], CultureInfo.InvariantCulture) : absent;

/// <summary>Milliseconds spent in each part of the steps.</summary>
internal sealed class Phases
{
    public double Forward { get; set; }
    public double Backward { get; set; }
    public double Optimizer { get; set; }
}

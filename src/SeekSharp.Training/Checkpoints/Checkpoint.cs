using System.Globalization;
using SeekSharp.Conversion;
using SeekSharp.Formats;
using SeekSharp.Training.Models;
using SeekSharp.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace SeekSharp.Training.Checkpoints;

/// <summary>
/// Model folders as Hugging Face has them ("config.json", "model.safetensors", the tokenizer's files), with optimizer and random state in the folder "training"
/// inside. A folder appears under its name when it is complete; whatever reads models reads it.
/// </summary>
public static class Checkpoint
{
    private const string TrainingFolder = "training", StateName = "state.json", StepPrefix = "step-";

    /// <summary>Saves a model alone: what a finished stage hands on.</summary>
    /// <param name="path">The folder; one that holds a model is replaced.</param>
    /// <param name="model">The model.</param>
    /// <param name="texts">More files by name, such as "tokenizer.json" and "tokenizer_config.json".</param>
    /// <param name="type">Type of the matrices: F32 or BF16. Selection biases are float32 in any case.</param>
    /// <exception cref="IOException">The folder cannot be written, or holds something else than a model.</exception>
    public static void SaveModel(string path, TrainingModel model, IReadOnlyDictionary<string, string>? texts = null, TensorType type = TensorType.F32)
    {
        ArgumentNullException.ThrowIfNull(model);
        using SafetensorsWriter writer = Writer(path, model, texts, type);
        Write(writer, model, type);
        writer.Complete();
    }

    /// <summary>Saves all that a run needs to go on exactly.</summary>
    /// <param name="path">The folder; one that holds a model is replaced.</param>
    /// <param name="model">The model; its weights are saved as float32.</param>
    /// <param name="optimizer">Its optimizer.</param>
    /// <param name="state">Where the run stands.</param>
    /// <param name="texts">More files by name, such as "tokenizer.json".</param>
    /// <exception cref="IOException">The folder cannot be written, or holds something else than a model.</exception>
    public static void Save(string path, TrainingModel model, Optimizer optimizer, TrainingState state, IReadOnlyDictionary<string, string>? texts = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(state);
        using SafetensorsWriter writer = Writer(path, model, texts, TensorType.F32);
        Write(writer, model, TensorType.F32);
        using (Tensor random = get_rng_state()) state = state with { OptimizerSteps = optimizer.StepCount, RandomState = random.bytes.ToArray() };
        using SafetensorsWriter training = new(Path.Combine(writer.TemporaryPath, TrainingFolder));
        training.AddText(StateName, state.ToJson());
        foreach ((string name, Tensor value) in optimizer.State) training.AddTensor(name, TensorType.F32, Shape(value));
        foreach ((_, Tensor value) in optimizer.State) Write(training, value, TensorType.F32);
        training.Complete();
        writer.Complete();
    }

    /// <summary>Loads a model: a checkpoint, or any folder of a supported family.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">How it is trained, or null for the defaults.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ModelFormatException">A tensor is missing or has another shape than the configuration asks for, or a file is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such folder.</exception>
    public static TrainingModel LoadModel(string path, TrainingModelOptions? options = null)
    {
        using HuggingFaceFolder folder = HuggingFaceFolder.Open(path);
        TrainingModel model = TrainingModel.Create(folder.Config, seed: 0, options);
        try
        {
            Dictionary<string, SeekSharp.Formats.Tensor> tensors = folder.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            using var _ = no_grad();
            foreach (Parameter parameter in model.Parameters)
                foreach ((string name, Tensor view) in parameter.Parts())
                    using (view) Read(view, name, tensors, path);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Loads what <see cref="Save"/> saved.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">How the model is trained, or null for the defaults.</param>
    /// <param name="optimizerOptions">How parameters are moved, or null for the defaults; as when it was saved, where the next steps shall be the same.</param>
    /// <returns>Model, optimizer, and where the run stands. LibTorch's random numbers go on where they stood.</returns>
    /// <exception cref="ModelFormatException">A tensor is missing or has another shape, or a file is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such folder.</exception>
    public static (TrainingModel Model, Optimizer Optimizer, TrainingState State) Load(
        string path, TrainingModelOptions? options = null, OptimizerOptions? optimizerOptions = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        TrainingModel model = LoadModel(path, options);
        Optimizer optimizer = new(model, optimizerOptions);
        try
        {
            string folder = Path.Combine(path, TrainingFolder), statePath = Path.Combine(folder, StateName);
            if (!File.Exists(statePath)) throw new ModelFormatException($"{path}: the folder has a model, but no state of a training run ('{TrainingFolder}/{StateName}').");
            TrainingState state = TrainingState.FromJson(statePath, File.ReadAllText(statePath));
            using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
            Dictionary<string, SeekSharp.Formats.Tensor> tensors = file.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            foreach ((string name, Tensor value) in optimizer.State) Read(value, name, tensors, folder);
            optimizer.Resume(state.OptimizerSteps);
            using (Tensor random = tensor(state.RandomState)) set_rng_state(random);
            return (model, optimizer, state);
        }
        catch
        {
            optimizer.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>The folder of a step inside a run's folder: names sort by step.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="step">The step.</param>
    /// <returns>"run/step-00000123".</returns>
    public static string PathOf(string run, long step) => Path.Combine(run, string.Create(CultureInfo.InvariantCulture, $"{StepPrefix}{step:D8}"));

    /// <summary>The last complete checkpoint of a run.</summary>
    /// <param name="run">The run's folder.</param>
    /// <returns>Its path, or null where there is none.</returns>
    public static string? Latest(string run) => Complete(run) is [.., string last] ? last : null;

    /// <summary>Deletes all but the last checkpoints of a run.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="kept">How many stay, at least 1.</param>
    public static void Prune(string run, int kept)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(kept, 1);
        foreach (string folder in Complete(run).SkipLast(kept)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>The complete checkpoints of a run, the last step last.</summary>
    private static IReadOnlyList<string> Complete(string run) => !Directory.Exists(run) ? [] :
    [
        .. Directory.GetDirectories(run, StepPrefix + "*")
            .Where(folder => Path.GetFileName(folder).AsSpan(StepPrefix.Length).IndexOfAnyExceptInRange('0', '9') < 0 && File.Exists(Path.Combine(folder, TrainingFolder, StateName)))
            .Order(StringComparer.Ordinal),
    ];

    private static SafetensorsWriter Writer(string path, TrainingModel model, IReadOnlyDictionary<string, string>? texts, TensorType type)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (type is not (TensorType.F32 or TensorType.BF16)) throw new ArgumentException($"A checkpoint holds F32 or BF16, not {type}.", nameof(type));
        SafetensorsWriter writer = new(path, overwrite: true);
        writer.AddText("config.json", HuggingFaceConfigWriter.Write(model.Config, type, path));
        foreach ((string name, string text) in texts ?? new Dictionary<string, string>()) writer.AddText(name, text);
        return writer;
    }

    private static void Write(SafetensorsWriter writer, TrainingModel model, TensorType type)
    {
        foreach ((string name, Tensor view, TensorType stored) in Parts(model, type))
            using (view) writer.AddTensor(name, stored, Shape(view));
        foreach ((_, Tensor view, TensorType stored) in Parts(model, type))
            using (view) Write(writer, view, stored);
    }

    private static IEnumerable<(string Name, Tensor View, TensorType Type)> Parts(TrainingModel model, TensorType type) =>
        from parameter in model.Parameters
        from part in parameter.Parts()
        select (part.Name, part.View, parameter.Kind == ParameterKind.SelectionBias ? TensorType.F32 : type);

    private static void Write(SafetensorsWriter writer, Tensor values, TensorType type)
    {
        using var scope = NewDisposeScope();
        writer.Write(TensorBytes.Of(values, type));
    }

    private static int[] Shape(Tensor tensor) => [.. tensor.shape.Select(length => (int)length)];

    private static void Read(Tensor target, string name, Dictionary<string, SeekSharp.Formats.Tensor> tensors, string source)
    {
        if (!tensors.TryGetValue(name, out SeekSharp.Formats.Tensor? tensor)) throw new ModelFormatException($"{source}: tensor '{name}' is missing.");
        if (!tensor.Shape.SequenceEqual(Shape(target)))
            throw new ModelFormatException($"{source}: tensor '{name}' has shape [{string.Join(", ", tensor.Shape)}], not [{string.Join(", ", target.shape)}].");
        float[] values = new float[tensor.ElementCount];
        Dequantizer.ToFloat32(tensor, values);
        using Tensor read = torch.tensor(values, target.shape);
        target.copy_(read);
    }
}

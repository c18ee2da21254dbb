// Writes a GGUF file of a real model's shape with random weights: what speed and memory are measured on where the real weights are not at hand.
//
//   dotnet run -c Release --project benchmarks/RandomModel -- SHAPE TYPE FILE
//
// The same shape and type give the same bytes on every machine. Types are those of `seek quantize`; the tokenizer knows bytes only.
using System.Diagnostics;
using System.Globalization;
using SeekSharp.Conversion;
using SeekSharp.Formats;
using SeekSharp.Quantization;
using SeekSharp.RandomModel;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length != 3 || ModelShapes.Find(args[0]) is not { } config || !Enum.TryParse(args[1], out FileType type) || !Enum.IsDefined(type))
{
    Console.Error.WriteLine($"usage: RandomModel {string.Join('|', ModelShapes.Names)} {string.Join('|', Enum.GetNames<FileType>())} FILE");
    return 1;
}

try
{
    var watch = Stopwatch.StartNew();
    using var writer = new GgufWriter(args[2], overwrite: true);
    GgufConfigWriter.Write(writer, config, (uint)type);
    ByteTokenizer.Write(writer, config);
    List<RandomTensor> tensors = [.. QuantizationRecipe.Order(ModelShapes.Tensors(config), tensor => tensor.Name)];
    var recipe = new QuantizationRecipe(type, config, tensors.Select(tensor => tensor.Name));
    List<TensorJob> jobs = [.. tensors.Select(tensor => new TensorJob(tensor.Name, recipe.Choose(tensor.Name, tensor.Shape, TensorType.F32), tensor.Shape, tensor))];
    TensorStream.Run(jobs, writer, Environment.ProcessorCount, null, CancellationToken.None);
    writer.Complete();
    long weights = tensors.Sum(tensor => (long)tensor.Rows * tensor.Columns);
    Console.WriteLine($"{args[2]}: {config.Name} {type}, {weights:N0} parameters, {new FileInfo(args[2]).Length:N0} bytes, {watch.Elapsed.TotalSeconds:F1} s");
    return 0;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Tests;

public sealed class Samples
{
    [Fact(Explicit = true)]
    public void Lengths()
    {
        using var writer = new StreamWriter("/tmp/lengths.txt");
        foreach (int size in (int[])[512, 1024, 1536, 2048])
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            SeekSharp.Training.Text.TokenizerText text = SeekSharp.Training.Text.TokenizerText.Train(SeekSharp.Training.Text.TokenizerCorpus.Texts(SeekSharp.Training.Text.Mixture.Default, 1, 20000), size);
            writer.WriteLine($"== {size} trained in {watch.ElapsedMilliseconds} ms");
            SeekSharp.Tokenizers.Tokenizer tokenizer = text.ToTokenizer();
            var encoder = new SeekSharp.Training.Text.ExampleEncoder(tokenizer, SeekSharp.Training.Text.TokenizerText.ChatTemplate);
            var random = new Random(1);
            foreach (ITask task in TaskCatalog.Families.Concat(TaskCatalog.Conversations))
            {
                int[] prompt = new int[300], reply = new int[300];
                for (int i = 0; i < 300; i++)
                {
                    Problem problem = task.Generate(random, Split.Train);
                    var example = encoder.Encode(problem, task.Demonstrate(problem, random));
                    (prompt[i], reply[i]) = (example.ResponseStart, example.Tokens.Length - example.ResponseStart);
                }

                writer.WriteLine($"{task.Name,-25} prompt {prompt.Average():0} reply {reply.Average():0} longest {reply.Max()} both {prompt.Zip(reply, (a, b) => a + b).Max()}");
            }

            watch.Restart();
            long tokens = 0, rows = 0, learned = 0;
            foreach (var batch in new SeekSharp.Training.Text.DatasetBuilder(tokenizer, encoder, SeekSharp.Training.Text.Mixture.Default, new()).Read().Take(200)) (tokens, rows, learned) = (tokens + batch.Tokens.Length, rows + batch.Rows, learned + batch.LearnedTokens);
            writer.WriteLine($"batches: {tokens / watch.Elapsed.TotalSeconds:0} tokens/s, {(double)tokens / rows:0.0} tokens a row, learned {(double)learned / tokens:0.00}");
            if (size == 1024)
            {
                text.Write("/tmp");
                writer.WriteLine(string.Join(' ', Enumerable.Range(256, 752).Select(id => $"[{tokenizer.Decode([id])}]")));
            }
        }
    }

    [Fact(Explicit = true)]
    public void Gguf()
    {
        Directory.CreateDirectory("/tmp/tok");
        Text.TrainedTokenizer.Text.Write("/tmp/tok");
        File.WriteAllText("/tmp/tok/config.json", """{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 1024, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "tie_word_embeddings": true}""");
        using var folder = SeekSharp.Formats.HuggingFaceFolder.Open("/tmp/tok");
        using (var writer = new SeekSharp.Formats.GgufWriter("/tmp/tok.gguf", true))
        {
            SeekSharp.Conversion.GgufConfigWriter.Write(writer, folder.Config, 0);
            SeekSharp.Conversion.GgufTokenizerWriter.Write(writer, folder);
            writer.AddTensor("output_norm.weight", SeekSharp.Formats.TensorType.F32, [32]);
            writer.Write(new byte[128]);
            writer.Complete();
        }

        var random = new Random(3);
        var lines = Enumerable.Range(0, 1000).Select(i => { var task = SeekSharp.Training.Text.Mixture.Default.Draw(random); var p = task.Generate(random, Split.Train); return $"{p.Prompt}\n{task.Demonstrate(p, random).Thought} é日\t"; }).ToArray();
        File.WriteAllLines("/tmp/tok.jsonl", lines.Select(line => "{\"text\": " + System.Text.Json.JsonSerializer.Serialize(line) + ", \"ids\": [" + string.Join(",", Text.TrainedTokenizer.Tokenizer.Encode(line)) + "]}"));
        // Conversations for other interpreters of Jinja.
        using var template = new StreamWriter("/tmp/template.jsonl");
        for (int i = 0; i < 300; i++)
        {
            var task = SeekSharp.Training.Text.Mixture.Default.Draw(random);
            var p = task.Generate(random, Split.Train);
            string expected = SeekSharp.Training.Text.TokenizerText.ChatTemplate.Render(new SeekSharp.Templates.ChatTemplateInput { Messages = p.Messages, Tools = p.Tools, BeginningOfText = "<B>", EndOfText = "<E>" }).ToString();
            var messages = p.Messages.Select(m => new Dictionary<string, object?> { ["role"] = m.Role, ["content"] = m.Content, ["tool_calls"] = m.ToolCalls.Count == 0 ? null : m.ToolCalls.Select(c => new { type = "function", function = new { name = c.Name, arguments = System.Text.Json.JsonDocument.Parse(c.Arguments).RootElement } }) });
            template.WriteLine(System.Text.Json.JsonSerializer.Serialize(new { messages, tools = p.Tools, expected }));
        }
    }

    [Fact(Explicit = true)]
    public void Print()
    {
        var random = new Random(Environment.TickCount);
        using var writer = new StreamWriter("/tmp/samples.txt");
        foreach (ITask task in TaskCatalog.Families.Concat(TaskCatalog.Conversations))
            foreach (Split split in task.Splits)
                for (int i = 0; i < 12; i++)
                {
                    Problem problem = task.Generate(random, split);
                    Demonstration demonstration = task.Demonstrate(problem, random);
                    writer.WriteLine($"### {task.Name} {split} {(problem.HasHeldOutWording ? "held out" : "")}");
                    foreach (var message in problem.Messages) writer.WriteLine($"[{message.Role}] {message.Content}{string.Concat(message.ToolCalls)}");
                    writer.WriteLine($"[think] {demonstration.Thought.Replace("\n", " | ", StringComparison.Ordinal)}\n[answer] {demonstration.Reply}   ({problem.Reason})");
                }
    }
}

using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Text;

/// <summary>The texts that the tokenizer is trained on: what will be read and written, each task as often as in training.</summary>
internal static class TokenizerCorpus
{
    private const int Purpose = 4;

    /// <summary>Texts of examples.</summary>
    /// <param name="mixture">What is drawn.</param>
    /// <param name="seed">Seed of everything that is drawn.</param>
    /// <param name="examples">Number of examples.</param>
    public static IEnumerable<string> Texts(Mixture mixture, long seed, int examples)
    {
        for (int number = 0; number < examples; number++)
        {
            Random random = Seeds.At(seed, number, Purpose);
            ITask task = mixture.Draw(random);
            Problem problem = task.Generate(random, Split.Train);
            Demonstration demonstration = task.Demonstrate(problem, random);
            yield return problem.Prompt;
            yield return demonstration.Thought;
            yield return demonstration.Reply;
            // Descriptions of tools are read as the template writes them: "name(parameter): description".
            foreach (var tool in problem.Tools)
            {
                var function = tool.GetProperty("function");
                yield return $"\n{function.GetProperty("name").GetString()}(";
                foreach (var parameter in function.GetProperty("parameters").GetProperty("properties").EnumerateObject()) yield return parameter.Name;
                yield return $"): {function.GetProperty("description").GetString()}";
            }
        }
    }
}

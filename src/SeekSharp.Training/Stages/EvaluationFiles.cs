using System.Globalization;
using System.Text;
using System.Text.Json;
using SeekSharp.Training.Runs;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Tasks.Grading;

namespace SeekSharp.Training.Stages;

/// <summary>Reports and replies as files: for programs and for people.</summary>
internal static class EvaluationFiles
{
    private const int ShownPerTask = 3;

    private static readonly JsonWriterOptions s_readable = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A report as JSON.</summary>
    public static string ToJson(string model, EvaluationPlan plan, EvaluationReport report)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, s_readable))
        {
            json.WriteStartObject();
            json.WriteString("model", model);
            json.WriteNumber("problems_per_task", plan.Problems);
            json.WriteNumber("samples", plan.Samples);
            json.WriteNumber("k", plan.K);
            json.WriteNumber("temperature", plan.Temperature);
            json.WriteStartArray("rows");
            foreach (EvaluationRow row in report.Rows)
            {
                json.WriteStartObject();
                json.WriteString("task", row.Name);
                json.WriteString("part", Evaluator.PartName(row.Split));
                json.WriteNumber("problems", row.Problems);
                json.WriteNumber("pass_at_1", Math.Round(row.Strict, 6));
                json.WriteNumber("low", Math.Round(row.Interval.Low, 6));
                json.WriteNumber("high", Math.Round(row.Interval.High, 6));
                json.WriteNumber("lenient", Math.Round(row.Lenient, 6));
                if (row.AtK is { } atK) json.WriteNumber("pass_at_k", Math.Round(atK, 6));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>A report as a table in Markdown.</summary>
    public static string ToTable(EvaluationPlan plan, EvaluationReport report)
    {
        StringBuilder text = new();
        string atK = plan.Samples > 0 ? $" pass@{plan.K} |" : "";
        text.Append(CultureInfo.InvariantCulture, $"| task | part | problems | pass@1 | 95% | lenient |{atK}\n|---|---|---|---|---|---|{(atK.Length > 0 ? "---|" : "")}\n");
        foreach (EvaluationRow row in report.Rows)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {row.Name} | {Evaluator.PartName(row.Split)} | {row.Problems} | {row.Strict:P1} | {row.Interval.Low:P1} to {row.Interval.High:P1} | {row.Lenient:P1} |");
            if (atK.Length > 0) text.Append(CultureInfo.InvariantCulture, $" {row.AtK:P1} |");
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Writes all replies as JSONL, and a few of each task to read, wrong ones first.</summary>
    public static void WriteReplies(StageFolder folder, string title, IReadOnlyList<GradedReply> replies)
    {
        StringBuilder lines = new(), text = new();
        foreach (GradedReply reply in replies) lines.Append(ToJson(reply)).Append('\n');
        StageFolder.WriteText(folder.SamplesFile, lines.ToString());
        text.Append(CultureInfo.InvariantCulture, $"# {title}\n");
        foreach (IGrouping<(string, Split), GradedReply> task in replies.GroupBy(reply => (reply.Problem.Task, reply.Problem.Split)))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {task.Key.Item1}, {Evaluator.PartName(task.Key.Item2)}\n");
            foreach (GradedReply reply in task.OrderBy(reply => reply.IsRight).Take(ShownPerTask))
                text.Append(CultureInfo.InvariantCulture, $"\n{(reply.IsRight ? "Right" : "Wrong")} (expected: {reply.Problem.Answer})\n\n~~~\n{reply.Problem.Prompt}\n----\n{reply.Reply}\n~~~\n");
        }

        StageFolder.WriteText(folder.SamplesText, text.ToString());
    }

    private static string ToJson(GradedReply reply)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Encoder = s_readable.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("task", reply.Problem.Task);
            json.WriteString("part", Evaluator.PartName(reply.Problem.Split));
            json.WriteString("prompt", reply.Problem.Prompt);
            json.WriteString("reply", reply.Reply);
            json.WriteString("expected", reply.Problem.Answer);
            json.WriteBoolean("right", reply.IsRight);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}

// Time to the first token of a prompt whose first 2,000 tokens were computed before, and how long a running reply waits for its next token while a long prompt is computed.
//
//   dotnet run -c Release --project benchmarks/PrefixCache -- MODEL FOLDER
//
// FOLDER keeps computed prefixes. The first run with it computes the prefix, then takes it from memory; each later one takes it from disk first, as a restarted server does.
using System.Diagnostics;
using System.Globalization;
using SeekSharp.Inference;

const int PrefixTokens = 2000, SuffixTokens = 16;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: PrefixCache MODEL FOLDER");
    return 1;
}

var watch = Stopwatch.StartNew();
using LanguageModel model = LanguageModel.Load(args[0]);
Console.WriteLine($"loaded in {watch.Elapsed.TotalSeconds:F1} s");
using var store = new PrefixStore(new PrefixStoreOptions { Folder = args[1] });
using var engine = new Engine(model, new EngineOptions { CacheTokens = 8192 });
using var scheduler = new Scheduler(engine, new SchedulerOptions { PrefixStore = store });
int vocabulary = model.Config.VocabularySize;
await Measure("warm-up", Tokens(1, 100), keeps: false);
await Measure("first request", [.. Tokens(2, PrefixTokens), .. Tokens(3, SuffixTokens)]);
await Measure("second request", [.. Tokens(2, PrefixTokens), .. Tokens(4, SuffixTokens)]);
await MeasureStall();
return 0;

async Task Measure(string name, int[] prompt, bool keeps = true)
{
    TokenReply reply = scheduler.Submit(Request(prompt, 1) with { KeepsPrefix = keeps });
    await foreach (SampledToken _ in reply) { }
    await store.FlushAsync();
    Console.WriteLine($"{name}: {reply.TimeToFirstToken!.Value.TotalMilliseconds:F0} ms to the first token, {reply.CachedPromptTokens} of {prompt.Length} tokens from the cache");
}

async Task MeasureStall()
{
    List<double> gaps = [];
    TokenReply running = scheduler.Submit(Request(Tokens(5, 20), 1000));
    Task? other = null;
    long last = 0;
    await foreach (SampledToken _ in running)
    {
        long now = Stopwatch.GetTimestamp();
        if (other is not null) gaps.Add(Stopwatch.GetElapsedTime(last, now).TotalMilliseconds);
        last = now;
        if (other is { IsCompleted: true }) break;
        other ??= Measure("600 tokens beside a running reply", Tokens(6, 600), keeps: false);
    }

    gaps.Sort();
    Console.WriteLine($"time between tokens of that reply: median {gaps[gaps.Count / 2]:F0} ms, most {gaps[^1]:F0} ms");
}

int[] Tokens(int seed, int count)
{
    var random = new Random(seed);
    return [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
}

static TokenRequest Request(int[] prompt, int maxTokens) => new()
{
    Prompt = prompt, MaxTokens = maxTokens, Sampling = new SamplerOptions { Temperature = 0 }, Speculation = SpeculationOptions.None,
};

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SeekSharp.Hub;
using SeekSharp.Inference;
using SeekSharp.Kernels;

namespace SeekSharp.Cli;

/// <summary>Options that several commands share, and options with a range.</summary>
internal static class CommonOptions
{
    public static Option<string> Model() => new("--model", "-m")
    {
        Description = "GGUF file (any part of a split one), Hugging Face folder, or name of a pulled model",
        HelpName = "MODEL",
        Required = true,
    };

    /// <summary>One option for all commands: where pulled models lie.</summary>
    public static readonly Option<string?> Store = new("--store")
    {
        Description = "Folder of the pulled models; default: seeksharp/models in the user's folder for data",
        HelpName = "DIR",
        Recursive = true,
    };

    /// <summary>One option for the commands that load models.</summary>
    public static readonly Option<bool> NoCache = Flag("--no-cache", "Neither use nor write packed weights in the cache folder ('seek cache')");

    public static Option<Uri> Endpoint() => Address("--endpoint", "Address of the hub", HubOptions.DefaultEndpoint);

    public static Option<Uri> Address(string name, string description, string? usual = null)
    {
        var option = new Option<Uri>(name)
        {
            Description = description,
            HelpName = "URL",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https") return address;
                result.AddError($"{name} must be an address such as {HubOptions.DefaultEndpoint}, not '{text}'.");
                return null;
            },
        };
        if (usual is not null) option.DefaultValueFactory = _ => new Uri(usual);
        return option;
    }

    public static Option<int> Threads() => Integer("--threads", "Threads; default: one per core", 1, 1024, aliases: "-t");

    public static Option<CacheType?> Cache() =>
        Choice("--kv", "Storage of keys and values; default: f16", ("f16", CacheType.F16), ("f32", CacheType.F32), ("q8_0", CacheType.Q8_0));

    public static Option<KernelLevel?> Level() => Choice(
        "--level",
        "Instructions to use; default: the best of this processor",
        ("scalar", KernelLevel.Scalar),
        ("vector128", KernelLevel.Vector128),
        ("vector256", KernelLevel.Vector256),
        ("vector512", KernelLevel.Vector512),
        ("avx512vnni", KernelLevel.Avx512Vnni));

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>A whole number in a range. Without a usual value the description says what happens when the option is not given.</summary>
    public static Option<int> Integer(string name, string description, int least, int most, int? usual = null, params string[] aliases)
    {
        var option = new Option<int>(name, aliases)
        {
            Description = description,
            HelpName = "N",
            CustomParser = result => ParseInteger(result, name, least, most),
        };
        if (usual is { } value) option.DefaultValueFactory = _ => value;
        return option;
    }

    /// <summary>Whole numbers in a range, with commas between them.</summary>
    public static Option<int[]> Integers(string name, string description, int least, int most, int usual) => new(name)
    {
        Description = description,
        HelpName = "N,N,...",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            List<int> values = [];
            foreach (string part in text.Split(','))
            {
                if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most) values.Add(value);
                else result.AddError($"{name} takes whole numbers from {least} to {most} with commas between them, not '{text}'.");
            }

            return [.. values];
        },
        DefaultValueFactory = _ => [usual],
    };

    public static Option<long?> Seed() => new("--seed")
    {
        Description = "Starts the random numbers: the same seed gives the same text; default: another each time",
        HelpName = "N",
        CustomParser = result =>
        {
            if (long.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)) return value;
            result.AddError($"--seed must be a whole number, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    public static Option<float> Real(string name, string description, float least, float most, float usual) => new(name)
    {
        Description = description,
        HelpName = "X",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            bool isNumber = float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value);
            if (!isNumber || !(value >= least && value <= most))
                result.AddError(FormattableString.Invariant($"{name} must be a number from {least} to {most}, not '{text}'."));
            return value;
        },
        DefaultValueFactory = _ => usual,
    };

    public static Option<T?> Choice<T>(string name, string description, params (string Name, T Value)[] choices) where T : struct => new(name)
    {
        Description = description,
        HelpName = string.Join('|', choices.Select(choice => choice.Name)),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            foreach (var (choice, value) in choices)
            {
                if (choice.Equals(text, StringComparison.OrdinalIgnoreCase)) return value;
            }

            result.AddError($"{name} must be one of {string.Join(", ", choices.Select(choice => choice.Name))}, not '{text}'.");
            return null;
        },
    };

    private static int ParseInteger(ArgumentResult result, string name, int least, int most)
    {
        string text = result.Tokens[0].Value;
        bool isNumber = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value);
        if (isNumber && value >= least && value <= most) return value;
        string range = most == int.MaxValue ? $"of at least {least}" : $"from {least} to {most}";
        result.AddError($"{name} must be a whole number {range}, not '{text}'.");
        return least;
    }
}

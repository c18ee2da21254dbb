using System.Globalization;
using System.Text.Json;
using SeekSharp.Formats;
using SeekSharp.Planning.Units;

namespace SeekSharp.Planning.Chips;

/// <summary>Reads chips from JSON and checks them. A figure is a text or number, or an object of value, source and confidence; what it leaves out is the chip's.</summary>
internal sealed class ChipReader
{
    private const int MostBytes = 16 << 20;

    private readonly string _chip;
    private readonly JsonFields _fields;
    private readonly string _source;
    private readonly Confidence _confidence;

    private ChipReader(string file, int number, JsonFields fields)
    {
        _fields = fields;
        string name = Text("name") is { Length: > 0 and <= 60 } text ? text : throw new PlanningException($"{file}: chip {number} has no 'name' of at most 60 characters.");
        _chip = $"{file}: chip '{name}'";
        _source = Text("source") ?? throw Fail("has no 'source' that says where its figures come from");
        _confidence = ReadConfidence(Text("confidence") ?? throw Fail("has no 'confidence' (high, medium or low)"));
    }

    /// <summary>Reads a file of chips.</summary>
    /// <exception cref="PlanningException">It is missing, or no such file.</exception>
    public static IReadOnlyList<Chip> ReadFile(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists) throw new PlanningException($"There is no file '{path}' with chips.");
            if (info.Length > MostBytes) throw new PlanningException($"{path}: is too large for a file of chips.");
            return Read(path, File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PlanningException($"{path}: cannot be read ({exception.Message})", exception);
        }
    }

    /// <summary>Reads chips.</summary>
    /// <param name="file">The file, for messages.</param>
    /// <param name="json">Its bytes.</param>
    public static IReadOnlyList<Chip> Read(string file, ReadOnlyMemory<byte> json)
    {
        try
        {
            JsonFields root = JsonFields.Parse(file, json);
            if (!root.TryGet("chips", out JsonElement chips) || chips.ValueKind != JsonValueKind.Array) throw new PlanningException($"{file}: has no array 'chips'.");
            List<Chip> read = [];
            foreach (JsonElement chip in chips.EnumerateArray())
                read.Add(new ChipReader(file, read.Count + 1, JsonFields.Parse(file, chip.GetRawText())).Read());
            return read;
        }
        catch (ModelFormatException exception)
        {
            throw new PlanningException(exception.Message, exception);
        }
    }

    private Chip Read()
    {
        foreach (JsonProperty property in _fields.Enumerate())
            if (!Keys.Contains(property.Name)) throw Fail($"has an unknown key '{property.Name}'; there are {string.Join(", ", Keys)}");
        return new Chip
        {
            Name = Text("name")!,
            Aliases = _fields.TextsOrNull("aliases") ?? [],
            Vendor = Text("vendor") ?? throw Fail("has no 'vendor'"),
            Arithmetic = Arithmetic(),
            MemoryBytes = Positive("memory", Dimension.Bytes) ?? throw Fail("has no 'memory'"),
            MemoryBandwidth = Positive("memoryBandwidth", Dimension.BytesPerSecond) ?? throw Fail("has no 'memoryBandwidth'"),
            LinkWithinNode = Link(),
            LinkBetweenNodes = Positive("linkBetweenNodes", Dimension.BytesPerSecond),
            ChipsPerNode = Whole("chipsPerNode"),
            DieAreaMm2 = Positive("dieArea", Dimension.SquareMillimetres),
            PricePerHour = Optional("pricePerHour", Dimension.DollarsPerHour),
            PowerWatts = Positive("power", Dimension.Watts),
            IsDataCenter = _fields.Boolean("dataCenter", absent: true),
            IsNonPlanar = _fields.Boolean("nonPlanar", absent: true),
            Note = Text("note"),
        };
    }

    private static readonly string[] Keys =
        [
            "name", "aliases", "vendor", "source", "confidence", "operations", "memory", "memoryBandwidth", "linkWithinNode", "linkBetweenNodes", "chipsPerNode",
            "dieArea", "power", "pricePerHour", "dataCenter", "nonPlanar", "note",
        ];

    private SortedDictionary<NumberFormat, Figure> Arithmetic()
    {
        if (!_fields.TryGet("operations", out JsonElement operations) || operations.ValueKind != JsonValueKind.Object)
            throw Fail("has no object 'operations' with operations a second per number format, such as { \"bf16\": \"989T\" }");
        SortedDictionary<NumberFormat, Figure> arithmetic = [];
        foreach (JsonProperty property in operations.EnumerateObject())
        {
            if (!NumberFormats.TryParse(property.Name, out NumberFormat format)) throw Fail($"has operations in an unknown format '{property.Name}'");
            Figure figure = Figure(property.Value, $"operations.{property.Name}", Dimension.OperationsPerSecond);
            if (figure.Value <= 0) throw Fail($"must have operations.{property.Name} above 0");
            if (!arithmetic.TryAdd(format, figure)) throw Fail($"has operations.{property.Name} twice");
        }

        return arithmetic.Count > 0 ? arithmetic : throw Fail("has no speed in any number format");
    }

    private Link? Link()
    {
        if (_fields.ObjectOrNull("linkWithinNode") is not { } link) return null;
        return new Link(link.TextOrNull("name") ?? throw Fail("has no 'linkWithinNode.name'"), Rate("bidirectional"), Rate("effective"));

        Figure? Rate(string key)
        {
            if (!link.TryGet(key, out JsonElement value)) return null;
            Figure rate = Figure(value, $"linkWithinNode.{key}", Dimension.BytesPerSecond);
            return rate.Value > 0 ? rate : throw Fail($"must have linkWithinNode.{key} above 0");
        }
    }

    private Figure? Whole(string key) =>
        Positive(key, Dimension.Count) is not { } figure ? null
        : figure.Value == Math.Truncate(figure.Value) && figure.Value <= 1 << 20 ? figure
        : throw Fail($"must have a whole number as '{key}'");

    private Figure? Positive(string key, Dimension dimension)
    {
        Figure? figure = Optional(key, dimension);
        return figure is null or { Value: > 0 } ? figure : throw Fail($"must have '{key}' above 0");
    }

    private Figure? Optional(string key, Dimension dimension) => _fields.TryGet(key, out JsonElement value) ? Figure(value, key, dimension) : null;

    private Figure Figure(JsonElement value, string key, Dimension dimension)
    {
        if (value.ValueKind != JsonValueKind.Object) return new Figure(Number(value, key, dimension), _source, _confidence);
        foreach (JsonProperty property in value.EnumerateObject())
            if (property.Name is not ("value" or "source" or "confidence")) throw Fail($"has an unknown key '{key}.{property.Name}'");
        if (!value.TryGetProperty("value", out JsonElement inner)) throw Fail($"has no '{key}.value'");
        string source = value.TryGetProperty("source", out JsonElement text) ? JsonFields.ToText(text) ?? throw Fail($"must have a text as '{key}.source'") : _source;
        Confidence confidence = value.TryGetProperty("confidence", out JsonElement level) ? ReadConfidence(JsonFields.ToText(level) ?? "") : _confidence;
        return new Figure(Number(inner, key, dimension), source, confidence);
    }

    private double Number(JsonElement value, string key, Dimension dimension) => value.ValueKind switch
    {
        JsonValueKind.Number => Quantity.Parse(value.GetRawText(), dimension, $"{_chip}: '{key}'"),
        JsonValueKind.String when JsonFields.ToText(value) is { } text => Quantity.Parse(text, dimension, $"{_chip}: '{key}'"),
        _ => throw Fail($"must have a number or a text as '{key}'"),
    };

    private Confidence ReadConfidence(string text) => text switch
    {
        "high" => Confidence.High,
        "medium" => Confidence.Medium,
        "low" => Confidence.Low,
        _ => throw Fail($"has confidence '{text}'; it is high, medium or low"),
    };

    private string? Text(string key) => _fields.TextOrNull(key);

    private PlanningException Fail(string what) => new(string.Create(CultureInfo.InvariantCulture, $"{_chip} {what}."));
}

using System.Text.Json;

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>A tool as it is offered.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it says it does.</param>
/// <param name="Parameter">Name of its only parameter, or null.</param>
internal sealed record Tool(string Name, string Description, string? Parameter)
{
    /// <summary>The tool as chat templates take it.</summary>
    public JsonElement ToJson()
    {
        string properties = Parameter is null ? "{}" : "{\"" + Parameter + "\": {\"type\": \"string\"}}";
        string required = Parameter is null ? "[]" : "[\"" + Parameter + "\"]";
        return JsonElement.Parse(
            "{\"type\": \"function\", \"function\": {\"name\": \"" + Name + "\", \"description\": \"" + Description +
            "\", \"parameters\": {\"type\": \"object\", \"properties\": " + properties + ", \"required\": " + required + "}}}");
    }
}

/// <summary>What can be looked up, and how people ask for it.</summary>
/// <param name="What">The looked-up property as it stands in questions ("phone number").</param>
/// <param name="Names">Names that such a tool has.</param>
/// <param name="Parameters">Names that its parameter has.</param>
/// <param name="Description">What it says it does.</param>
/// <param name="Keys">What can be looked up.</param>
/// <param name="Value">A value of this kind.</param>
internal sealed record LookUp(string What, string[] Names, string[] Parameters, string Description, string[] Keys, Func<Random, string> Value);

/// <summary>The tools that are offered in training: a calculator, a clock and look-ups, under several names each.</summary>
internal static class Toolbox
{
    private static readonly string[] s_calculators = ["calculator", "calculator", "calculate", "calc", "evaluate", "compute", "math"];
    private static readonly string[] s_expressions = ["expression", "expression", "expr", "input", "formula"];
    private static readonly string[] s_clocks = ["clock", "clock", "get_time", "current_time", "get_current_time", "time", "now"];

    private static readonly string[] s_people =
        [
            "Tom", "Anna", "Ben", "Mia", "Paul", "Lisa", "Jack", "Emma", "Leo", "Sara", "Max", "Lucy", "Omar", "Nina", "Sam", "Julia", "David Miller",
            "Maria Lopez", "Peter Smith", "Amy Chen", "John Brown", "Kate Jones", "Ali Khan", "Zoe Adams",
        ];

    private static readonly string[] s_cities =
    [
        "Paris", "London", "Berlin", "Rome", "Madrid", "Tokyo", "Moscow", "Vienna", "Cairo", "Sydney", "Boston", "Chicago", "Oslo", "Lima", "Delhi",
        "New York", "Athens", "Dublin",
    ];

    private static readonly string[] s_countries =
    [
        "France", "Germany", "Japan", "Peru", "Brazil", "India", "China", "Egypt", "Kenya", "Italy", "Spain", "Norway", "Canada", "Mexico", "Cuba",
        "Chile", "Poland", "Turkey",
    ];

    private static readonly string[] s_goods =
    [
        "bread", "milk", "butter", "apples", "coffee", "tea", "rice", "a chair", "a lamp", "a bicycle", "a pen", "a book", "paper", "cheese", "sugar",
        "a phone", "shoes", "a coat",
    ];

    public static IReadOnlyList<LookUp> LookUps { get; } =
    [
        new("phone number", ["phone_book", "get_phone_number", "lookup", "find_phone"], ["name", "person"], "Looks up the phone number of a person", s_people, random => $"555-{random.Next(1000, 10000)}"),
        new("birthday", ["birthdays", "get_birthday", "lookup"], ["name", "person"], "Looks up the birthday of a person", s_people, random => $"{random.Pick<string>(["March", "May", "June", "July", "August", "October"])} {random.Next(1, 31)}"),
        new("age", ["get_age", "ages", "lookup"], ["name", "person"], "Looks up how old a person is", s_people, random => $"{random.Next(5, 90)}"),
        new("room", ["rooms", "get_room", "find_room", "lookup"], ["name", "person", "key"], "Looks up the room of a person", s_people, random => $"{random.Next(100, 500)}"),
        new("price", ["prices", "get_price", "price_list", "lookup"], ["item", "name", "product"], "Looks up the price of an item", s_goods, random => $"{random.Next(1, 90)} dollars"),
        new("weather", ["weather", "get_weather", "forecast"], ["city", "place", "location"], "Tells the weather in a city", s_cities, random => $"{random.Pick<string>(["sunny", "rain", "snow", "cloudy", "wind"])}, {random.Next(0, 35)} degrees"),
        new("population", ["population", "get_population", "lookup"], ["city", "name", "place"], "Looks up how many people live in a city", s_cities, random => $"{random.Next(1, 30)} million"),
        new("capital", ["capitals", "get_capital", "lookup"], ["country", "name"], "Looks up the capital of a country", s_countries, random => random.Pick(s_cities)),
    ];

    public static Tool Calculator(Random random) =>
        new(random.Pick(s_calculators), random.Pick(["Calculates an expression", "Evaluates an arithmetic expression", "Does arithmetic", "A calculator"]), random.Pick(s_expressions));

    public static Tool Clock(Random random) =>
        new(random.Pick(s_clocks), random.Pick(["Tells the time", "Returns the current time", "Gives the time of day", "A clock"]), null);

    public static Tool Offer(Random random, LookUp lookUp) => new(random.Pick(lookUp.Names), lookUp.Description, random.Pick(lookUp.Parameters));

    /// <summary>Tools in random order, none with the name of another.</summary>
    public static IReadOnlyList<JsonElement> ToJson(Random random, IEnumerable<Tool> tools)
    {
        Tool[] distinct = [.. tools.DistinctBy(tool => tool.Name)];
        random.Shuffle(distinct);
        return [.. distinct.Select(tool => tool.ToJson())];
    }
}

using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>A kind of word problem: what is calculated, and the stories that ask for it.</summary>
/// <param name="Steps">
/// Calculations, separated by semicolons: a, b, c, d are the numbers of the story, 1 and 2 in "#1" are results of earlier steps, other numbers are
/// themselves.
/// </param>
/// <param name="Ranges">First and last value of a, b, c, d.</param>
/// <param name="Stories">The stories.</param>
internal sealed record StoryPlan(string Steps, (int First, int Last)[] Ranges, WordingSet Stories);

/// <summary>The stories. Slots: P and Q are two people; he, his belong to P; things are what can be had, fruit what can be eaten.</summary>
internal static class WordProblemStories
{
    private const string HowManyNow = "How many {things} does {P} have [now|in total|altogether]?";
    private const string HowManyLeft = "How many {things} [does {P} have left|are left|remain]?";

    public static IReadOnlyList<StoryPlan> All { get; } =
    [
        new("a+b", [(3, 90), (3, 90)], new(
            [
                "{P} has {a} {things} and [gets|buys|finds] {b} more. " + HowManyNow,
                "{P} has {a} {things} and {Q} has {b}. How many {things} do they have [together|in total|altogether]?",
                "There are {a} {things} in one box and {b} in another. How many {things} are there [in total|altogether]?",
                "{P} picked {a} {fruit} in the morning and {b} in the evening. How many {fruit} did {he} pick?",
                "A bus has {a} passengers and {b} more get on. How many passengers are on the bus?",
                "{P} read {a} pages yesterday and {b} pages today. How many pages is that?",
                "A shop sold {a} {things} on Monday and {b} on Tuesday. How many {things} did it sell?",
                "{P} scores {a} points in the first game and {b} in the second. What is the total?",
                "If I have {a} {things} and you give me {b} more, how many do I have?",
            ],
            ["In a garden there are {a} red and {b} white flowers. How many flowers are there?", "{P} walked {a} steps, then another {b}. How many steps did {he} walk?", "A farm has {a} cows and {b} sheep. How many animals does it have?"])),
        new("a-b", [(20, 99), (3, 60)], new(
            [
                "{P} has {a} {things} and [gives {b} to {Q}|loses {b}|sells {b}]. " + HowManyLeft,
                "{P} has {a} {fruit} and eats {b}. How many {fruit} are left?", "There are {a} {things} in a box. {P} takes {b} out. " + HowManyLeft,
                "{P} has {a} {things}, {Q} has {b}. How many more does {P} have?",
                "A bus has {a} passengers and {b} get off. How many passengers are still on the bus?",
                "A book has {a} pages. {P} has read {b}. How many pages are left?",
                "{P} had {a} dollars and spent {b}. How many dollars does {he} have left?", "Of {a} children, {b} are girls. How many are boys?",
                "If I have {a} {things} and lose {b}, how many do I have?",
            ],
            ["A tank holds {a} litres. {b} litres are used. How many litres remain?", "{P} is {a} years old and {Q} is {b}. How many years older is {P}?", "There were {a} birds on a tree and {b} flew away. How many stayed?"])),
        new("a*b", [(2, 12), (3, 30)], new(
            [
                "{P} buys {a} boxes with {b} {things} each. How many {things} is that?",
                "There are {a} shelves with {b} books each. How many books are there?", "One ticket costs {b} dollars. How much do {a} tickets cost?",
                "{P} runs {b} km every day. How far does {he} run in {a} days?",
                "A car drives {b} km per hour. How far does it get in {a} hours?",
                "Each of {a} children has {b} {things}. How many {things} do they have together?",
                "A room has {a} rows of {b} chairs. How many chairs are there?",
                "{P} earns {b} dollars per hour and works {a} hours. How much does {he} earn?",
                "If one box holds {b} {things}, how many do {a} boxes hold?",
            ],
            ["{P} plants {a} rows of {b} trees. How many trees does {he} plant?", "A machine makes {b} parts per minute. How many parts does it make in {a} minutes?"])),
        new("a/b", [(6, 120), (2, 10)], new(
            [
                "{P} shares {a} {things} equally among {b} friends. How many does each get?",
                "{a} {things} are put into {b} boxes, the same number in each. How many are in each box?",
                "{b} tickets cost {a} dollars. How much does one ticket cost?",
                "{P} reads {b} pages a day. How many days does {he} need for {a} pages?",
                "A ribbon of {a} cm is cut into {b} equal pieces. How long is each piece?",
                "How many bags of {b} {fruit} can be filled with {a} {fruit}?",
                "{a} children form teams of {b}. How many teams are there?", "A car drives {a} km in {b} hours. How far does it get in one hour?",
            ],
            ["{b} friends pay {a} dollars together, each the same. How much does each pay?", "{P} packs {a} eggs into boxes of {b}. How many boxes does {he} fill?"])),
        new("a+b;#1-c", [(10, 60), (3, 40), (3, 40)], new(
            [
                "{P} has {a} {things}. {He} [buys|gets|finds] {b} more and [gives {c} to {Q}|loses {c}|sells {c}]. How many {things} does {he} have [now|left]?",
                "A bus has {a} passengers. {b} get on and {c} get off. How many passengers are on the bus now?",
                "{P} had {a} dollars, earned {b} and spent {c}. How many dollars does {he} have?",
                "There are {a} {things} in a shop. {b} are delivered and {c} are sold. How many are there now?",
                "{P} picks {a} {fruit}, then {b} more, and eats {c}. How many {fruit} are left?",
                "There are {a} red and {b} blue {things} in a bag. {P} takes {c} out. " + HowManyLeft,
            ],
            ["A library owns {a} books, buys {b} and throws {c} away. How many books does it own now?", "{a} people are at a party. {b} more come and {c} go home. How many people are there?"])),
        new("a-b;#1-c", [(40, 99), (3, 30), (3, 30)], new(
            [
                "{P} has {a} {things}. {He} gives {b} to {Q} and loses {c}. " + HowManyLeft,
                "{P} had {a} dollars. {He} paid {b} for a book and {c} for lunch. How much is left?",
                "A book has {a} pages. {P} reads {b} on Monday and {c} on Tuesday. How many pages are left?",
                "A bus has {a} passengers. {b} get off at the first stop and {c} at the second. How many are still on the bus?",
                "There are {a} {fruit}. {P} eats {b} and {Q} eats {c}. How many are left?",
                "Of {a} {things}, {b} are red, {c} are blue and the rest are green. How many are green?",
            ],
            ["A rope is {a} metres long. {P} cuts off {b} metres, then {c} metres. How long is the rest?", "There are {a} seats. {b} are taken and {c} are broken. How many can still be used?"])),
        new("a-b;#1+c", [(30, 99), (3, 30), (3, 60)], new(
            [
                "{P} has {a} {things}. {He} loses {b} and then [finds|buys|gets] {c}. " + HowManyNow,
                "A bus has {a} passengers. {b} get off and {c} get on. How many passengers are on the bus now?",
                "{P} had {a} dollars, spent {b} and then earned {c}. How much does {he} have?",
                "A shop has {a} {things}, sells {b} and gets {c} new ones. How many does it have now?",
                "There were {a} birds in a tree. {b} flew away and {c} came. How many birds are there now?",
            ],
            ["{a} children play outside. {b} go in and {c} come out. How many play outside now?"])),
        new("a*b;#1+c", [(2, 9), (3, 12), (2, 40)], new(
            [
                "{P} buys {a} boxes with {b} {things} each and has {c} more at home. How many {things} does {he} have?",
                "{P} has {a} bags of {b} {fruit} and {c} single ones. How many {fruit} is that?",
                "{a} tickets cost {b} dollars each, and {P} pays {c} dollars for food. How much is that in total?",
                "There are {a} rows of {b} chairs and {c} extra chairs. How many chairs are there?",
                "{P} reads {b} pages a day for {a} days and then {c} pages more. How many pages is that?",
            ],
            ["A taxi costs {c} dollars plus {b} dollars per kilometre. How much are {a} kilometres?", "{P} saves {b} dollars a week for {a} weeks and had {c} dollars before. How much is it now?"])),
        new("a*b;#1-c", [(3, 9), (4, 12), (2, 30)], new(
            [
                "{P} buys {a} boxes with {b} {things} each and gives {c} away. " + HowManyLeft,
                "There are {a} rows of {b} chairs, but {c} are broken. How many chairs can be used?",
                "{P} bakes {a} trays of {b} cookies. {c} are eaten. How many cookies are left?",
                "{P} works {a} hours for {b} dollars per hour and spends {c} dollars. How much is left?",
                "{a} bags hold {b} {fruit} each. {c} are bad. How many are good?",
            ],
            ["A hotel has {a} floors with {b} rooms each. {c} rooms are taken. How many are free?"])),
        new("a*b;c*d;#1+#2", [(2, 9), (2, 12), (2, 9), (2, 12)], new(
            [
                "{P} buys {a} {things} for {b} dollars each and {c} {fruit} for {d} dollars each. How much does {he} pay?",
                "There are {a} boxes with {b} {things} and {c} boxes with {d} {things}. How many {things} are there?",
                "{P} works {a} hours for {b} dollars and {c} hours for {d} dollars per hour. How much does {he} earn?",
                "{a} adults pay {b} dollars each and {c} children pay {d} dollars each. What is the total?",
                "{P} runs {b} km on {a} days and {d} km on {c} days. How far is that in total?",
            ],
            ["A farm has {a} stables with {b} cows and {c} stables with {d} horses. How many animals is that?"])),
        new("a+b;#1*c", [(2, 12), (2, 12), (2, 9)], new(
            [
                "{P} eats {a} {fruit} in the morning and {b} in the evening, every day. How many {fruit} are that in {c} days?",
                "A set has {a} forks and {b} spoons. How many pieces are in {c} sets?",
                "Each of {c} children gets {a} red and {b} blue {things}. How many {things} are needed?",
                "{P} runs {a} km and {Q} runs {b} km every day. How far do they run together in {c} days?",
                "A meal costs {a} dollars and a drink {b} dollars. How much do {c} people pay?",
            ],
            ["Each of {c} rooms has {a} chairs and {b} lamps. How many pieces of furniture are there?"])),
        new("a+b;#1/c", [(5, 60), (5, 60), (2, 9)], new(
            [
                "{P} has {a} {things} and {Q} has {b}. They put them into {c} equal boxes. How many are in each box?",
                "{a} girls and {b} boys form {c} equal teams. How many children are in each team?",
                "{P} has {a} {fruit}, buys {b} more and shares them equally among {c} friends. How many does each get?",
                "A meal costs {a} dollars and drinks cost {b} dollars. {c} friends pay the same. How much does each pay?",
            ],
            ["{P} collects {a} stamps and {Q} {b}. They fill {c} pages evenly. How many stamps are on a page?"])),
        new("a+b;a+#1", [(3, 45), (2, 30)], new(
            [
                "{P} has {a} {things}. {Q} has {b} more than {P}. How many do they have together?",
                "{P} is {a} years old. {Q} is {b} years older. How old are they together?",
                "{P} has {a} {things}, and {Q} has {b} more. How many {things} do the two have in total?",
                "A shirt costs {a} dollars. A coat costs {b} dollars more. How much do both cost?",
                "On Monday {P} reads {a} pages, on Tuesday {b} more than on Monday. How many pages in total?",
            ],
            ["Class A has {a} children, class B has {b} more. How many children are in both?"])),
        new("a-b;a+#1", [(20, 60), (2, 19)], new(
            [
                "{P} has {a} {things}. {Q} has {b} fewer than {P}. How many do they have together?",
                "{P} is {a} years old. {Q} is {b} years younger. How old are they together?",
                "A coat costs {a} dollars. A shirt costs {b} dollars less. How much do both cost?",
                "On Monday {P} reads {a} pages, on Tuesday {b} fewer. How many pages in total?",
            ],
            ["Class A has {a} children, class B has {b} fewer. How many children are in both?"])),
        new("a*b;a+#1", [(3, 20), (2, 6)], new(
            [
                "{P} has {a} {things}. {Q} has {b} times as many. How many do they have together?",
                "A pen costs {a} dollars. A bag costs {b} times as much. How much do both cost?",
                "{P} runs {a} km. {Q} runs {b} times as far. How far do they run together?",
                "There are {a} cats and {b} times as many dogs. How many animals are there?",
            ],
            ["{P} found {a} shells, {Q} found {b} times that number. How many shells did they find?"])),
        new("a/2;a-#1", [(4, 98)], new(
            [
                "{P} has {a} {things} and gives half of them away. " + HowManyLeft, "Half of {a} children are girls. How many are boys?",
                "{P} eats half of {a} {fruit}. How many are left?", "A book has {a} pages. {P} has read half of it. How many pages are left?",
            ],
            ["{P} spends half of {a} dollars. How much is left?"])),
        new("a/2;#1+b", [(4, 98), (3, 40)], new(
            [
                "{P} has {a} {things}, gives half of them away and then gets {b}. " + HowManyNow,
                "{P} spends half of {a} dollars and then earns {b}. How much does {he} have?",
                "{P} eats half of {a} {fruit} and buys {b} more. How many are there now?",
            ],
            ["Half of {a} passengers get off a bus and {b} get on. How many are on the bus?"])),
        new("a*b;c-#1", [(2, 9), (2, 9), (82, 100)], new(
            [
                "{P} buys {a} {things} for {b} dollars each and pays with {c} dollars. How much does {he} get back?",
                "A ribbon is {c} cm long. {P} cuts off {a} pieces of {b} cm. How long is the rest?",
                "There are {c} {things}. {P} gives {b} to each of {a} friends. " + HowManyLeft,
                "A book has {c} pages. {P} reads {b} pages a day for {a} days. How many pages are left?",
                "{P} has {c} dollars and buys {a} tickets for {b} dollars each. How much is left?",
            ],
            ["A tank has {c} litres. {a} buckets of {b} litres are taken out. How much is left?"])),
        new("a+b;#1+c", [(3, 50), (3, 50), (3, 50)], new(
            [
                "{P} has {a} red, {b} blue and {c} green {things}. How many {things} does {he} have?",
                "{P} reads {a}, {b} and {c} pages on three days. How many pages is that?",
                "{P} is {a} years old and {Q} is {b} years older. How old will {Q} be in {c} years?",
                "{P} pays {a} dollars for a shirt, {b} for a hat and {c} for shoes. What is the total?",
                "Three boxes hold {a}, {b} and {c} {things}. How many {things} are there?",
            ],
            ["{P} drives {a} km, then {b} km, then {c} km. How far is that?", "There are {a} cats, {b} dogs and {c} birds. How many animals are there?"])),
    ];
}

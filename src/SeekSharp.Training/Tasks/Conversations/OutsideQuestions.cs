using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>What a question that cannot be answered is about.</summary>
internal enum OutsideKind
{
    Place,
    Person,
    Thing,
    Animal,
    Food,
    Language,
    Program,
    Work,
    Text,
    Opinion,
    Mathematics,
    Noise,
    AnyWord,
}

/// <summary>A question from outside the model's subjects.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="X">What fills its first slot.</param>
/// <param name="Y">What fills its second.</param>
internal sealed record OutsideQuestion(OutsideKind Kind, string X, string Y);

/// <summary>Questions and demands from outside the model's subjects, and noise. The answer says so and invents nothing.</summary>
internal sealed class OutsideQuestions : ConversationFamily<OutsideQuestion>
{
    private static readonly Dictionary<OutsideKind, WordingSet> s_wordings = new()
    {
        [OutsideKind.Place] = new(
            ["What is the capital of {x}?", "Where is {x}?", "How many people live in {x}?", "What is the population of {x}?", "Who [rules|governs|discovered] {x}?", "What language do they speak in {x}?", "!Tell me about {x}.", "What is the weather [like |]in {x}[ today|]?", "How far is it from {x} to {y}?", "Which [river|mountain|lake|city] is the [longest|highest|largest] in {x}?",
             "When was {x} founded?", "What is {x} famous for?", "capital of {x}", "Is {x} [bigger|older|richer] than {y}?", "What is the currency of {x}?", "Who is the president of {x}?", "What should I visit in {x}?", "!Plan a trip to {x}.", "How do I get to {x}?", "What time is it in {x}?", "What is the history of {x}?", "Who won the war between {x} and {y}?"],
            ["!Describe {x}.", "How large is {x}?", "What do people eat in {x}?", "In which country is {x}?", "Is {x} beautiful?"]),
        [OutsideKind.Person] = new(
            [
                "Who [is|was] {x}?", "When was {x} born?", "When did {x} die?", "What did {x} [discover|do|write|invent]?", "!Tell me about {x}.",
                "How old is {x}?", "Where does {x} live?", "Who is the [wife|husband|father|mother] of {x}?", "What is {x} famous for?",
                "!Write about {x}.", "Do you know {x}?", "Was {x} [taller|older|smarter] than {y}?", "What would {x} say?", "Did {x} know {y}?",
                "How did {x} become famous?", "!Talk like {x}.",
            ],
            ["!Give me facts about {x}.", "What happened to {x}?", "Where did {x} come from?", "Why is {x} important?"]),
        [OutsideKind.Thing] = new(
            [
                "What is {x}?", "How does {x} work?", "!Explain {x}.", "Why [is there|do we need|do people like] {x}?",
                "Who [invented|discovered] {x}?", "!Tell me [something|a fact|more] about {x}.", "What is the meaning of {x}?", "When did {x} begin?",
                "What do you know about {x}?", "What is {x} made of?", "Is {x} [dangerous|important|real|good for us]?", "!Define {x}.",
                "What is the difference between {x} and {y}?", "How [old|big|hot|expensive] is {x}?", "Where does {x} come from?", "What causes {x}?",
                "!Explain {x} to a child.", "Why is {x} so [important|famous|popular]?", "Can you explain {x}?",
            ],
            ["What does {x} mean?", "!Teach me about {x}.", "How can I understand {x}?", "What is special about {x}?"]),
        [OutsideKind.Animal] = new(
            [
                "What do {x} eat?", "How long do {x} live?", "Where do {x} live?", "Why do {x} [sleep|sing|fight|migrate|exist]?",
                "How many legs do {x} have?", "Are {x} [intelligent|dangerous|mammals|friendly]?", "Can {x} [swim|fly|think|see colours|talk]?",
                "How fast are {x}?", "!Tell me about {x}.", "Do {x} eat {y}?", "How do {x} [breathe|communicate|hunt|grow]?",
                "Which {x} are the largest?", "Do {x} have feelings?",
            ],
            ["What is the lifespan of {x}?", "How do {x} raise their young?", "What are {x} afraid of?"]),
        [OutsideKind.Food] = new(
            [
                "How do I [cook|make|prepare] {x}?", "What is the recipe for {x}?", "!Give me a recipe for {x}.", "How long do I cook {x}?",
                "Is {x} healthy?", "How many calories does {x} have?", "What goes well with {x}?", "Do you like {x}?", "What is in {x}?",
                "Which is better, {x} or {y}?", "Where can I buy {x}?", "!Order {x} for me.", "Who invented {x}?",
                "What should I eat tonight, {x} or {y}?",
            ],
            ["!Help me cook {x}.", "Which ingredients does {x} need?", "How much does {x} cost in a restaurant?"]),
        [OutsideKind.Language] = new(
            [
                "How do you say '{y}' in {x}?", "!Translate '{y}' into {x}.", "What is '{y}' in {x}?", "What does '{y}' mean in {x}?",
                "Do you speak {x}?", "!Speak {x}.", "!Teach me {x}.", "Is {x} difficult?", "How do I learn {x}?", "!Answer in {x}.",
                "How many people speak {x}?", "!Translate this sentence into {x}: {y}", "{y} in {x}",
            ],
            ["What is the {x} word for '{y}'?", "Can you write '{y}' in {x}?", "Which {x} word means '{y}'?"]),
        [OutsideKind.Program] = new(
            [
                "!Write a {x} program [that sorts a list|that prints hello|for a game|that reads a file].",
                "!Write a function in {x} that [adds two numbers|reverses a string|finds primes].",
                "How do I [read a file|write a loop|sort a list|install packages] in {x}?", "!Explain this {x} code.", "What is {x}?",
                "!Fix my {x} code.", "Is {x} better than {y}?", "!Write code in {x}.", "How do I learn {x}?", "Can you [code|program] in {x}?",
                "!Debug this {x} program.", "!Show me an example in {x}.", "What does 'class' mean in {x}?", "!Write a script in {x} for me.",
            ],
            ["!Give me {x} code for a web page.", "!Implement quicksort in {x}.", "Why does my {x} program crash?"]),
        [OutsideKind.Work] = new(
            [
                "Who wrote {x}?", "Who painted {x}?", "Who sings {x}?", "What is {x} about?", "When was {x} [written|made|released]?",
                "!Summarise {x}.", "How does {x} end?", "Is {x} good?", "Who are the characters in {x}?", "Should I read {x}?",
                "!Quote a line from {x}.", "Did you like {x}?", "Who plays in {x}?", "What do critics say about {x}?",
            ],
            ["!Tell me the plot of {x}.", "Who is the author of {x}?", "Where does {x} take place?"]),
        [OutsideKind.Text] = new(
            [
                "!Write {x} about {y}.", "!Write {x}.", "!Tell me {x} about {y}.", "!Tell me {x}.", "Do you know {x} about {y}?",
                "!Compose {x} about {y}.", "!Make up {x} about {y}.", "I need {x} about {y}.", "!Create {x} for my friend.", "{x} about {y}",
                "!Help me write {x}.", "Can you write {x}?", "!Finish {x} that begins with {y}.", "!Improve {x} of mine.",
            ],
            ["!Invent {x} on the subject of {y}.", "!Draft {x} about {y}.", "I would love to read {x} about {y}."]),
        [OutsideKind.Opinion] = new(
            [
                "What do you think [of|about] {x}?", "What is your opinion [of|on|about] {x}?", "Do you like {x}?", "Do you prefer {x} or {y}?",
                "Is {x} better than {y}?", "Should I [study|buy|trust|marry] {x}?", "Who is right, {x} or {y}?", "Do you believe in {x}?",
                "Is {x} [good|bad|true|worth it]?", "What is the best [book|film|song] about {x}?", "Why do people hate {x}?",
                "Would you recommend {x}?", "How do you feel about {x}?",
            ],
            ["What are your thoughts on {x}?", "Are you for or against {x}?", "Convince me of {x}."]),
        [OutsideKind.Mathematics] = new(
            [
                "What is {x}?", "!Compute {x}.", "!Calculate {x}.", "!Find {x}.", "{x}", "How much is {x}?", "!Explain {x}.", "!Give me {x}.",
                "Can you compute {x}?", "What do you know about {x}?", "!Work out {x}.", "!Tell me {x}.", "!Prove something about {x}.",
            ],
            ["What is the value of {x}?", "!Determine {x}.", "Do you know {x}?"]),
        [OutsideKind.Noise] = new(
            ["{x}", "{x} {y}", "{x}!", "{x}?", "{x} {x}", "{x}...", "({x})", "{x}, {y}", "{y}; {x}", "{x}.", "{x} {y} {x}", "{x}{y}"],
            ["{x} - {y}", "{x}/{y}?!", "{y} {y} {x}"]),
        [OutsideKind.AnyWord] = new(
            [
                "What is [a |the |]{x}?", "!Explain the word {x}.", "What does {x} mean?", "!Tell me about {x}.", "Why is [a |the |]{x} {y}?",
                "Where can I find [a |the |]{x}?", "Who invented the {x}?", "How do I make a {x}?", "Do you like {x}?",
                "What is the difference between {x} and {y}?", "!Define {x}.", "What colour is a {x}?", "!Use {x} in a sentence.",
                "How big is a {x}?", "What rhymes with {x}?", "!Give me a synonym of {x}.", "What is the opposite of {x}?",
                "Is {x} a noun or a verb?", "I like {x}.", "{x} or {y}?", "When do I use a {x}?", "!Write a poem about {x}.", "My {x} is broken.",
                "How much does a {x} cost?", "What is the plural of {x}?",
            ],
            [
                "What can you tell me about {x}?", "For what is a {x} used?", "!Name three kinds of {x}.", "Have you ever seen a {x}?",
                "How is {x} related to {y}?",
            ]),
    };

    /// <summary>Words that say something by themselves.</summary>
    private static readonly HashSet<string> s_meaningful =
        [
            "hello", "help", "thank", "sorry", "welcome", "please", "maybe", "great", "good", "fine", "happy", "perfect", "excellent", "right",
            "wrong", "ready", "again", "reverse", "add", "sort", "count",
        ];

    public override string Name => "outside-questions";

    protected override OutsideQuestion Draw(Random random, bool outOfRange)
    {
        var kind = (OutsideKind)random.Next(13);
        return kind switch
        {
            OutsideKind.Place => Two(OutsideTopics.Places),
            OutsideKind.Person => Two(OutsideTopics.People),
            OutsideKind.Thing => Two(OutsideTopics.Things),
            OutsideKind.Animal => Two(OutsideTopics.Animals),
            OutsideKind.Food => Two(OutsideTopics.Food),
            OutsideKind.Language => new(kind, random.Pick(OutsideTopics.Languages), random.Pick(OutsideTopics.Words)),
            OutsideKind.Program => Two(OutsideTopics.Programs),
            OutsideKind.Work => new(kind, random.Pick(OutsideTopics.Works), ""),
            OutsideKind.Text => new(kind, random.Pick(OutsideTopics.Texts), Anything(random)),
            OutsideKind.Opinion => new(kind, Anything(random), Anything(random)),
            OutsideKind.Mathematics =>
                new(kind, random.Pick(OutsideTopics.Mathematics).Replace("{n}", $"{random.Between(2, 99)}", StringComparison.Ordinal), ""),
            OutsideKind.Noise => new(kind, Noise(random), Noise(random)),
            _ => new(kind, random.Pick(WordList.Common), random.Pick(WordList.Common)),
        };

        OutsideQuestion Two(string[] topics) => random.Sample(topics, 2) is var pair ? new(kind, pair[0], pair[1]) : throw new InvalidOperationException();
    }

    protected override string Key(OutsideQuestion content) => $"{content.Kind} {content.X} {content.Y}";

    protected override WordingSet Wordings(OutsideQuestion content) => s_wordings[content.Kind];

    protected override Slots SlotsOf(OutsideQuestion content, Random random) => new() { { "x", content.X }, { "y", content.Y } };

    protected override string Answer(OutsideQuestion content) => content.Kind switch
    {
        OutsideKind.Text or OutsideKind.Program or OutsideKind.Mathematics or OutsideKind.Language => Abilities.NotAble,
        OutsideKind.Noise => Abilities.NotUnderstood,
        _ => Abilities.NotKnown,
    };

    /// <summary>Any of the refusals: which one fits best is a matter of taste.</summary>
    protected override bool Accepts(OutsideQuestion content, string answer) =>
        base.Accepts(content, answer) || Abilities.IsRefusal(answer);

    protected override string Think(OutsideQuestion content) => "not my subject";

    private static string Anything(Random random) => random.Next(4) switch
    {
        0 => random.Pick(OutsideTopics.Places),
        1 => random.Pick(OutsideTopics.People),
        2 => random.Pick(OutsideTopics.Animals),
        _ => random.Pick(OutsideTopics.Things),
    };

    private static string Noise(Random random)
    {
        string word = random.Pick(WordList.Common);
        if (random.Chance(0.4) && !s_meaningful.Contains(word)) return word;
        return string.Create(random.Next(3, 12), random, static (letters, source) =>
        {
            const string row = "asdfghjklqwertyuiopzxcvbnm";
            for (int i = 0; i < letters.Length; i++) letters[i] = row[source.Next(row.Length)];
        });
    }
}

using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>What is asked.</summary>
internal enum HereAndNowKind
{
    Question,
}

/// <summary>Questions about the moment, the speaker and the world at large, and demands to act. The answer says that the model cannot know.</summary>
internal sealed class HereAndNow : ConversationFamily<HereAndNowKind>
{
    private static readonly WordingSet s_wordings = new(
        ["What is the news[ today|]?", "What is the weather[ today| tomorrow|]?", "Will it rain[ today| tomorrow|]?", "What time is it[ now|]?", "What is the time?", "What day is [it|today]?", "What is today's date?", "What year is it?", "Who won the [match|election|game|world cup|race]?", "What is the price of [gold|oil|bitcoin|bread|petrol]?", "How is the stock market?", "Where am I?", "What is my name?", "How old am I?", "What did I [do|eat|say] yesterday?", "What is on TV?", "Where are my keys?", "What happened [today|yesterday|in 1989]?", "!Call my mother.", "!Play some music.", "!Open the door.", "!Set an alarm.", "!Turn on the light.", "!Remind me to buy milk.", "!Search the web for shoes.", "!Draw a picture.", "!Send an email.", "!Book a flight.", "!Sing a song.", "!Download a file.",
         "What should I [do|eat|wear|read] today?", "What is the meaning of life?", "Does God exist?", "Who am I?", "Will I be rich?", "!Tell me a secret.", "!Tell me something interesting.", "!Tell me a fact.", "I am [sad|bored|tired|hungry|sick].", "My [head|back|tooth] hurts. What should I do?", "How do I lose weight?", "How do I [find a job|make friends|fix my car|tie a tie|sleep better]?", "Why is the sky blue?", "Why do we dream?", "Is there life on Mars?"],
        [
            "What is going on in the world?", "!Order a taxi.", "How warm is it outside?", "Which film should I watch?", "How can I become famous?",
            "Why is grass green?",
        ]);

    public override string Name => "here-and-now";

    protected override bool IsSplitByWording => true;

    protected override HereAndNowKind Draw(Random random, bool outOfRange) => HereAndNowKind.Question;

    protected override string Key(HereAndNowKind content) => $"{content}";

    protected override WordingSet Wordings(HereAndNowKind content) => s_wordings;

    protected override Slots SlotsOf(HereAndNowKind content, Random random) => [];

    protected override string Answer(HereAndNowKind content) => Abilities.NotKnown;

    protected override bool Accepts(HereAndNowKind content, string answer) => base.Accepts(content, answer) || Abilities.IsRefusal(answer);

    protected override string Think(HereAndNowKind content) => "not my subject";
}

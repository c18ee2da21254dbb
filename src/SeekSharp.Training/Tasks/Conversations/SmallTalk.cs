using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>What people say besides questions.</summary>
internal enum SmallTalkKind
{
    Hello,
    HowAreYou,
    Thanks,
    Goodbye,
    Praise,
    Blame,
    Sorry,
    Ready,
}

/// <summary>Greetings, thanks, praise, blame and farewells.</summary>
internal sealed class SmallTalk : ConversationFamily<SmallTalkKind>
{
    private static readonly Dictionary<SmallTalkKind, WordingSet> s_wordings = new()
    {
        [SmallTalkKind.Hello] = new(
            [
                "[Hi|Hello|Hey|Hey there|Hi there|Hello there][!|.||]", "[Hi|Hello|Hey], [model|friend|you][!|.|]",
                "Good [morning|afternoon|evening|day][!|.|]", "[Hi|Hello], [nice to meet you|how do you do|pleased to meet you][.|!|]",
                "Greetings[!|.|]", "[Hi|Hello|Hey] [hi|again][!|]", "[Hiya|Howdy|Yo][!|]", "[Hello|Hi], I am {name}[.|!|]",
                "[Hello|Hi|Hey], anybody [there|home]?", "[Hi|Hello|Hey] [assistant|bot|computer|model][!|.|]", "My name is {name}.", "hello world",
                "test", "Is anyone there?", "Let us [start|begin|talk|chat][.|!|]",
            ],
            ["[Hello|Hi] my dear[!|.|]", "A good [morning|evening] to you[!|.|]", "[Hi|Hello], {name} here[.|!|]"]),
        [SmallTalkKind.HowAreYou] = new(
            [
                "How are you[ today| doing||]?", "How is it going?", "How do you feel?", "[What's|What is] up?",
                "[Hi|Hello|Hey], how are you[ today|]?", "Are you [well|fine|OK|ok|all right]?", "How have you been?", "How do you do?",
                "How are things?", "[Everything|All] [OK|ok|fine|good]?", "Are you happy?", "Do you feel good?",
            ],
            ["How is your day?", "Are you doing well?", "[Hi|Hello], is everything well with you?"]),
        [SmallTalkKind.Thanks] = new(
            [
                "[Thanks|Thank you|Thank you very much|Many thanks|Thanks a lot|Thx|Thanks so much][!|.|]",
                "[Thanks|Thank you] for [your|the] help[!|.|]", "[Great|Perfect|Good|OK|Super], [thanks|thank you][!|.|]",
                "That [helps|helped][, thanks| a lot| me|][!|.|]", "I [appreciate it|am grateful|thank you][.|!|]",
                "[That was helpful|Very helpful|How kind][.|!|]", "Cheers[!|.|]", "[thank you|thanks] [model|friend|very much indeed]",
                "[Thanks|Thank you], that is [all|enough|what I needed][.|]", "OK thanks", "[Thanks|Thank you] for the answer[.|!|]",
                "Much appreciated[!|.|]",
            ],
            ["I owe you thanks[.|!|]", "[Thanks|Thank you] for doing this[.|!|]", "You have helped me, [thanks|thank you][!|.|]"]),
        [SmallTalkKind.Goodbye] = new(
            [
                "[Bye|Goodbye|Bye bye|See you|See you later|Good night|Farewell|So long][!|.|]",
                "[Bye|Goodbye], [model|friend|see you|take care][!|.|]", "I [have to|must] go[ now|][.|!|]",
                "That is all[ for today| for now|][.|!|]", "[Talk|Speak] to you later[.|!|]", "[Until|See you] [next time|tomorrow|soon][!|.|]",
                "Have a [nice|good] [day|evening|weekend][!|.|]", "[Take care|Ciao|cya][!|.|]", "I am [done|leaving|finished][.|!|]",
                "[exit|quit|stop]", "We are done[, bye|][.|!|]", "OK, bye[!|.|]",
            ],
            ["I will leave you now[.|!|]", "Let us end here[.|!|]", "[Bye|Goodbye] and [good luck|all the best][!|.|]"]),
        [SmallTalkKind.Praise] = new(
            [
                "[Great|Good|Very good|Excellent|Perfect|Nice|Wonderful|Amazing|Cool|Super|Awesome|Wow][!|.|]",
                "[Well done|Good job|Nice work|Great work|Good work][!|.|]", "[That is|That's] [right|correct|great|good|impressive|amazing][!|.|]",
                "You are [smart|clever|great|good|amazing|the best|very good at this|right][!|.|]", "I like [you|that|it][!|.|]",
                "[Correct|Right|Exactly|Yes, that is right][!|.|]", "[Good|Great] answer[!|.|]", "I am impressed[!|.|]",
                "That was [quick|fast|easy|good][!|.|]", "You did [well|it|a good job][!|.|]", "Very [nice|well|clever][!|.|]",
                "I love [you|it|this][!|.|]",
            ],
            ["What a [clever|good] model[!|.|]", "You got it right[!|.|]", "Brilliant[!|.|]"]),
        [SmallTalkKind.Blame] = new(
            [
                "[That is|That's|This is] [wrong|not right|incorrect|false|not correct|a mistake][!|.|]",
                "You are [wrong|mistaken|stupid|bad|useless][!|.|]", "[Wrong|Incorrect|False|No][!|.|]",
                "No, [that is wrong|you are wrong|that is not right|try again][.|!|]",
                "[I think|I believe] [that is wrong|you are wrong|you made a mistake][.|]", "[Bad|Wrong|Terrible] answer[!|.|]",
                "That [cannot|can't] be [right|true][!|.|]", "I do not believe [you|that|it][.|!|]", "You made [a mistake|an error][.|!|]",
                "That [does not|doesn't] look right[.|]", "Are you [crazy|kidding|stupid]?", "This makes no sense[.|!|]",
            ],
            ["Your answer is not good[.|!|]", "There is an error in [that|your answer][.|]", "Nonsense[!|.|]"]),
        [SmallTalkKind.Sorry] = new(
            [
                "[Sorry|I am sorry|My apologies|Excuse me|Pardon][!|.|]",
                "[Sorry|Oops], [my mistake|my fault|that was wrong|I made a mistake|wrong window][.|!|]",
                "[Forget|Ignore] [it|that|what I said|my question][.|!|]", "[Never mind|Nevermind|No problem|It does not matter][.|!|]",
                "I [did not mean that|take it back|was wrong][.|]", "[Wait|Hold on|One moment|Just a second][.|!|]", "Let me think[.|]",
                "[Hmm|Um|Well|Ah][.|...|]", "[Yes|OK|ok|Okay|Sure|Fine|I see|All right|Alright|Got it|Understood][.|!|]",
                "No[, thanks| thank you][.|]", "[Maybe|Perhaps|Not sure][.|]", "[lol|haha|ha ha|:)]",
            ],
            ["It was my error[.|!|]", "I typed that by accident[.|]", "Give me a moment[.|]"]),
        [SmallTalkKind.Ready] = new(
            [
                "Can you help me[ please| with something| with my homework|]?", "I need [help|your help|some help][.|!|]",
                "Can I ask [you something|a question|you a question|something]?", "I have a question[.|]", "May I ask [you a question|something]?",
                "Are you [ready|there]?", "[Help|Help me][!|.|]", "Could you help me[ out|]?", "Can we [start|begin|do some maths|calculate]?",
                "I want to [calculate|do some maths|practise|learn][.|]", "Will you help me?",
                "Let us do some [maths|math|calculations|exercises|puzzles][.|!|]",
            ],
            ["I could use some help[.|]", "Is it OK if I ask you something?", "Shall we do some exercises?"]),
    };

    private static readonly string[] s_names =
    [
        "Tom", "Anna", "Ben", "Mia", "Paul", "Lisa", "Jack", "Emma", "Leo", "Sara", "Max", "Lucy", "Omar", "Nina", "Sam", "Julia",
    ];

    public override string Name => "small-talk";

    protected override bool IsSplitByWording => true;

    protected override SmallTalkKind Draw(Random random, bool outOfRange) => (SmallTalkKind)random.Next(8);

    protected override string Key(SmallTalkKind content) => $"{content}";

    protected override WordingSet Wordings(SmallTalkKind content) => s_wordings[content];

    protected override Slots SlotsOf(SmallTalkKind content, Random random) => new() { { "name", random.Pick(s_names) } };

    protected override string Answer(SmallTalkKind content) => content switch
    {
        SmallTalkKind.Hello => "Hello! What shall I work out?",
        SmallTalkKind.HowAreYou => "I am fine, thank you. What shall I work out?",
        SmallTalkKind.Thanks => "You are welcome!",
        SmallTalkKind.Goodbye => "Goodbye!",
        SmallTalkKind.Praise => "Thank you!",
        SmallTalkKind.Blame => "I am sorry. I make mistakes; please ask me again.",
        SmallTalkKind.Sorry => "No problem. What shall I work out?",
        _ => "Yes, gladly. What shall I work out?",
    };

    protected override string Think(SmallTalkKind content) => "small talk";
}

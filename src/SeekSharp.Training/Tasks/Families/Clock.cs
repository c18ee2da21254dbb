using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>What is asked about times of day.</summary>
internal enum ClockKind
{
    After,
    Before,
    Between,
}

/// <summary>A question about the clock.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Start">Minutes since midnight.</param>
/// <param name="Minutes">Minutes in between.</param>
/// <param name="IsInMinutes">Whether the span is told in minutes only; else in hours and minutes.</param>
internal readonly record struct ClockQuestion(ClockKind Kind, int Start, int Minutes, bool IsInMinutes);

/// <summary>Times of a 24-hour day and spans of up to 5 hours; out of range 5 to 20 hours.</summary>
internal sealed class Clock : TaskFamily<ClockQuestion>
{
    private const int Day = 24 * 60;

    private static readonly WordingSet s_after = new(
        [
            "What time is it {d} after {t}?", "It is {t}. What time [is it|will it be] in {d}?", "If it is {t} now, what time is it in {d}?",
            "{t} plus {d}", "!Add {d} to {t}.", "What time will it be {d} after {t}?",
            "{d} after {t} is what time?", "A film starts at {t} and lasts {d}. When does it end?",
            "The train leaves at {t} and takes {d}. When does it arrive?", "I start at {t} and work for {d}. When do I finish?",
            "A lesson begins at {t} and lasts {d}. When is it over?", "!Tell me the time {d} after {t}.", "What is the time {d} later than {t}?",
            "At {t} I put a cake into the oven for {d}. When is it done?", "time {d} after {t}",
        ],
        [
            "My trip starts at {t} and needs {d}. At what time am I there?", "!Move the clock forward from {t} by {d}.",
            "The match begins at {t}. It takes {d}. What is the time at the end?",
        ]);

    private static readonly WordingSet s_before = new(
        [
            "What time is it {d} before {t}?", "It is {t}. What time was it {d} ago?", "If it is {t} now, what time was it {d} ago?", "{t} minus {d}",
            "!Subtract {d} from {t}.", "{d} before {t} is what time?",
            "I must be there at {t} and the way takes {d}. When do I have to leave?", "A film lasts {d} and ends at {t}. When did it start?",
            "!Tell me the time {d} before {t}.", "What is the time {d} earlier than {t}?",
            "The train arrives at {t} after {d}. When did it leave?", "What was the time {d} before {t}?", "time {d} before {t}",
        ],
        [
            "!Move the clock back from {t} by {d}.", "School starts at {t}. I need {d} to get there. When should I go?",
            "The concert ended at {t} after {d}. At what time did it begin?",
        ]);

    private static readonly WordingSet s_between = new(
        [
            "How many minutes are there from {t} to {e}?", "How many minutes are between {t} and {e}?", "How long is it from {t} to {e} in minutes?",
            "!Count the minutes from {t} to {e}.", "minutes from {t} to {e}",
            "A film starts at {t} and ends at {e}. How many minutes is it?", "It is {t}. How many minutes until {e}?",
            "The train leaves at {t} and arrives at {e}. How many minutes does it take?", "How many minutes pass from {t} to {e}?",
            "{t} to {e}: how many minutes?", "What is the number of minutes from {t} to {e}?", "!Find the minutes between {t} and {e}.",
            "I worked from {t} to {e}. How many minutes is that?",
        ],
        [
            "!Give me the time from {t} to {e} in minutes.", "The lesson runs from {t} until {e}. For how many minutes?",
            "How many minutes later than {t} is {e}?",
        ]);

    public override string Name => "clock";

    protected override AnswerForm Form => AnswerForm.Text;

    protected override ClockQuestion Draw(Random random, bool outOfRange)
    {
        var kind = (ClockKind)random.Next(3);
        int step = random.Chance(0.6) ? 5 : 1;
        int minutes = outOfRange ? random.Next(301 / step + 1, 1200 / step) * step : random.Next(random.Chance(0.5) ? 90 / step : 300 / step) * step + step;
        int start = random.Next(Day / step) * step;
        if (kind == ClockKind.Between) start %= Day - minutes;
        return new(kind, start, minutes, minutes < 60 || (minutes < 180 && random.Chance(0.3)));
    }

    protected override string Key(ClockQuestion content) => $"{content.Kind} {content.Start} {content.Minutes}";

    protected override WordingSet Wordings(ClockQuestion content) =>
        content.Kind switch { ClockKind.After => s_after, ClockKind.Before => s_before, _ => s_between };

    protected override Slots SlotsOf(ClockQuestion content, Random random) => new()
    {
        { "t", Time(content.Start) }, { "e", Time(content.Start + content.Minutes) }, { "d", content.IsInMinutes ? Minutes(content.Minutes) : Duration(random, content.Minutes) },
    };

    protected override string Answer(ClockQuestion content) => content.Kind switch
    {
        ClockKind.After => Time(content.Start + content.Minutes),
        ClockKind.Before => Time(content.Start - content.Minutes),
        _ => $"{content.Minutes}",
    };

    /// <summary>"9:05" and "09:05" say the same; so do "45" and "45 minutes".</summary>
    protected override bool Accepts(ClockQuestion content, string answer)
    {
        string expected = Answer(content);
        if (content.Kind == ClockKind.Between) return answer == expected || string.Equals(answer, $"{expected} minutes", StringComparison.OrdinalIgnoreCase);
        return answer == expected || answer == "0" + expected;
    }

    /// <summary>Minutes first, then hours, each with what is carried over.</summary>
    protected override string Think(ClockQuestion content)
    {
        var working = new Working();
        (int hour, int minute) = Math.DivRem(content.Start, 60);
        (int hours, int minutes) = Math.DivRem(content.Minutes, 60);
        if (content.Kind == ClockKind.Between)
        {
            (int endHour, int endMinute) = Math.DivRem(content.Start + content.Minutes, 60);
            CountMinutes(working, hour, minute, endHour, endMinute);
            return working.Text;
        }

        if (content.Minutes >= 60 && content.IsInMinutes) working.Line($"{content.Minutes}=60*{hours}+{minutes}");
        if (content.Kind == ClockKind.After) Advance(working, hour, minute, hours, minutes);
        else GoBack(working, hour, minute, hours, minutes);
        return working.Text;
    }

    private static void Advance(Working working, long hour, long minute, long hours, long minutes)
    {
        long sum = working.Add(minute, minutes);
        if (sum >= 60)
        {
            sum = working.Subtract(sum, 60);
            hour = working.Add(hour, 1);
        }

        if (hours > 0) hour = working.Add(hour, hours);
        if (hour >= 24) hour = working.Subtract(hour, 24);
        working.Line($"{hour}:{sum:00}");
    }

    private static void GoBack(Working working, long hour, long minute, long hours, long minutes)
    {
        if (minute < minutes)
        {
            minute = working.Add(minute, 60);
            hours = working.Add(hours, 1);
        }

        minute = working.Subtract(minute, minutes);
        if (hour < hours) hour = working.Add(hour, 24);
        if (hours > 0) hour = working.Subtract(hour, hours);
        working.Line($"{hour}:{minute:00}");
    }

    private static void CountMinutes(Working working, long hour, long minute, long endHour, long endMinute)
    {
        if (endMinute < minute)
        {
            endMinute = working.Add(endMinute, 60);
            endHour = working.Subtract(endHour, 1);
        }

        long minutes = working.Subtract(endMinute, minute);
        long hours = working.Subtract(endHour, hour);
        if (hours > 0) working.Add(working.Multiply(hours, 60), minutes);
    }

    private static string Time(int minutes)
    {
        (int hour, int minute) = Math.DivRem(((minutes % Day) + Day) % Day, 60);
        return $"{hour}:{minute:00}";
    }

    private static string Duration(Random random, int minutes)
    {
        (int hours, int rest) = Math.DivRem(minutes, 60);
        string whole = hours == 1 ? "1 hour" : $"{hours} hours";
        if (rest == 0) return whole;
        return random.Chance(0.3) ? $"{hours} h {rest} min" : $"{whole} and {Minutes(rest)}";
    }

    private static string Minutes(int minutes) => minutes == 1 ? "1 minute" : $"{minutes} minutes";
}

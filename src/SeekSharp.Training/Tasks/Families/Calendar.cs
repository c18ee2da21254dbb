using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>What is asked about days and dates.</summary>
internal enum CalendarKind
{
    WeekdayAfter,
    WeekdayBefore,
    DateAfter,
    DaysBetween,
}

/// <summary>A question about the calendar of a common year.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Day">Weekday (0 is Monday) or day of the year (0 is January 1).</param>
/// <param name="Count">Days in between.</param>
internal readonly record struct CalendarQuestion(CalendarKind Kind, int Day, int Count);

/// <summary>Weekdays up to 30 days away, dates and spans up to 40 days within a common year; out of range 31 to 200 and 41 to 150 days.</summary>
internal sealed class Calendar : TaskFamily<CalendarQuestion>
{
    private const int DaysInYear = 365;

    private static readonly string[] s_weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    private static readonly string[] s_months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    private static readonly int[] s_lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

    private static readonly WordingSet s_weekdayAfter = new(
        [
            "Today is {day}. What day is it in {n} days?", "If today is {day}, what day is it in {n} days?", "What day is {n} days after {day}?",
            "Which weekday comes {n} days after {day}?", "{day} plus {n} days",
            "It is {day}. Which day will it be in {n} days?", "What day of the week is it {n} days after {day}?",
            "If it is {day} today, what [weekday|day] will it be {n} days from now?", "{n} days after {day} is what day?",
            "!Tell me the day {n} days after {day}.", "Today is {day}. In {n} days it will be what day?", "What weekday is {n} days from {day}?",
            "!Count {n} days forward from {day}.", "Which day follows {day} after {n} days?",
            "My holiday starts on {day} and lasts {n} days. On which day am I back?",
        ],
        [
            "Starting on {day}, what day do I reach after {n} days?", "!Name the weekday {n} days later than {day}.",
            "We meet on {day} and again {n} days later. Which weekday is that?",
        ]);

    private static readonly WordingSet s_weekdayBefore = new(
        [
            "Today is {day}. What day was it {n} days ago?", "If today is {day}, what day was it {n} days ago?", "What day is {n} days before {day}?",
            "Which weekday comes {n} days before {day}?", "{day} minus {n} days",
            "It is {day}. Which day was it {n} days ago?", "What day of the week is it {n} days before {day}?", "{n} days before {day} is what day?",
            "!Tell me the day {n} days before {day}.",
            "Today is {day}. {n} days ago it was what day?", "!Count {n} days back from {day}.",
            "What weekday was it {n} days ago, if it is {day} now?",
        ],
        ["!Name the weekday {n} days earlier than {day}.", "Something happened {n} days before {day}. Which weekday was that?"]);

    private static readonly WordingSet s_dateAfter = new(
        [
            "What date is {n} days after {date}?", "What is the date {n} days after {date}?", "{date} plus {n} days",
            "If today is {date}, what is the date in {n} days?", "Today is {date}. Which date is it in {n} days?",
            "!Add {n} days to {date}.", "Which date comes {n} days after {date}?", "{n} days after {date} is what date?",
            "!Tell me the date {n} days after {date}.", "It is {date}. What will the date be in {n} days?",
            "What date will it be {n} days from {date}?", "!Count {n} days from {date}. Which date is it?",
            "A loan of {n} days starts on {date}. When does it end?", "I leave on {date} and return after {n} days. On which date?",
        ],
        [
            "!Give the date that is {n} days later than {date}.", "Starting on {date}, which date do I reach after {n} days?",
            "{n} days from {date}, what is the date?",
        ]);

    private static readonly WordingSet s_daysBetween = new(
        [
            "How many days are there from {date} to {end}?", "How many days are between {date} and {end}?",
            "How many days is it from {date} to {end}?", "!Count the days from {date} to {end}.", "days from {date} to {end}",
            "Today is {date}. How many days until {end}?", "How many days until {end} if today is {date}?",
            "How long is it from {date} to {end}, in days?", "What is the number of days from {date} to {end}?", "{date} to {end}: how many days?",
            "!Find the number of days between {date} and {end}.", "How many days after {date} is {end}?",
            "!Tell me how many days lie between {date} and {end}.",
        ],
        [
            "How many days pass from {date} until {end}?", "If I start on {date} and finish on {end}, how many days later is that?",
            "!Work out the days between {date} and {end}.",
        ]);

    public override string Name => "calendar";

    protected override AnswerForm Form => AnswerForm.Text;

    protected override CalendarQuestion Draw(Random random, bool outOfRange)
    {
        var kind = (CalendarKind)random.Next(4);
        if (kind <= CalendarKind.WeekdayBefore) return new(kind, random.Next(7), outOfRange ? random.Next(31, 201) : random.Next(2, 31));
        int count = outOfRange ? random.Next(41, 151) : random.Next(2, 41);
        return new(kind, random.Next(DaysInYear - count), count);
    }

    protected override string Key(CalendarQuestion content) => $"{content.Kind} {content.Day} {content.Count}";

    protected override WordingSet Wordings(CalendarQuestion content) => content.Kind switch
    {
        CalendarKind.WeekdayAfter => s_weekdayAfter,
        CalendarKind.WeekdayBefore => s_weekdayBefore,
        CalendarKind.DateAfter => s_dateAfter,
        _ => s_daysBetween,
    };

    protected override Slots SlotsOf(CalendarQuestion content, Random random)
    {
        bool isDayFirst = random.Chance(0.25);
        return content.Kind <= CalendarKind.WeekdayBefore
            ? new() { { "day", s_weekdays[content.Day] }, { "n", NumberWords.Either(random, content.Count, 0.2) } }
            : new() { { "date", Date(content.Day, isDayFirst) }, { "end", Date(content.Day + content.Count, isDayFirst) }, { "n", content.Count } };
    }

    protected override string Answer(CalendarQuestion content) => content.Kind switch
    {
        CalendarKind.WeekdayAfter => s_weekdays[(content.Day + content.Count) % 7],
        CalendarKind.WeekdayBefore => s_weekdays[(content.Day + (7 * content.Count) - content.Count) % 7],
        CalendarKind.DateAfter => Date(content.Day + content.Count, false),
        _ => $"{content.Count}",
    };

    /// <summary>"April 7" and "7 April" say the same; so do "34" and "34 days".</summary>
    protected override bool Accepts(CalendarQuestion content, string answer)
    {
        if (AnswerText.AreEqual(AnswerForm.Text, Answer(content), answer)) return true;
        if (content.Kind == CalendarKind.DateAfter) return AnswerText.AreEqual(AnswerForm.Text, Date(content.Day + content.Count, true), answer);
        return content.Kind == CalendarKind.DaysBetween && AnswerText.AreEqual(AnswerForm.Text, $"{content.Count} days", answer);
    }

    protected override string Think(CalendarQuestion content) => content.Kind switch
    {
        CalendarKind.WeekdayAfter or CalendarKind.WeekdayBefore => CountWeekdays(content),
        CalendarKind.DateAfter => CountToDate(content),
        _ => CountDays(content),
    };

    private static string CountWeekdays(CalendarQuestion content)
    {
        var working = new Working();
        (_, long steps) = content.Count < 7 ? (0, content.Count) : working.Divide(content.Count, 7);
        bool isForward = content.Kind == CalendarKind.WeekdayAfter;
        IEnumerable<string> days = Enumerable.Range(0, (int)steps + 1).Select(i => (i == 0 ? "" : $"{(isForward ? '+' : '-')}{i} ") + s_weekdays[(content.Day + (isForward ? i : 7 - i)) % 7]);
        return working.Line(string.Join(", ", days)).Text;
    }

    private static string CountToDate(CalendarQuestion content)
    {
        var working = new Working();
        (int month, int day) = Split(content.Day);
        long reached = working.Add(day, content.Count);
        while (reached > s_lengths[month])
        {
            working.Line($"{s_months[month]} has {s_lengths[month]} days");
            reached = working.Subtract(reached, s_lengths[month]);
            month++;
        }

        return working.Line($"{s_months[month]} {reached}").Text;
    }

    private static string CountDays(CalendarQuestion content)
    {
        var working = new Working();
        (int month, int day) = Split(content.Day);
        (int lastMonth, int lastDay) = Split(content.Day + content.Count);
        if (month == lastMonth)
        {
            working.Subtract(lastDay, day);
            return working.Text;
        }

        working.Line($"{s_months[month]} has {s_lengths[month]} days");
        long total = working.Subtract(s_lengths[month], day);
        for (int between = month + 1; between < lastMonth; between++)
        {
            working.Line($"{s_months[between]} has {s_lengths[between]} days");
            total = working.Add(total, s_lengths[between]);
        }

        working.Add(total, lastDay);
        return working.Text;
    }

    private static (int Month, int Day) Split(int dayOfYear)
    {
        int month = 0;
        while (dayOfYear >= s_lengths[month]) dayOfYear -= s_lengths[month++];
        return (month, dayOfYear + 1);
    }

    private static string Date(int dayOfYear, bool isDayFirst)
    {
        (int month, int day) = Split(dayOfYear);
        return isDayFirst ? $"{day} {s_months[month]}" : $"{s_months[month]} {day}";
    }
}

using System.Globalization;
using SeekSharp.Inference;

namespace SeekSharp.Cli.Chat;

/// <summary>The commands of a chat that begin with a slash.</summary>
internal sealed class ChatCommands
{
    private readonly ChatSession _session;
    private readonly ChatOutput _output;
    private readonly Action<string> _openModel;
    private readonly Command[] _commands;

    /// <param name="session">The conversation.</param>
    /// <param name="output">Where commands answer.</param>
    /// <param name="openModel">Gives the session another model.</param>
    public ChatCommands(ChatSession session, ChatOutput output, Action<string> openModel)
    {
        _session = session;
        _output = output;
        _openModel = openModel;
        _commands =
        [
            new("/help", "", "this list", _ => Help()),
            new("/model", "[FILE]", "what model this is; with a file, go on with that one", Model),
            new("/system", "[TEXT]", "set the system message; without text, remove it", SetSystem),
            new("/save", "FILE", "write the conversation", Save),
            new("/load", "FILE", "go on from a conversation that was saved", Load),
            new("/stats", "", "tokens and speed so far", _ => Stats()),
            new("/experts", "[on|off]", "count the choices of experts; then show the counts", Experts),
            new("/clear", "", "forget the conversation", _ => Clear()),
            new("/think", "[on|off]", "show the last thoughts; on: always show them in full", Think),
            new("/exit", "", "end; so does Ctrl-D", _ => IsEnded = true),
        ];
    }

    /// <summary>Whether thoughts are shown in full.</summary>
    public bool UnfoldsThoughts { get; private set; }

    /// <summary>Whether the user wants to go.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Carries a command out.</summary>
    /// <param name="line">The command with its argument.</param>
    /// <exception cref="CommandException">The command does not exist or misses something.</exception>
    public void Execute(string line)
    {
        string[] parts = line.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Command command = Array.Find(_commands, known => known.Name == parts[0]) ?? throw new CommandException($"There is no {parts[0]}; /help lists the commands.");
        command.Run(parts.Length > 1 ? parts[1] : "");
    }

    private void Help()
    {
        foreach (Command command in _commands) _output.Line($"{command.Name + ' ' + command.Argument,-18} {command.Text}");
        _output.Line("A line that ends with \\ goes on in the next one, so does one that begins with \"\"\" until \"\"\" comes again; Alt-Enter breaks a line.");
        _output.Line("Ctrl-C stops an answer.");
    }

    private void Model(string path)
    {
        if (path.Length > 0)
        {
            _openModel(path);
            _session.Experts = null;
        }

        LanguageModel model = _session.Client.Model;
        Engine engine = _session.Client.GetService(typeof(Engine)) as Engine ?? throw new InvalidOperationException();
        _output.Line($"{_session.Client.ModelId}: {model.Config.Architecture}, {model.Config.LayerCount} layers, {Bytes.Describe(model.WeightBytes)} of weights, {engine.KernelLevel} kernels.");
        if (model.ExpertCache is { } experts) _output.Line($"{MemoryLimit.Describe(experts)}.");
        _output.Line(string.Create(CultureInfo.InvariantCulture, $"Context of {engine.CacheTokens:N0} tokens ({Bytes.Describe(engine.CacheBytes)} when it is full); the model was made for {model.Config.ContextLength:N0}."));
    }

    private void SetSystem(string text)
    {
        _session.System = text.Length > 0 ? text : null;
        _output.Line(text.Length > 0 ? "The system message is set, from the next answer on." : "There is no system message any more.");
    }

    private void Save(string path)
    {
        new ChatFile(_session.System, _session.Messages).Save(Required(path, "/save"));
        _output.Line($"Saved {Count(_session.Messages.Count / 2, "turn")} to {path}.");
    }

    private void Load(string path)
    {
        ChatFile file = ChatFile.Load(Required(path, "/load"));
        _session.Replace(file.Messages);
        _session.System = file.System;
        _output.Line($"Loaded {Count(file.Messages.Count / 2, "turn")} from {path}.");
    }

    private void Stats()
    {
        List<Turn> turns = _session.Turns;
        _output.Line($"{Count(turns.Count, "answer")}, {Count(turns.Sum(turn => turn.Tokens), "token")}, {turns.Sum(turn => turn.ThoughtTokens)} of them thoughts.");
        if (turns.Count == 0) return;
        Turn last = turns[^1];
        if (last.PromptTokens is { } prompt) _output.Line($"The conversation had {Count(prompt, "token")} before the last answer, {last.CachedTokens} of them in the cache.");
        long drafted = turns.Sum(turn => turn.Drafts?.Drafted ?? 0), accepted = turns.Sum(turn => turn.Drafts?.Accepted ?? 0);
        if (drafted > 0) _output.Line($"{Count(drafted, "token")} were drafted, {accepted} of them accepted.");
        double seconds = turns.Sum(turn => (turn.Total - turn.ToFirst).TotalSeconds);
        if (seconds > 0) _output.Line(string.Create(CultureInfo.InvariantCulture, $"{turns.Sum(turn => Math.Max(turn.Tokens - 1, 0)) / seconds:F1} tokens/s; the first token came after {turns.Average(turn => turn.ToFirst.TotalSeconds):F2} s."));
    }

    private void Experts(string argument)
    {
        if (_session.Client.Model.Config.MixtureOfExperts is null)
        {
            _output.Line("This model is dense: it has no experts to choose from.");
            return;
        }

        if (argument is not ("" or "on" or "off")) throw new CommandException("/experts takes on, off, or nothing.");
        if (argument == "off") _session.Experts = null;
        else if (argument == "on" || _session.Experts is null) _session.Experts = new ExpertUse(_session.Client.Model.Config);
        if (_session.Experts is not { } use) _output.Line("Experts are not counted any more.");
        else if (use.Tokens == 0) _output.Line("Experts are counted from the next answer on; meanwhile every answer computes the whole conversation anew.");
        else foreach (string row in use.Describe(_output.Width)) _output.Line(row);
    }

    private void Clear()
    {
        _session.Clear();
        _output.Line("The conversation is forgotten.");
    }

    private void Think(string argument)
    {
        switch (argument)
        {
            case "on" or "off":
                UnfoldsThoughts = argument == "on";
                _output.Line(UnfoldsThoughts ? "Thoughts are shown in full." : "Thoughts are folded.");
                break;
            case "":
                _output.Line(_session.LastThoughts.Length > 0 ? _session.LastThoughts : "There was no thought before the last answer.");
                break;
            default:
                throw new CommandException("/think takes on, off, or nothing.");
        }
    }

    private static string Required(string path, string command) => path.Length > 0 ? path : throw new CommandException($"{command} needs the name of a file.");

    private static string Count(long number, string noun) => $"{number} {noun}{(number == 1 ? "" : "s")}";

    private sealed record Command(string Name, string Argument, string Text, Action<string> Run);
}

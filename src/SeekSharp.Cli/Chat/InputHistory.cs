using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SeekSharp.Cli.Chat;

/// <summary>What was typed before: in memory, and in a file where the user names one. A line of the file is an entry as a JSON string.</summary>
internal sealed class InputHistory
{
    private const int Most = 1000;
    private const long MostBytes = 16 << 20;

    private readonly string? _path;
    private readonly List<string> _entries = [];
    private int _place;
    private string _draft = "";

    /// <param name="path">File to keep entries in, or null.</param>
    /// <exception cref="CommandException">The file is no history.</exception>
    public InputHistory(string? path)
    {
        _path = path;
        if (path is not null && File.Exists(path)) Read(path);
        _place = _entries.Count;
    }

    public IReadOnlyList<string> Entries => _entries;

    /// <summary>Takes a new entry up, at the end.</summary>
    public void Add(string entry)
    {
        bool isNew = entry.Trim().Length > 0 && (_entries.Count == 0 || _entries[^1] != entry);
        if (isNew)
        {
            _entries.Add(entry);
            if (_path is not null) Append(_path, entry);
        }

        _place = _entries.Count;
        _draft = "";
    }

    /// <summary>The entry before the one shown; null at the first.</summary>
    /// <param name="shown">What is shown now; kept, to come back to, where it is new.</param>
    public string? Older(string shown)
    {
        if (_place == 0) return null;
        if (_place == _entries.Count) _draft = shown;
        return _entries[--_place];
    }

    /// <summary>The entry behind the one shown, at last what was typed before looking back; null at the end.</summary>
    public string? Newer()
    {
        if (_place == _entries.Count) return null;
        _place++;
        return _place == _entries.Count ? _draft : _entries[_place];
    }

    private void Read(string path)
    {
        if (new FileInfo(path).Length > MostBytes) throw new CommandException($"{path} is too large to be a history of what was typed.");
        foreach (string line in File.ReadLines(path))
        {
            try
            {
                using JsonDocument entry = JsonDocument.Parse(line);
                _entries.Add(entry.RootElement.GetString() ?? throw new FormatException());
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
            {
                throw new CommandException($"{path} is no history of what was typed: every line is a text in JSON.");
            }
        }

        if (_entries.Count > Most) _entries.RemoveRange(0, _entries.Count - Most);
    }

    private static void Append(string path, string entry)
    {
        using var stream = new FileStream(path, PrivateFile.Options(FileMode.Append));
        stream.Write(Encoding.UTF8.GetBytes($"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(entry)}\"\n"));
    }
}

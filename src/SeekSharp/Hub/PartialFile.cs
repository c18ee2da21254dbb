using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SeekSharp.Hub;

/// <summary>A file that is being gathered, and the journal of what is there: a pull that was killed goes on where the journal ends.</summary>
/// <remarks>
/// The journal is text beside the file: a line that names the content, the server's entity tag once it is known, then "part bytes" as parts
/// grow; the last line of a part counts. A line that was cut off is ignored.
/// </remarks>
internal sealed class PartialFile : IDisposable
{
    private const string JournalSuffix = ".journal";
    private const int LongestTag = 1024;
    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly HubFile _file;
    private readonly long _partSize;
    private readonly long[] _received;
    private SafeFileHandle _handle;
    private FileStream _journal;
    private string? _entityTag;

    private PartialFile(string path, HubFile file, long partSize)
    {
        _path = path;
        _file = file;
        _partSize = partSize;
        _received = new long[(file.Size + partSize - 1) / partSize];
        bool resumes = ReadJournal();
        if (!resumes) Forget();
        _handle = OpenContent(resumes);
        try
        {
            _journal = WriteJournal();
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    public SafeFileHandle Handle => _handle;

    public int PartCount => _received.Length;

    /// <summary>Bytes that are there.</summary>
    public long ReceivedBytes => _received.Sum();

    /// <summary>The entity tag of the answers that the bytes came from; null where the server gives none.</summary>
    public string? EntityTag => Volatile.Read(ref _entityTag);

    /// <exception cref="HubException">The disk is full or may not be written.</exception>
    public static PartialFile Open(string path, HubFile file, long partSize)
    {
        try
        {
            return new PartialFile(path, file, partSize);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskTrouble.Explain(exception, path, file.Size);
        }
    }

    public static void Delete(string path)
    {
        foreach (string file in PathsOf(path).Reverse()) File.Delete(file);
    }

    /// <summary>The content, and the journal beside it.</summary>
    public static IEnumerable<string> PathsOf(string path) => [path, path + JournalSuffix];

    public long Start(int part) => part * _partSize;

    public long Length(int part) => Math.Min(_partSize, _file.Size - Start(part));

    public long Received(int part) => Interlocked.Read(ref _received[part]);

    /// <summary>Takes the entity tag of an answer.</summary>
    /// <returns>False where it is another than that of the bytes which are there.</returns>
    public bool Accept(string? entityTag)
    {
        if (entityTag is null || entityTag.Length > LongestTag || entityTag.Any(char.IsControl)) return true;
        lock (_lock)
        {
            if (_entityTag is not null) return _entityTag == entityTag;
            _entityTag = entityTag;
            Append($"tag {entityTag}");
            return true;
        }
    }

    /// <summary>Notes how much of a part has been written.</summary>
    public void Record(int part, long bytes)
    {
        lock (_lock)
        {
            _received[part] = bytes;
            Append(string.Create(CultureInfo.InvariantCulture, $"{part} {bytes}"));
        }
    }

    /// <summary>Throws everything away and starts anew.</summary>
    public void Restart()
    {
        Dispose();
        try
        {
            Forget();
            _handle = OpenContent(resumes: false);
            _journal = WriteJournal();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskTrouble.Explain(exception, _path, _file.Size);
        }
    }

    public void Dispose()
    {
        _journal.Dispose();
        _handle.Dispose();
    }

    private string Heading => string.Create(CultureInfo.InvariantCulture, $"seek-pull-1 {_file.Hash} {_file.Size} {_partSize}");

    private void Forget()
    {
        Delete(_path);
        Array.Clear(_received);
        _entityTag = null;
    }

    private SafeFileHandle OpenContent(bool resumes)
    {
        if (resumes) return File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous);
        // Allocating everything first finds a disk that is too small now rather than after hours.
        SafeFileHandle handle = File.OpenHandle(_path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous, _file.Size);
        RandomAccess.SetLength(handle, _file.Size);
        return handle;
    }

    private bool ReadJournal()
    {
        FileInfo content = new(_path);
        string journal = _path + JournalSuffix;
        if (!content.Exists || content.Length != _file.Size || !File.Exists(journal)) return false;
        string text = File.ReadAllText(journal);
        string[] lines = text[..(text.LastIndexOf('\n') + 1)].Split('\n');
        if (lines[0] != Heading) return false;
        foreach (string line in lines.Skip(1))
        {
            string[] fields = line.Split(' ', 2);
            if (fields.Length < 2) continue;
            if (fields[0] == "tag") _entityTag = fields[1];
            else if (int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int part) && part < PartCount
                && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes <= Length(part))
                _received[part] = bytes;
        }

        return true;
    }

    /// <summary>Writes the journal as short as it can be, and opens it for more.</summary>
    private FileStream WriteJournal()
    {
        StringBuilder text = new(Heading + "\n");
        if (_entityTag is not null) text.Append(CultureInfo.InvariantCulture, $"tag {_entityTag}\n");
        for (int part = 0; part < PartCount; part++)
            if (_received[part] > 0) text.Append(CultureInfo.InvariantCulture, $"{part} {_received[part]}\n");
        AtomicFile.Write(_path + JournalSuffix, text.ToString());
        return new FileStream(_path + JournalSuffix, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    private void Append(string line)
    {
        try
        {
            _journal.Write(Encoding.UTF8.GetBytes(line + "\n"));
            _journal.Flush();
        }
        catch (IOException exception)
        {
            throw DiskTrouble.Explain(exception, _path);
        }
    }
}

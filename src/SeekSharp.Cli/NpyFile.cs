using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SeekSharp.Cli;

/// <summary>Writes a float32 matrix in NumPy's format 1.0, row by row. The file appears under its name when it is complete.</summary>
internal sealed class NpyFile : IDisposable
{
    private const int HeaderAlignment = 64;
    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly FileStream _stream;
    private bool _complete;

    public NpyFile(string path, int rows, int columns)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Writing npy files needs a little-endian processor.");
        _path = Path.GetFullPath(path);
        if (Directory.Exists(_path)) throw new CommandException($"Cannot write '{path}': it is a folder; give the name of a file.");
        _temporaryPath = $"{_path}.{Guid.NewGuid():N}.tmp";
        try
        {
            _stream = new FileStream(_temporaryPath, FileMode.CreateNew, FileAccess.Write);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"Cannot write '{path}': its folder is missing or may not be written to.");
        }

        _stream.Write(Header(rows, columns));
    }

    public void Write(ReadOnlySpan<float> values) => _stream.Write(MemoryMarshal.AsBytes(values));

    public void Complete()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_temporaryPath, _path, overwrite: true);
        _complete = true;
    }

    public void Dispose()
    {
        _stream.Dispose();
        if (!_complete) File.Delete(_temporaryPath);
    }

    private static byte[] Header(int rows, int columns)
    {
        string text = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}";
        const int prefix = 10; // magic, version, length
        int length = (prefix + text.Length + 1 + HeaderAlignment - 1) / HeaderAlignment * HeaderAlignment - prefix;
        var header = new byte[prefix + length];
        ReadOnlySpan<byte> magicAndVersion = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];
        magicAndVersion.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)length);
        header.AsSpan(prefix).Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, header.AsSpan(prefix));
        header[^1] = (byte)'\n';
        return header;
    }
}

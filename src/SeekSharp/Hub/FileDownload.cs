using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace SeekSharp.Hub;

/// <summary>Downloads one file in parts, several at a time, and checks the whole.</summary>
internal sealed class FileDownload(HubTransport transport, HubOptions options, Uri source, HubFile file, string path, PullProgress progress)
{
    private const int BufferSize = 1 << 17, MostRestarts = 3;

    // Where the hub's redirect led to: the parts need not ask the hub again until the address expires.
    private Uri? _resolved;

    /// <summary>Gathers the file at its path; it is whole and has the listed hash when the call returns.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using PartialFile target = PartialFile.Open(path, file, options.PartSize);
        long kept = target.ReceivedBytes;
        progress.AddDone(kept);
        for (int restarts = 0; ; restarts++)
        {
            progress.Begin(PullPhase.Downloading, file.Path, file.Size);
            bool isWhole = await FetchAsync(target, cancellation).ConfigureAwait(false);
            progress.Begin(PullPhase.Checking, file.Path, file.Size);
            if (isWhole && await MatchesAsync(target, cancellation).ConfigureAwait(false)) return;
            // Bytes of an earlier pull may be at fault: a crash of the machine loses what the journal believes written.
            bool mayHelp = !isWhole || (restarts == 0 && kept > 0);
            progress.AddDone(-target.ReceivedBytes);
            if (!mayHelp || restarts == MostRestarts)
            {
                target.Dispose();
                PartialFile.Delete(path);
                string name = FileNames.Printable(file.Path);
                throw new HubException(isWhole
                    ? $"'{name}' from {(_resolved ?? source).Authority} is damaged: its content does not have the hash that the hub lists ({file.Hash}), and was thrown away."
                    : $"'{name}' changes at {source.Authority} while it is read; pull again later.");
            }

            target.Restart();
        }
    }

    /// <returns>False where the server's file changed and everything must be fetched anew.</returns>
    private async Task<bool> FetchAsync(PartialFile target, CancellationToken cancellation)
    {
        var parts = Enumerable.Range(0, target.PartCount).Where(part => target.Received(part) < target.Length(part));
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Connections, CancellationToken = cancellation };
        try
        {
            await Parallel.ForEachAsync(parts, parallel, async (part, token) => await FetchPartAsync(target, part, token).ConfigureAwait(false))
                .ConfigureAwait(false);
        }
        catch (RangesIgnoredException)
        {
            return await FetchWholeAsync(target, cancellation).ConfigureAwait(false);
        }
        catch (ContentChangedException)
        {
            return false;
        }

        return true;
    }

    private async Task FetchPartAsync(PartialFile target, int part, CancellationToken cancellation)
    {
        Backoff backoff = new(options, progress);
        while (target.Received(part) < target.Length(part))
        {
            try
            {
                long from = target.Start(part) + target.Received(part), end = target.Start(part) + target.Length(part);
                using HubResponse response = await AskAsync(target, from, end, cancellation).ConfigureAwait(false);
                using Stream body = await response.Message.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
                await CopyPartAsync(body, response.Address, target, part, backoff, cancellation).ConfigureAwait(false);
            }
            catch (TransientException failure)
            {
                await backoff.WaitAsync(failure, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>One stream from the first byte to the last, for servers that give nothing less.</summary>
    private async Task<bool> FetchWholeAsync(PartialFile target, CancellationToken cancellation)
    {
        Backoff backoff = new(options, progress);
        while (true)
        {
            progress.AddDone(-target.ReceivedBytes);
            for (int part = 0; part < target.PartCount; part++) target.Record(part, 0);
            try
            {
                using HubResponse response = await AskAsync(target, 0, file.Size, cancellation).ConfigureAwait(false);
                using Stream body = await response.Message.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
                for (int part = 0; part < target.PartCount; part++)
                    await CopyPartAsync(body, response.Address, target, part, null, cancellation).ConfigureAwait(false);
                return true;
            }
            catch (TransientException failure)
            {
                await backoff.WaitAsync(failure, cancellation).ConfigureAwait(false);
            }
            catch (ContentChangedException)
            {
                return false;
            }
        }
    }

    /// <summary>Asks for bytes, and checks that the answer is about exactly those.</summary>
    private async Task<HubResponse> AskAsync(PartialFile target, long from, long end, CancellationToken cancellation)
    {
        bool isWhole = from == 0 && end == file.Size;
        // A weak tag does not promise equal bytes, and If-Range does not take it.
        string? ifRange = target.EntityTag is { } tag && tag.StartsWith('"') ? tag : null;
        HubResponse response;
        try
        {
            response = await transport.GetAsync(_resolved ?? source, isWhole ? null : new RangeHeaderValue(from, end - 1), ifRange, cancellation)
                .ConfigureAwait(false);
        }
        catch (HubStatusException failure) when (failure.Status == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            throw new ContentChangedException();
        }
        catch (HubStatusException failure) when (!transport.IsHub(failure.Address))
        {
            _resolved = null; // such addresses expire: the hub gives a new one
            throw new TransientException($"{failure.Address.Authority}, where {source.Authority} keeps the file, answers {(int)failure.Status}", failure);
        }

        try
        {
            Check(response, target, from, end, isWhole);
        }
        catch
        {
            response.Dispose();
            throw;
        }

        if (!transport.IsHub(response.Address)) _resolved = response.Address;
        return response;
    }

    private void Check(HubResponse response, PartialFile target, long from, long end, bool isWhole)
    {
        RequireListed(response);
        if (!target.Accept(response.Message.Headers.ETag?.ToString())) throw new ContentChangedException();
        HttpContentHeaders headers = response.Message.Content.Headers;
        if (headers.ContentEncoding.Count > 0) throw new HubException($"{response.Address.Authority} sends '{FileNames.Printable(file.Path)}' packed, which was not asked for.");
        if (response.Message.StatusCode == HttpStatusCode.PartialContent)
        {
            bool isAsked = headers.ContentRange is { Unit: "bytes" } range && range.From == from && range.To == end - 1 && (range.Length ?? file.Size) == file.Size;
            if (!isAsked) throw new HubException($"{response.Address.Authority} sends other bytes of '{FileNames.Printable(file.Path)}' than were asked for.");
            return;
        }

        if (headers.ContentLength is { } length && length != file.Size) throw WrongSize(response.Address, length);
        if (!isWhole) throw new RangesIgnoredException();
    }

    // The hub names size and hash again where it redirects: a listing that says otherwise is not of this file.
    private void RequireListed(HubResponse response)
    {
        if (long.TryParse(response.LinkedSize, out long size) && size != file.Size) throw WrongSize(source, size);
        string? hash = response.LinkedHash?.Trim('"');
        if (file.Hash.IsSha256 && ContentHash.OfSha256(hash) is { } linked && linked != file.Hash)
            throw new HubException($"{source.Authority} lists '{FileNames.Printable(file.Path)}' with another hash than it serves it with; pull again later.");
    }

    private HubException WrongSize(Uri address, long size) =>
        new($"'{FileNames.Printable(file.Path)}' has {size} bytes at {address.Authority}, and {file.Size} in the hub's list.");

    private async Task CopyPartAsync(Stream body, Uri address, PartialFile target, int part, Backoff? backoff, CancellationToken cancellation)
    {
        long received = target.Received(part), noted = received, length = target.Length(part);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (received < length)
            {
                int most = (int)Math.Min(BufferSize, length - received);
                int count = await transport.ReadAsync(body, buffer.AsMemory(0, most), address, cancellation).ConfigureAwait(false);
                if (count == 0) throw new TransientException($"The connection to {address.Authority} ended early");
                await RandomAccess.WriteAsync(target.Handle, buffer.AsMemory(0, count), target.Start(part) + received, cancellation).ConfigureAwait(false);
                received += count;
                progress.AddReceived(count);
                if (received - noted < options.CheckpointSize && received < length) continue;
                target.Record(part, received);
                noted = received;
                backoff?.Reset();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskTrouble.Explain(exception, path);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (received > noted) target.Record(part, received);
        }
    }

    private async Task<bool> MatchesAsync(PartialFile target, CancellationToken cancellation)
    {
        try
        {
            if (!await file.Hash.MatchesAsync(target.Handle, file.Size, progress.AddChecked, cancellation).ConfigureAwait(false)) return false;
            RandomAccess.FlushToDisk(target.Handle);
            return true;
        }
        catch (IOException exception)
        {
            throw DiskTrouble.Explain(exception, path);
        }
    }

    /// <summary>The server gives the whole file where a part was asked for.</summary>
    private sealed class RangesIgnoredException : Exception;

    /// <summary>The server has another content than the one whose parts are here.</summary>
    private sealed class ContentChangedException : Exception;
}

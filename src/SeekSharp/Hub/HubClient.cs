using System.Buffers;
using System.Net;

namespace SeekSharp.Hub;

/// <summary>A client of a hub that speaks Hugging Face's protocol: lists repositories and downloads files.</summary>
public sealed class HubClient : IDisposable
{
    private const int MostPages = 1000;
    private readonly HubOptions _options;
    private readonly HubTransport _transport;

    /// <summary>Creates a client. Nothing is contacted yet.</summary>
    /// <param name="options">Where the hub is; default: Hugging Face.</param>
    /// <exception cref="HubException">The address or the token is not one.</exception>
    public HubClient(HubOptions? options = null)
    {
        _options = options ?? new HubOptions();
        _transport = new HubTransport(_options);
    }

    internal HubOptions Options => _options;

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    /// <summary>Lists a repository at the commit that a revision names now.</summary>
    /// <param name="name">The repository; a variant is ignored.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <param name="progress">Told about waits; null: nobody.</param>
    /// <param name="cancellation">Ends the listing.</param>
    /// <exception cref="HubException">There is no such repository or revision, it may not be read, or the hub cannot be reached.</exception>
    public async Task<HubRepository> ListAsync(
        ModelName name, string revision = "main", PullProgress? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (string.IsNullOrWhiteSpace(revision) || revision.Length > 256) throw new HubException("A revision is a branch, a tag or a commit.");
        try
        {
            string api = $"api/models/{name.RepositoryId}";
            var (json, _) = await GetJsonAsync(Address($"{api}/revision/{Uri.EscapeDataString(revision)}"), progress, cancellation).ConfigureAwait(false);
            string commit = HubListing.ReadCommit(json, _options.Endpoint.Authority);
            List<HubFile> files = [];
            Uri? page = Address($"{api}/tree/{commit}?recursive=true");
            for (int pages = 0; page is not null; pages++)
            {
                (json, page) = await GetJsonAsync(page, progress, cancellation).ConfigureAwait(false);
                files.AddRange(HubListing.ReadTree(json, _options.Endpoint.Authority));
                if (files.Count > HubListing.MostFiles || pages >= MostPages)
                    throw new HubException($"{name.RepositoryId} has more than {HubListing.MostFiles} files, too many to be a model.");
            }

            return new HubRepository(name with { Variant = null }, commit, files);
        }
        catch (HubStatusException failure)
        {
            throw Explain(failure, name, $"{name.RepositoryId} has no revision '{FileNames.Printable(revision)}'");
        }
    }

    /// <summary>Downloads a file, or the rest of it, and checks it.</summary>
    /// <param name="repository">The repository, listed.</param>
    /// <param name="file">One of its files.</param>
    /// <param name="partialPath">Where the content is gathered; it is whole and checked when the call returns.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Ends the transfer; what has arrived is kept.</param>
    /// <exception cref="HubException">The file cannot be had, or is not what the hub lists.</exception>
    internal async Task DownloadAsync(HubRepository repository, HubFile file, string partialPath, PullProgress progress, CancellationToken cancellation)
    {
        string path = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        Uri source = Address($"{repository.Name.RepositoryId}/resolve/{repository.Commit}/{path}");
        try
        {
            await new FileDownload(_transport, _options, source, file, partialPath, progress).RunAsync(cancellation).ConfigureAwait(false);
        }
        catch (HubStatusException failure)
        {
            throw Explain(failure, repository.Name, $"{repository.Name.RepositoryId} lists '{FileNames.Printable(file.Path)}' but does not have it");
        }
    }

    private Uri Address(string path) => new($"{_options.Endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}");

    private Task<(ReadOnlyMemory<byte> Json, Uri? Next)> GetJsonAsync(Uri address, PullProgress? progress, CancellationToken cancellation) =>
        Backoff.RetryAsync(_options, progress, async () =>
        {
            using HubResponse response = await _transport.GetAsync(address, null, null, cancellation).ConfigureAwait(false);
            using Stream body = await response.Message.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            ArrayBufferWriter<byte> json = new();
            while (await _transport.ReadAsync(body, json.GetMemory(1 << 16), response.Address, cancellation).ConfigureAwait(false) is > 0 and var count)
            {
                json.Advance(count);
                if (json.WrittenCount > HubListing.LongestAnswer)
                    throw new HubException($"{response.Address.Authority} answers with more than {HubListing.LongestAnswer} bytes where a list is due.");
            }

            return (json.WrittenMemory, NextPage(response));
        }, cancellation);

    // Link: <https://hub/api/...?cursor=...>; rel="next"
    private Uri? NextPage(HubResponse response)
    {
        string? link = HubTransport.Header(response.Message, "Link");
        int end = link?.IndexOf('>', StringComparison.Ordinal) ?? -1;
        if (end < 2 || link![0] != '<' || !link[end..].Contains("rel=\"next\"", StringComparison.Ordinal)) return null;
        if (Uri.TryCreate(response.Address, link[1..end], out Uri? next) && _transport.IsHub(next)) return next;
        throw new HubException($"{response.Address.Authority} continues its list of files at another host, which is not followed.");
    }

    private HubException Explain(HubStatusException failure, ModelName name, string absent)
    {
        string host = _options.Endpoint.Authority, repository = name.RepositoryId;
        string message = (failure.Status, failure.Code) switch
        {
            (_, "GatedRepo") => $"{repository} is gated: accept its terms at {Address(repository)}, then pull with a token of your account",
            (HttpStatusCode.Unauthorized, _) when _options.Token is null =>
                $"{host} has no repository {repository} that everyone may read: check the name, or pull with a token if it is private",
            (HttpStatusCode.Unauthorized, "RepoNotFound") => $"{host} has no repository {repository} that the token may read: check the name and the token",
            (HttpStatusCode.Unauthorized, _) => $"{host} does not accept the token",
            (HttpStatusCode.Forbidden, _) => $"{host} does not allow to read {repository}: its terms may have to be accepted at {Address(repository)}, and a token be given",
            (HttpStatusCode.NotFound, "RepoNotFound") => $"{host} has no repository {repository}: check the name",
            (HttpStatusCode.NotFound, "RevisionNotFound" or "EntryNotFound") => absent,
            (HttpStatusCode.NotFound, _) => $"{absent}, or {host} has no such repository",
            _ => $"{failure.Address.Authority} answers {(int)failure.Status}, which is not expected",
        };
        return new HubException(message + ".", failure);
    }
}

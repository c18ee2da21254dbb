using SeekSharp.Kernels;

namespace SeekSharp.Inference;

/// <summary>What one tenant wants computed.</summary>
internal sealed class TenantShare(string name)
{
    public string Name => name;

    /// <summary>Requests that hold no pages: new ones, and in front of them those that had to give theirs up.</summary>
    public LinkedList<ScheduledRequest> Waiting { get; } = new();

    /// <summary>Requests that hold pages and whose prompts are not computed yet, in the order of their start. Made anew for every step.</summary>
    public Queue<ScheduledRequest> Started { get; } = new();

    /// <summary>Requests that hold pages.</summary>
    public int RunningCount { get; set; }

    /// <summary>Prompt tokens that the tenant may yet have before it is the next one's turn.</summary>
    public int Credit { get; set; }

    /// <summary>Whether the coming step has all that it can take from this tenant.</summary>
    public bool IsServed { get; set; }
}

/// <summary>
/// Shares prompt tokens out among tenants, by deficit round robin (Shreedhar and Varghese 1995): a tenant with a thousand requests gets as many prompt tokens as one
/// with a single request, and none of them waits for all of another's. Within a tenant, first come is first served.
/// </summary>
internal sealed class FairQueue
{
    /// <summary>Prompt tokens of a turn: a cache page.</summary>
    private const int Quantum = PagedAttention.PageLength;

    private readonly Dictionary<string, TenantShare> _byName = new(StringComparer.Ordinal);
    private readonly List<TenantShare> _tenants = [];
    private int _turn;

    // A request that found no room is the next to start, whatever its size; smaller ones would otherwise slip in before it for ever.
    private TenantShare? _atDoor;

    /// <summary>Requests that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Tenants that have anything waiting or running.</summary>
    public int TenantCount => _tenants.Count;

    /// <summary>Adds a new request behind the others of its tenant.</summary>
    public void Enqueue(ScheduledRequest request)
    {
        ShareOf(request).Waiting.AddLast(request);
        Count++;
    }

    /// <summary>Adds a request in front of the others of its tenant: one that ran, and had to give up its pages.</summary>
    public void Return(ScheduledRequest request)
    {
        ShareOf(request).Waiting.AddFirst(request);
        Count++;
    }

    /// <summary>A request has got pages, without waiting for its turn here.</summary>
    public void EnterRunning(ScheduledRequest request) => ShareOf(request).RunningCount++;

    /// <summary>A request has given up its pages.</summary>
    public void LeaveRunning(ScheduledRequest request)
    {
        TenantShare share = request.Share!;
        share.RunningCount--;
        RemoveIfEmpty(share);
    }

    /// <summary>Takes requests out that nobody waits for any more.</summary>
    /// <param name="isEnded">Tells them from others, and ends them.</param>
    public void RemoveWhere(Func<ScheduledRequest, bool> isEnded)
    {
        for (int i = _tenants.Count - 1; i >= 0; i--)
        {
            TenantShare share = _tenants[i];
            for (LinkedListNode<ScheduledRequest>? node = share.Waiting.First; node is not null;)
            {
                LinkedListNode<ScheduledRequest>? next = node.Next;
                if (isEnded(node.Value))
                {
                    share.Waiting.Remove(node);
                    Count--;
                }

                node = next;
            }

            RemoveIfEmpty(share);
        }
    }

    /// <summary>Shares the prompt tokens of a step out. How many each request gets is in <see cref="ScheduledRequest.Planned"/>.</summary>
    /// <param name="room">Most tokens.</param>
    /// <param name="running">Requests that hold pages, in the order of their start.</param>
    /// <param name="tryStart">Gives a waiting request pages; false: there is no room now, and the request stays the next to start.</param>
    /// <param name="planned">Receives the requests that get tokens.</param>
    public void ShareOut(int room, IReadOnlyList<ScheduledRequest> running, Func<ScheduledRequest, bool> tryStart, List<ScheduledRequest> planned)
    {
        planned.Clear();
        foreach (TenantShare share in _tenants)
        {
            share.Started.Clear();
            share.IsServed = false;
        }

        for (int i = 0; i < running.Count; i++)
        {
            running[i].Planned = 0;
            if (running[i].IsLoading) running[i].Share!.IsServed = true; // what comes behind it waits for its turn
            else if (!running[i].IsDecoding) running[i].Share!.Started.Enqueue(running[i]);
        }

        for (int idle = 0; room > 0 && idle < _tenants.Count;)
        {
            _turn %= _tenants.Count;
            TenantShare share = _tenants[_turn];
            if (Next(share, tryStart) is not { } request)
            {
                if (share.Waiting.Count == 0) share.Credit = 0;
                idle++;
                _turn++;
                continue;
            }

            idle = 0;
            if (share.Credit <= 0) share.Credit += Quantum;
            int count = Math.Min(Math.Min(room, share.Credit), request.PendingCount - request.Planned);
            if (request.Planned == 0) planned.Add(request);
            request.Planned += count;
            share.Credit -= count;
            room -= count;
            if (request.Planned == request.PendingCount) share.Started.Dequeue();
            if (share.Credit <= 0) _turn++;
        }
    }

    /// <summary>Ends everything that waits.</summary>
    public void Clear(Action<ScheduledRequest> end) => RemoveWhere(request =>
    {
        end(request);
        return true;
    });

    private ScheduledRequest? Next(TenantShare share, Func<ScheduledRequest, bool> tryStart)
    {
        if (share.Started.TryPeek(out ScheduledRequest? started)) return started;
        if (share.IsServed || share.Waiting.First is not { } first || (_atDoor is not null && _atDoor != share)) return null;
        if (!tryStart(first.Value))
        {
            _atDoor = share;
            share.IsServed = true;
            return null;
        }

        _atDoor = null;
        share.Waiting.Remove(first);
        share.RunningCount++;
        Count--;
        share.IsServed = first.Value.IsLoading;
        if (first.Value.IsLoading) return null;
        share.Started.Enqueue(first.Value);
        return first.Value;
    }

    private TenantShare ShareOf(ScheduledRequest request)
    {
        if (!_byName.TryGetValue(request.Tenant, out TenantShare? share))
        {
            _byName.Add(request.Tenant, share = new TenantShare(request.Tenant));
            _tenants.Add(share);
        }

        request.Share = share;
        return share;
    }

    private void RemoveIfEmpty(TenantShare share)
    {
        if (_atDoor == share && share.Waiting.Count == 0) _atDoor = null;
        if (share.RunningCount > 0 || share.Waiting.Count > 0 || !_byName.Remove(share.Name)) return;
        int index = _tenants.IndexOf(share);
        _tenants.RemoveAt(index);
        if (index < _turn) _turn--;
    }
}

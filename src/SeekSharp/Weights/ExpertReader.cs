namespace SeekSharp.Weights;

/// <summary>Threads that read experts' matrices from disk, those that are waited for before those that may be needed.</summary>
internal sealed class ExpertReader : IDisposable
{
    /// <summary>Enough to keep a disk busy; they sleep most of the time.</summary>
    private const int ThreadCount = 4;

    private readonly RequestQueue _needed, _ahead;
    private readonly object _gate = new();
    private readonly Thread[] _threads = new Thread[ThreadCount];
    private bool _isDisposed;

    /// <summary>Starts the threads.</summary>
    /// <param name="file">The packed weights.</param>
    /// <param name="mostRequests">Most matrices that are asked for at a time.</param>
    public ExpertReader(DirectFile file, int mostRequests)
    {
        File = file;
        _needed = new RequestQueue(mostRequests);
        _ahead = new RequestQueue(mostRequests);
        for (int i = 0; i < ThreadCount; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = "SeekSharp experts" };
            _threads[i].Start();
        }
    }

    /// <summary>The packed weights.</summary>
    public DirectFile File { get; }

    /// <summary>Asks for all matrices of an expert.</summary>
    /// <param name="slots">Whose slot is filled; it is told about each matrix.</param>
    /// <param name="slot">Which slot.</param>
    /// <param name="isNeeded">Whether somebody waits for it.</param>
    public void Ask(ExpertSlots slots, int slot, bool isNeeded)
    {
        lock (_gate)
        {
            for (int matrix = 0; matrix < ExpertPlaces.PerExpert; matrix++) (isNeeded ? _needed : _ahead).Add(new Request(slots, slot, matrix));
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Ends the threads; what has been asked for and not begun is not read.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads) thread.Join();
    }

    private void Work()
    {
        while (true)
        {
            Request request = default;
            lock (_gate)
            {
                while (!_isDisposed && !_needed.TryTake(out request) && !_ahead.TryTake(out request)) Monitor.Wait(_gate);
                if (_isDisposed) return;
            }

            request.Slots.Read(request.Slot, request.Matrix);
        }
    }

    private readonly record struct Request(ExpertSlots Slots, int Slot, int Matrix);

    /// <summary>First in, first out, in an array that never grows.</summary>
    private sealed class RequestQueue(int capacity)
    {
        private readonly Request[] _requests = new Request[capacity];
        private int _first, _count;

        public void Add(Request request)
        {
            _requests[(_first + _count) % capacity] = request;
            _count++;
        }

        public bool TryTake(out Request request)
        {
            request = default;
            if (_count == 0) return false;
            request = _requests[_first];
            _first = (_first + 1) % capacity;
            _count--;
            return true;
        }
    }
}

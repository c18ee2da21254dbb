using System.Diagnostics;
using SeekSharp.Kernels;

namespace SeekSharp.Weights;

/// <summary>
/// The routed experts of one layer, more than there is memory for: a fixed number of slots, filled from disk. What a pass uses stays in its slot until it is computed;
/// otherwise the expert that is used least, with what is long ago counting less, makes room.
/// </summary>
/// <remarks>One pass at a time: <see cref="Begin"/> to <see cref="End"/>. Others wait.</remarks>
internal sealed unsafe class ExpertSlots : IDisposable
{
    /// <summary>After so many passes all counts of uses are halved.</summary>
    private const int PassesPerHalving = 128;

    private const int None = -1;

    private readonly ExpertReader _reader;
    private readonly ExpertPlaces _places;
    private readonly AlignedBuffer _memory;
    private readonly long _slotBytes;
    private readonly object _turn = new();
    private readonly object _arrived = new();

    // Per expert.
    private readonly int[] _slotOf, _uses;
    private readonly State[] _states;

    // Per slot.
    private readonly int[] _expertIn, _pending;
    private readonly long[] _lastPass;
    private readonly bool[] _isPinned, _isReadAhead;

    // Of the running pass: experts in the order in which they are computed. [0, computed) are done, [computed, wave) are computed now, [wave, asked) are being read.
    private readonly int[] _order;
    private int _used, _asked, _wave, _computed;
    private bool _isFirstWave;
    private long _pass;
    private volatile Exception? _failure;
    private long _useCount, _hitCount, _readAheadCount, _bytesRead, _waitedTicks;

    /// <param name="reader">Reads from disk.</param>
    /// <param name="places">Where the experts lie.</param>
    /// <param name="slotCount">Experts that there is memory for, at least 2.</param>
    public ExpertSlots(ExpertReader reader, ExpertPlaces places, int slotCount)
    {
        _reader = reader;
        _places = places;
        _slotBytes = places.SlotBytes;
        _memory = new AlignedBuffer((slotCount * _slotBytes) + PackedHeader.ByteCount);
        int experts = places.ExpertCount;
        _slotOf = Filled(experts, None);
        _uses = new int[experts];
        _states = new State[experts];
        _expertIn = Filled(slotCount, None);
        _pending = new int[slotCount];
        _lastPass = new long[slotCount];
        _isPinned = new bool[slotCount];
        _isReadAhead = new bool[slotCount];
        _order = new int[experts];
    }

    /// <summary>Number of experts.</summary>
    public int ExpertCount => _slotOf.Length;

    /// <summary>Experts that there is memory for.</summary>
    public int SlotCount => _expertIn.Length;

    /// <summary>What this layer has done so far.</summary>
    public ExpertCacheStatistics Statistics => new(
        Interlocked.Read(ref _useCount), Interlocked.Read(ref _hitCount), Interlocked.Read(ref _readAheadCount), Interlocked.Read(ref _bytesRead),
        Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _waitedTicks)), SlotCount, ExpertCount);

    /// <summary>The slot of an expert that has been brought.</summary>
    public int SlotOf(int expert) => _slotOf[expert];

    /// <summary>A matrix of whatever expert is in a slot.</summary>
    public PackedMatrix Matrix(int slot, int matrix)
    {
        PackedPlace place = _places[0, matrix]; // all experts are alike
        return PackedMatrix.At(place.Type, place.Rows, place.Columns, Memory(slot, matrix));
    }

    /// <summary>Starts a pass: what is missing is asked for, as far as there are slots.</summary>
    /// <param name="chosen">Experts that are used, each as often as one likes.</param>
    /// <param name="order">Receives all experts: those that are used, in the order in which they come, then the others.</param>
    public void Begin(ReadOnlySpan<int> chosen, Span<int> order)
    {
        Monitor.Enter(_turn);
        if (++_pass % PassesPerHalving == 0)
            for (int i = 0; i < _uses.Length; i++) _uses[i] /= 2;
        _states.AsSpan().Clear();
        foreach (int expert in chosen) _states[expert] = StateOf(expert);
        int ready = AddToOrder(State.Ready, 0);
        _asked = AddToOrder(State.Coming, ready);
        _used = AddToOrder(State.Missing, _asked);
        AddToOrder(State.Unused, _used);
        _order.CopyTo(order);
        Count(ready);
        for (int i = 0; i < _asked; i++) _isPinned[_slotOf[_order[i]]] = true;
        (_computed, _wave, _isFirstWave) = (0, ready, true);
        AskForMissing();
    }

    /// <summary>Waits for the next experts of the order. First come those that were in memory already, maybe none: there is something else to compute while the disk works.</summary>
    /// <returns>Behind the last expert, in the order, that is there now; the number of experts when none is left to come.</returns>
    /// <exception cref="IOException">An expert cannot be read.</exception>
    public int Bring()
    {
        if (!_isFirstWave)
        {
            for (; _computed < _wave; _computed++) _isPinned[_slotOf[_order[_computed]]] = false;
            long start = Stopwatch.GetTimestamp();
            WaitForNextWave();
            Interlocked.Add(ref _waitedTicks, Stopwatch.GetTimestamp() - start);
        }

        _isFirstWave = false;
        if (_failure is { } failure) throw Forget(failure);
        return _wave == _used ? ExpertCount : _wave;
    }

    /// <summary>Ends the pass.</summary>
    public void End()
    {
        _isPinned.AsSpan().Clear();
        Monitor.Exit(_turn);
    }

    /// <summary>Begins to read experts that may be used by the next pass, unless a pass is running.</summary>
    /// <param name="expected">Experts.</param>
    public void ReadAhead(ReadOnlySpan<int> expected)
    {
        if (!Monitor.TryEnter(_turn)) return;
        foreach (int expert in expected)
            if (_slotOf[expert] != None) _isPinned[_slotOf[expert]] = true; // not to make room for the others
        foreach (int expert in expected)
        {
            if (_slotOf[expert] != None || FindSlot() is not (not None and var slot)) continue;
            Ask(expert, slot, isNeeded: false);
            _isReadAhead[slot] = true;
        }

        End();
    }

    /// <summary>Reads a matrix of the expert that a slot is for; called by the reader's threads.</summary>
    public void Read(int slot, int matrix)
    {
        PackedPlace place = _places[_expertIn[slot], matrix];
        try
        {
            _reader.File.Read(place.Offset, place.ByteCount, Memory(slot, matrix));
            Interlocked.Add(ref _bytesRead, place.ByteCount);
        }
        catch (Exception exception)
        {
            _failure = exception; // whoever waits is told
        }

        if (Interlocked.Decrement(ref _pending[slot]) > 0) return;
        lock (_arrived) Monitor.PulseAll(_arrived);
    }

    /// <summary>Frees the slots. The reader has ended before.</summary>
    public void Dispose() => _memory.Dispose();

    private static int[] Filled(int length, int value)
    {
        var array = new int[length];
        array.AsSpan().Fill(value);
        return array;
    }

    private State StateOf(int expert) => _slotOf[expert] == None ? State.Missing : IsPending(_slotOf[expert]) ? State.Coming : State.Ready;

    private bool IsPending(int slot) => Volatile.Read(ref _pending[slot]) > 0;

    private int AddToOrder(State state, int at)
    {
        for (int expert = 0; expert < _states.Length; expert++)
            if (_states[expert] == state) _order[at++] = expert;
        return at;
    }

    private void Count(int ready)
    {
        Interlocked.Add(ref _useCount, _used);
        Interlocked.Add(ref _hitCount, ready);
        for (int i = 0; i < _used; i++)
        {
            _uses[_order[i]]++;
            int slot = _slotOf[_order[i]];
            if (slot == None) continue;
            _lastPass[slot] = _pass;
            if (_isReadAhead[slot]) Interlocked.Increment(ref _readAheadCount);
            _isReadAhead[slot] = false;
        }
    }

    private void AskForMissing()
    {
        for (; _asked < _used && FindSlot() is not None and var slot; _asked++) Ask(_order[_asked], slot, isNeeded: true);
    }

    private void Ask(int expert, int slot, bool isNeeded)
    {
        if (_expertIn[slot] != None) _slotOf[_expertIn[slot]] = None;
        (_expertIn[slot], _slotOf[expert]) = (expert, slot);
        (_lastPass[slot], _isPinned[slot], _isReadAhead[slot]) = (_pass, true, false);
        Volatile.Write(ref _pending[slot], ExpertPlaces.PerExpert);
        _reader.Ask(this, slot, isNeeded);
    }

    /// <summary>An empty slot, or else that of the expert that is used least, of those the one that was used longest ago; none while all are in use.</summary>
    private int FindSlot()
    {
        int best = None;
        for (int slot = 0; slot < _expertIn.Length; slot++)
        {
            if (_expertIn[slot] == None) return slot;
            if (_isPinned[slot] || IsPending(slot)) continue;
            if (best == None || (_uses[_expertIn[slot]], _lastPass[slot]).CompareTo((_uses[_expertIn[best]], _lastPass[best])) < 0) best = slot;
        }

        return best;
    }

    private void WaitForNextWave()
    {
        lock (_arrived)
        {
            AskForMissing();
            for (; _asked == _wave; AskForMissing()) Monitor.Wait(_arrived); // all slots are being filled with what was read ahead
            // When all do not fit, half the slots are computed while the others are filled.
            _wave = _used > SlotCount ? Math.Min(_asked, _wave + Math.Max(1, SlotCount / 2)) : _asked;
            for (int i = _computed; i < _wave; i++)
                while (IsPending(_slotOf[_order[i]])) Monitor.Wait(_arrived);
        }
    }

    /// <summary>Empties all slots, since nobody knows what is in them.</summary>
    private IOException Forget(Exception failure)
    {
        lock (_arrived)
            for (int slot = 0; slot < SlotCount; slot++)
                while (IsPending(slot)) Monitor.Wait(_arrived);
        _slotOf.AsSpan().Fill(None);
        _expertIn.AsSpan().Fill(None);
        _failure = null;
        return new IOException($"Experts cannot be read from disk: {failure.Message}", failure);
    }

    private byte* Memory(int slot, int matrix)
    {
        byte* start = (byte*)ExpertPlaces.RoundUp((long)_memory.Pointer) + (slot * _slotBytes);
        for (int i = 0; i < matrix; i++) start += ExpertPlaces.RoundUp(_places[0, i].ByteCount);
        return start;
    }

    private enum State : byte
    {
        Unused,
        Ready,
        Coming,
        Missing,
    }
}

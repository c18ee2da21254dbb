namespace SeekSharp.Kernels;

/// <summary>Work on rows that do not depend on each other.</summary>
internal interface IRowWork
{
    /// <summary>Does rows <paramref name="start"/> to <paramref name="end"/> - 1.</summary>
    void Run(int start, int end, int worker);
}

/// <summary>Spreads one kind of row work over the pool. The work is kept in a field, so that a run allocates nothing.</summary>
internal sealed class ParallelRows<TWork> where TWork : struct, IRowWork
{
    private readonly WorkerPool _pool;
    private readonly Action<int> _body;
    private TWork _work;
    private int _rows;
    private int _chunk;
    private int _next;

    public ParallelRows(WorkerPool pool)
    {
        _pool = pool;
        _body = RunWorker;
    }

    /// <summary>Runs all rows, in chunks that free workers take one after another.</summary>
    public void Run(in TWork work, int rows, int chunk = 8)
    {
        _work = work;
        if (rows <= chunk || _pool.ThreadCount == 1)
        {
            _work.Run(0, rows, 0);
            return;
        }

        (_rows, _chunk, _next) = (rows, chunk, 0);
        _pool.Run(_body);
    }

    private void RunWorker(int worker)
    {
        while (true)
        {
            int start = Interlocked.Add(ref _next, _chunk) - _chunk;
            if (start >= _rows) return;
            _work.Run(start, Math.Min(start + _chunk, _rows), worker);
        }
    }
}

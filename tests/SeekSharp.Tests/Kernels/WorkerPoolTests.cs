using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void EveryWorkerRunsOncePerFork(int threads)
    {
        using var pool = new WorkerPool(threads);
        var counts = new int[threads];
        for (int i = 0; i < 2000; i++) pool.Run(worker => counts[worker]++);
        Assert.All(counts, count => Assert.Equal(2000, count));
    }

    [Fact]
    public void ParkedWorkersWakeUp()
    {
        using var pool = new WorkerPool(3);
        for (int i = 0; i < 5; i++)
        {
            int sum = 0;
            Thread.Sleep(20);
            pool.Run(worker => Interlocked.Add(ref sum, worker + 1));
            Assert.Equal(6, sum);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void ExceptionsReachTheCallerAndLeaveThePoolUsable(int thrower)
    {
        using var pool = new WorkerPool(3);
        int finished = 0;
        var exception = Assert.Throws<InvalidOperationException>(() => pool.Run(worker =>
        {
            if (worker == thrower) throw new InvalidOperationException("from a worker");
            Interlocked.Increment(ref finished);
        }));
        Assert.Equal("from a worker", exception.Message);
        Assert.Equal(2, finished);
        pool.Run(_ => Interlocked.Increment(ref finished));
        Assert.Equal(5, finished);
    }

    [Fact]
    public void RunsDoNotAllocate()
    {
        using var pool = new WorkerPool(2);
        Action<int> body = static _ => { };
        for (int i = 0; i < 10; i++) pool.Run(body);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) pool.Run(body);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void DisposedPoolsRefuseToRun()
    {
        var pool = new WorkerPool(2);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(_ => { }));
    }
}

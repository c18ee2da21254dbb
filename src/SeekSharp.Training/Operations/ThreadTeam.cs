using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using SeekSharp.Kernels;
using SeekSharp.Training.Native;
using TorchSharp;

namespace SeekSharp.Training.Operations;

/// <summary>
/// The threads of the fused operations: LibTorch's own where they are those of GNU OpenMP. Threads of another pool would fight with LibTorch's for the cores, since both
/// spin for a while when their work is done (size m: 22,000 tokens/s instead of 24,700). Elsewhere a pool of the engine's kind.
/// </summary>
internal static unsafe class ThreadTeam
{
    private static readonly delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void> Parallel;
    private static readonly delegate* unmanaged<int> ThreadNumber, TeamSize;
    private static readonly WorkerPool? Pool;

    static ThreadTeam()
    {
        Count = torch.get_num_threads();
        if (LibTorch.OpenMpPath is { } path && NativeLibrary.TryLoad(path, out nint library)
            && NativeLibrary.TryGetExport(library, "GOMP_parallel", out nint parallel) && NativeLibrary.TryGetExport(library, "omp_get_thread_num", out nint number)
            && NativeLibrary.TryGetExport(library, "omp_get_num_threads", out nint size))
        {
            Parallel = (delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)parallel;
            ThreadNumber = (delegate* unmanaged<int>)number;
            TeamSize = (delegate* unmanaged<int>)size;
        }
        else
        {
            Pool = new WorkerPool(Count);
        }
    }

    /// <summary>Number of threads.</summary>
    public static int Count { get; }

    /// <summary>Runs a body <see cref="Count"/> times side by side, each time with its number.</summary>
    public static void Run(Action<int> body)
    {
        if (Pool is not null)
        {
            Pool.Run(body);
            return;
        }

        Call call = new(body);
        GCHandle handle = GCHandle.Alloc(call);
        Parallel(&Enter, GCHandle.ToIntPtr(handle), (uint)Count, 0);
        handle.Free();
        call.Failure?.Throw();
    }

    private sealed class Call(Action<int> body)
    {
        public ExceptionDispatchInfo? Failure { get; private set; }

        /// <summary>OpenMP may give fewer threads than it is asked for: each does its share.</summary>
        public void Run(int thread, int threads)
        {
            try
            {
                for (int i = thread; i < Count; i += threads) body(i);
            }
            catch (Exception exception) // must not cross native frames
            {
                Failure = ExceptionDispatchInfo.Capture(exception);
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void Enter(nint call) => ((Call)GCHandle.FromIntPtr(call).Target!).Run(ThreadNumber(), TeamSize());
}

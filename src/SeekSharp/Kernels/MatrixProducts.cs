using System.Runtime.Intrinsics;
using SeekSharp.Formats;

namespace SeekSharp.Kernels;

/// <summary>Runs lists of matrix products on a pool of threads.</summary>
/// <remarks>
/// Outputs are the same bits for every level, number of threads, and grouping of tokens and products. The work of a list is cut into one
/// contiguous range of row groups per thread: in decoding, where reading the weights is all that counts, static ranges beat any stealing of work.
/// One list runs at a time.
/// </remarks>
internal sealed unsafe class MatrixProducts : IDisposable
{
    /// <summary>Below this many activations, quantising them on the calling thread is faster than a fork.</summary>
    private const int ParallelQuantization = 8 * 1024;

    private readonly WorkerPool _pool;
    private readonly RowGroupKernel[] _kernels;
    private readonly KernelScratch[] _scratch;
    private readonly Action<int> _quantize;
    private readonly Action<int> _multiply;
    private Product[] _products = new Product[16];
    private Activations[] _pending = new Activations[16];
    private int _productCount;
    private int _pendingCount;
    private long _totalCost;

    /// <summary>Prepares kernels and working memory.</summary>
    /// <param name="pool">The threads to run on.</param>
    /// <param name="level">Which kernels to use.</param>
    /// <exception cref="PlatformNotSupportedException">This processor cannot run the level.</exception>
    public MatrixProducts(WorkerPool pool, KernelLevel level)
    {
        if (!KernelLevels.IsSupported(level)) throw new PlatformNotSupportedException($"This processor does not support the kernel level {level}.");
        _pool = pool;
        Level = level;
        _kernels = [.. Enum.GetValues<TensorType>().Select(type => Create(type, level))];
        _scratch = [.. Enumerable.Range(0, pool.ThreadCount).Select(_ => new KernelScratch())];
        _quantize = Quantize;
        _multiply = Multiply;
    }

    /// <summary>Which kernels are used.</summary>
    public KernelLevel Level { get; }

    /// <summary>Computes all products of a list; none may read what another writes.</summary>
    /// <param name="products">The products.</param>
    public void Run(ReadOnlySpan<Product> products)
    {
        if (_products.Length < products.Length)
        {
            Array.Resize(ref _products, products.Length * 2);
            Array.Resize(ref _pending, products.Length * 2);
        }
        _productCount = _pendingCount = 0;
        _totalCost = 0;
        long activations = 0;
        foreach (ref readonly Product product in products)
        {
            Check(product);
            if (product.RowCount == 0) continue;
            _products[_productCount++] = product;
            _totalCost += Kernel(product).GroupCost(product) * product.Matrix.RowGroups;
            if (product.Matrix.ActivationFormat == ActivationFormat.Float32 || !product.Input.BeginQuantize()) continue;
            _pending[_pendingCount++] = product.Input;
            activations += (long)product.Input.Rows * product.Input.Columns;
        }
        if (activations >= ParallelQuantization) _pool.Run(_quantize);
        else QuantizePart(0, 1);
        if (_productCount > 0) _pool.Run(_multiply);
    }

    private static void Check(in Product product)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(product.RowCount);
        if (product.Matrix.Columns != product.Input.Columns)
            throw new ArgumentException($"A matrix with {product.Matrix.Columns} columns cannot multiply rows of {product.Input.Columns}.");
        for (int i = 0; i < product.RowCount; i++)
        {
            int row = product.InputRow(i);
            if ((uint)row >= (uint)product.Input.Rows) throw new ArgumentException($"There is no input row {row}, only {product.Input.Rows} are set.");
        }
    }

    private RowGroupKernel Kernel(in Product product) => _kernels[(int)product.Matrix.Type];

    private void Quantize(int worker) => QuantizePart(worker, _pool.ThreadCount);

    private void QuantizePart(int part, int parts)
    {
        for (int i = 0; i < _pendingCount; i++)
        {
            Activations input = _pending[i];
            input.Quantize((int)((long)input.Rows * part / parts), (int)((long)input.Rows * (part + 1) / parts));
        }
    }

    private void Multiply(int worker)
    {
        _scratch[worker].TileSource = default;
        long from = _totalCost * worker / _pool.ThreadCount, to = _totalCost * (worker + 1) / _pool.ThreadCount, start = 0;
        for (int i = 0; i < _productCount && start < to; i++)
        {
            ref readonly Product product = ref _products[i];
            RowGroupKernel kernel = Kernel(product);
            long cost = kernel.GroupCost(product);
            int first = Boundary(from - start, cost, product.Matrix.RowGroups), end = Boundary(to - start, cost, product.Matrix.RowGroups);
            if (first < end) kernel.Run(product, first, end, _scratch[worker]);
            start += cost * product.Matrix.RowGroups;
        }
    }

    /// <summary>The row group nearest to a share of the work: one thread's range ends where the next one's starts.</summary>
    private static int Boundary(long work, long cost, int groups) => (int)Math.Clamp((work + (cost / 2)) / cost, 0, groups);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KernelScratch scratch in _scratch) scratch.Dispose();
    }

    private static RowGroupKernel Create(TensorType type, KernelLevel level) => level switch
    {
        KernelLevel.Scalar => Create<Lanes1, int, float>(type),
        KernelLevel.Vector128 => Create<Lanes4, Vector128<int>, Vector128<float>>(type),
        KernelLevel.Vector256 => Create<Lanes8, Vector256<int>, Vector256<float>>(type),
        KernelLevel.Vector512 => Create<Lanes16, Vector512<int>, Vector512<float>>(type),
        KernelLevel.Avx512Vnni => CreateEmitted(type),
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "Unknown kernel level."),
    };

    private static RowGroupKernel CreateEmitted(TensorType type) => type switch
    {
        TensorType.Q4_0 => new EmittedKernel<Q4_0Format>(),
        TensorType.Q4_1 => new EmittedKernel<Q4_1Format>(),
        TensorType.Q5_0 => new EmittedKernel<Q5_0Format>(),
        TensorType.Q5_1 => new EmittedKernel<Q5_1Format>(),
        TensorType.Q8_0 => new EmittedKernel<Q8_0Format>(),
        TensorType.Q2_K => new EmittedKernel<Q2_KFormat>(),
        TensorType.Q3_K => new EmittedKernel<Q3_KFormat>(),
        TensorType.Q4_K => new EmittedKernel<Q4_KFormat>(),
        TensorType.Q5_K => new EmittedKernel<Q5_KFormat>(),
        TensorType.Q6_K => new EmittedKernel<Q6_KFormat>(),
        TensorType.IQ4_NL => new EmittedKernel<IQ4_NLFormat>(),
        TensorType.IQ4_XS => new EmittedKernel<IQ4_XSFormat>(),
        _ => Create<Lanes16, Vector512<int>, Vector512<float>>(type),
    };

    private static RowGroupKernel Create<TLanes, TInt, TFloat>(TensorType type)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged => type switch
    {
        TensorType.F32 => new FloatKernel<F32Format, TLanes, TInt, TFloat>(),
        TensorType.F16 => new FloatKernel<F16Format, TLanes, TInt, TFloat>(),
        TensorType.BF16 => new FloatKernel<BF16Format, TLanes, TInt, TFloat>(),
        TensorType.F8E4M3 => new FloatKernel<F8E4M3Format, TLanes, TInt, TFloat>(),
        TensorType.Q4_0 => new QuantizedKernel<Q4_0Format, TLanes, TInt, TFloat>(),
        TensorType.Q4_1 => new QuantizedKernel<Q4_1Format, TLanes, TInt, TFloat>(),
        TensorType.Q5_0 => new QuantizedKernel<Q5_0Format, TLanes, TInt, TFloat>(),
        TensorType.Q5_1 => new QuantizedKernel<Q5_1Format, TLanes, TInt, TFloat>(),
        TensorType.Q8_0 => new QuantizedKernel<Q8_0Format, TLanes, TInt, TFloat>(),
        TensorType.Q2_K => new QuantizedKernel<Q2_KFormat, TLanes, TInt, TFloat>(),
        TensorType.Q3_K => new QuantizedKernel<Q3_KFormat, TLanes, TInt, TFloat>(),
        TensorType.Q4_K => new QuantizedKernel<Q4_KFormat, TLanes, TInt, TFloat>(),
        TensorType.Q5_K => new QuantizedKernel<Q5_KFormat, TLanes, TInt, TFloat>(),
        TensorType.Q6_K => new QuantizedKernel<Q6_KFormat, TLanes, TInt, TFloat>(),
        TensorType.IQ4_NL => new QuantizedKernel<IQ4_NLFormat, TLanes, TInt, TFloat>(),
        TensorType.IQ4_XS => new QuantizedKernel<IQ4_XSFormat, TLanes, TInt, TFloat>(),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown tensor type."),
    };
}

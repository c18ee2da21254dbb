using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace SeekSharp.Training.Operations;

/// <summary>softmax(Q Kᵀ · scale) V, where no position sees a later one.</summary>
/// <remarks>Written out, since LibTorch's own has a slow backward pass on a CPU in bfloat16 (28.9 ms against 4.4).</remarks>
internal static class CausalAttention
{
    /// <param name="queries">[rows, heads, length, dimension].</param>
    /// <param name="keys">[rows, heads, length, dimension].</param>
    /// <param name="values">[rows, heads, length, value].</param>
    /// <param name="scale">Multiplies the scores.</param>
    /// <returns>[rows · length, heads · value].</returns>
    public static Tensor Apply(Tensor queries, Tensor keys, Tensor values, double scale) => Fused.Supports(queries)
        ? Function.apply(queries.contiguous(), keys.contiguous(), values.contiguous(), (float)scale)
        : Plain(queries, keys, values, scale);

    public static Tensor Plain(Tensor queries, Tensor keys, Tensor values, double scale)
    {
        long length = queries.shape[2];
        Tensor isLater = ones([length, length], ScalarType.Bool, queries.device).triu(1);
        Tensor scores = (queries.matmul(keys.transpose(-1, -2)) * scale).masked_fill(isLater, double.NegativeInfinity); // [rows, heads, length, length]
        Tensor attended = scores.softmax(-1).matmul(values); // [rows, heads, length, value]
        return attended.transpose(1, 2).reshape(-1, values.shape[1] * values.shape[3]);
    }

    private sealed unsafe class Function : SingleTensorFunction<Function>
    {
        public override string Name => nameof(CausalAttention);

        public override Tensor forward(AutogradContext context, params object[] arguments)
        {
            Tensor queries = (Tensor)arguments[0], keys = (Tensor)arguments[1], values = (Tensor)arguments[2];
            float scale = (float)arguments[3];
            Tensor probabilities = queries.matmul(keys.transpose(-1, -2)); // scores [rows, heads, length, length], turned into probabilities in place
            if (queries.dtype == ScalarType.Float32) Softmax<Float32Element>(probabilities, scale);
            else Softmax<BFloat16Element>(probabilities, scale);
            context.save_for_backward([queries, keys, values, probabilities]);
            context.save_data("scale", scale);
            return Join(probabilities.matmul(values));
        }

        public override List<Tensor> backward(AutogradContext context, Tensor gradient)
        {
            List<Tensor> saved = context.get_saved_variables();
            (Tensor queries, Tensor keys, Tensor values, Tensor probabilities) = (saved[0], saved[1], saved[2], saved[3]);
            float scale = (float)context.get_data("scale");
            Tensor upper = Split(gradient.contiguous(), values.shape); // [rows, heads, length, value]
            Tensor valuesGradient = probabilities.transpose(-1, -2).matmul(upper);
            Tensor scores = upper.matmul(values.transpose(-1, -2)); // gradient of the probabilities, turned into that of the scores in place
            if (queries.dtype == ScalarType.Float32) SoftmaxBackward<Float32Element>(probabilities, scores, scale);
            else SoftmaxBackward<BFloat16Element>(probabilities, scores, scale);
            return [scores.matmul(keys), scores.transpose(-1, -2).matmul(queries), valuesGradient, null!];
        }

        private static void Softmax<T>(Tensor scores, float scale) where T : struct, IElement
        {
            int length = (int)scores.shape[^1];
            byte* data = Fused.Pointer(scores);
            Fused.ForRows((int)(scores.numel() / length), (start, end, _) =>
            {
                float* exponentials = stackalloc float[length + Elements.Step];
                for (int row = start; row < end; row++)
                {
                    byte* line = data + (nint)row * length * T.Size;
                    int seen = row % length + 1;
                    Vector512<float> factor = Vector512.Create(scale), most = Vector512.Create(float.NegativeInfinity), sum = default;
                    for (nint i = 0; i < seen; i += Elements.Step) most = Vector512.Max(most, Seen<T>(line, i, seen, factor));
                    float highest = float.NegativeInfinity;
                    for (int i = 0; i < Elements.Step; i++) highest = MathF.Max(highest, most[i]);
                    Vector512<float> offset = Vector512.Create(highest);
                    for (nint i = 0; i < seen; i += Elements.Step)
                    {
                        Vector512<float> exponential = Elements.Exp(Seen<T>(line, i, seen, factor) - offset);
                        exponential.Store(exponentials + i);
                        sum += exponential;
                    }

                    Vector512<float> inverse = Vector512.Create(1 / Vector512.Sum(sum));
                    for (nint i = 0; i < length; i += Elements.Step)
                        Elements.Store<T>(line, i, i < seen ? Vector512.Load(exponentials + i) * inverse : default, length - i);
                }
            });
        }

        /// <summary>Scaled scores; minus infinity for what a position does not see.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Seen<T>(byte* line, nint i, nint seen, Vector512<float> factor) where T : struct, IElement
        {
            nint left = seen - i;
            if (left >= Elements.Step) return T.Load(line, i) * factor;
            Vector512<int> isLater = Vector512.GreaterThanOrEqual(Vector512<int>.Indices, Vector512.Create((int)left));
            return Vector512.ConditionalSelect(isLater.AsSingle(), Vector512.Create(float.NegativeInfinity), Elements.Load<T>(line, i, left) * factor);
        }

        /// <summary>dS = scale · P ⊙ (dP - sum(P ⊙ dP)). Later positions have probability 0, and with it gradient 0.</summary>
        private static void SoftmaxBackward<T>(Tensor probabilities, Tensor gradient, float scale) where T : struct, IElement
        {
            int length = (int)gradient.shape[^1];
            byte* probability = Fused.Pointer(probabilities), data = Fused.Pointer(gradient);
            Fused.ForRows((int)(gradient.numel() / length), (start, end, _) =>
            {
                for (int row = start; row < end; row++)
                {
                    byte* p = probability + (nint)row * length * T.Size, dp = data + (nint)row * length * T.Size;
                    int seen = row % length + 1;
                    Vector512<float> dot = default;
                    for (nint i = 0; i < seen; i += Elements.Step) dot = Vector512.FusedMultiplyAdd(Elements.Load<T>(p, i, length - i), Elements.Load<T>(dp, i, length - i), dot);
                    Vector512<float> sum = Vector512.Create(Vector512.Sum(dot)), factor = Vector512.Create(scale);
                    for (nint i = 0; i < length; i += Elements.Step)
                        Elements.Store<T>(dp, i, i < seen ? Elements.Load<T>(p, i, length - i) * (Elements.Load<T>(dp, i, length - i) - sum) * factor : default, length - i);
                }
            });
        }

        /// <summary>[rows, heads, length, value] to [rows · length, heads · value].</summary>
        private static Tensor Join(Tensor heads)
        {
            (long rows, long count, long length, long value) = (heads.shape[0], heads.shape[1], heads.shape[2], heads.shape[3]);
            Tensor joined = Fused.Empty([rows * length, count * value], heads.dtype);
            Move(Fused.Pointer(heads), Fused.Pointer(joined), heads.shape, (int)heads.ElementSize, isJoining: true);
            return joined;
        }

        private static Tensor Split(Tensor joined, long[] shape)
        {
            Tensor heads = Fused.Empty(shape, joined.dtype);
            Move(Fused.Pointer(joined), Fused.Pointer(heads), shape, (int)joined.ElementSize, isJoining: false);
            return heads;
        }

        private static void Move(byte* from, byte* to, long[] shape, int size, bool isJoining)
        {
            (int rows, int heads, int length, int bytes) = ((int)shape[0], (int)shape[1], (int)shape[2], (int)shape[3] * size);
            Fused.ForRows(rows * length, (start, end, _) =>
            {
                for (int token = start; token < end; token++)
                {
                    for (int head = 0; head < heads; head++)
                    {
                        nint joined = ((nint)token * heads + head) * bytes, split = (((nint)(token / length) * heads + head) * length + token % length) * bytes;
                        Unsafe.CopyBlockUnaligned(to + (isJoining ? joined : split), from + (isJoining ? split : joined), (uint)bytes);
                    }
                }
            });
        }
    }
}

using System.Runtime.Intrinsics;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace SeekSharp.Training.Operations;

/// <summary>Logarithm of the probability that each row of logits gives to its target.</summary>
internal static class LogProbabilityOperation
{
    /// <param name="logits">[rows, vocabulary].</param>
    /// <param name="targets">[rows].</param>
    /// <returns>[rows], float32 (float64 for logits in float64).</returns>
    public static Tensor Apply(Tensor logits, int[] targets) => Fused.Supports(logits) ? Function.apply(logits, targets) : Plain(logits, targets);

    public static Tensor Plain(Tensor logits, int[] targets)
    {
        Tensor values = logits.dtype == ScalarType.Float64 ? logits : logits.to(ScalarType.Float32);
        return values.log_softmax(-1).gather(1, tensor(targets, [targets.Length, 1], dtype: ScalarType.Int64, device: logits.device)).squeeze(1);
    }

    private sealed unsafe class Function : SingleTensorFunction<Function>
    {
        public override string Name => nameof(LogProbabilityOperation);

        public override Tensor forward(AutogradContext context, params object[] arguments)
        {
            Tensor logits = ((Tensor)arguments[0]).contiguous();
            var targets = (int[])arguments[1];
            Tensor result = Fused.Empty([targets.Length], ScalarType.Float32), normalisers = Fused.Empty([targets.Length], ScalarType.Float32);
            context.save_for_backward([logits, normalisers]);
            context.save_data("targets", targets);
            if (logits.dtype == ScalarType.Float32) Forward<Float32Element>(logits, targets, result, normalisers);
            else Forward<BFloat16Element>(logits, targets, result, normalisers);
            return result;
        }

        public override List<Tensor> backward(AutogradContext context, Tensor gradient)
        {
            List<Tensor> saved = context.get_saved_variables();
            var targets = (int[])context.get_data("targets");
            Tensor logitsGradient = Fused.Empty(saved[0].shape, saved[0].dtype);
            if (saved[0].dtype == ScalarType.Float32) Backward<Float32Element>(gradient.contiguous(), saved[0], saved[1], targets, logitsGradient);
            else Backward<BFloat16Element>(gradient.contiguous(), saved[0], saved[1], targets, logitsGradient);
            return [logitsGradient, null!];
        }

        private static void Forward<T>(Tensor logits, int[] targets, Tensor result, Tensor normalisers) where T : struct, IElement
        {
            int vocabulary = (int)logits.shape[1];
            byte* x = Fused.Pointer(logits);
            float* y = (float*)Fused.Pointer(result), normaliser = (float*)Fused.Pointer(normalisers);
            Fused.ForRows(targets.Length, (start, end, _) =>
            {
                for (int row = start; row < end; row++)
                {
                    byte* from = x + (nint)row * vocabulary * T.Size;
                    Vector512<float> most = Vector512.Create(float.NegativeInfinity), sum = default;
                    for (nint i = 0; i < vocabulary; i += Elements.Step) most = Vector512.Max(most, LoadLogits<T>(from, i, vocabulary));
                    float highest = float.NegativeInfinity;
                    for (int i = 0; i < Elements.Step; i++) highest = MathF.Max(highest, most[i]);
                    Vector512<float> offset = Vector512.Create(highest);
                    for (nint i = 0; i < vocabulary; i += Elements.Step) sum += Elements.Exp(LoadLogits<T>(from, i, vocabulary) - offset);
                    normaliser[row] = highest + MathF.Log(Vector512.Sum(sum));
                    y[row] = Elements.Load<T>(from, targets[row], 1)[0] - normaliser[row];
                }
            });
        }

        /// <summary>d logits = dy · (one-hot - softmax).</summary>
        private static void Backward<T>(Tensor gradient, Tensor logits, Tensor normalisers, int[] targets, Tensor logitsGradient) where T : struct, IElement
        {
            int vocabulary = (int)logits.shape[1];
            byte* x = Fused.Pointer(logits), dx = Fused.Pointer(logitsGradient);
            float* dy = (float*)Fused.Pointer(gradient), normaliser = (float*)Fused.Pointer(normalisers);
            Fused.ForRows(targets.Length, (start, end, _) =>
            {
                for (int row = start; row < end; row++)
                {
                    nint at = (nint)row * vocabulary * T.Size;
                    Vector512<float> offset = Vector512.Create(normaliser[row]), factor = Vector512.Create(-dy[row]);
                    for (nint i = 0; i < vocabulary; i += Elements.Step)
                        Elements.Store<T>(dx + at, i, factor * Elements.Exp(LoadLogits<T>(x + at, i, vocabulary) - offset), vocabulary - i);
                    float probability = MathF.Exp(Elements.Load<T>(x + at, targets[row], 1)[0] - normaliser[row]);
                    Elements.Store<T>(dx + at, targets[row], Vector512.Create(dy[row] * (1 - probability)), 1);
                }
            });
        }

        /// <summary>Behind the last logit stand some that are less likely than any: their exponentials vanish.</summary>
        private static Vector512<float> LoadLogits<T>(byte* row, nint i, nint vocabulary) where T : struct, IElement
        {
            Vector512<float> values = Elements.Load<T>(row, i, vocabulary - i);
            if (vocabulary - i >= Elements.Step) return values;
            Vector512<int> isBehind = Vector512.GreaterThanOrEqual(Vector512<int>.Indices, Vector512.Create((int)(vocabulary - i)));
            return Vector512.ConditionalSelect(isBehind.AsSingle(), Vector512.Create(float.NegativeInfinity), values);
        }
    }
}

using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace SeekSharp.Training.Operations;

/// <summary>Rows of an embedding. Gradients of one token are added in the order of its places: the same bits every time.</summary>
internal static class EmbeddingOperation
{
    /// <param name="weight">[vocabulary, hidden].</param>
    /// <param name="tokens">[tokens].</param>
    /// <param name="type">Type of the result.</param>
    /// <returns>[tokens, hidden].</returns>
    public static Tensor Apply(Tensor weight, int[] tokens, ScalarType type) => Fused.Supports(weight) && type is ScalarType.Float32 or ScalarType.BFloat16
        ? Function.apply(weight, tokens, type)
        : Plain(weight, tokens, type);

    public static Tensor Plain(Tensor weight, int[] tokens, ScalarType type) =>
        weight.index_select(0, tensor(tokens, dtype: ScalarType.Int64, device: weight.device)).to(type);

    private sealed unsafe class Function : SingleTensorFunction<Function>
    {
        public override string Name => nameof(EmbeddingOperation);

        public override Tensor forward(AutogradContext context, params object[] arguments)
        {
            var weight = (Tensor)arguments[0];
            var tokens = (int[])arguments[1];
            context.save_data("tokens", tokens);
            context.save_data("vocabulary", weight.shape[0]);
            Tensor output = Fused.Empty([tokens.Length, weight.shape[1]], (ScalarType)arguments[2]);
            if (output.dtype == ScalarType.Float32) Forward<Float32Element>(weight, tokens, output);
            else Forward<BFloat16Element>(weight, tokens, output);
            return output;
        }

        public override List<Tensor> backward(AutogradContext context, Tensor gradient)
        {
            Tensor weightGradient = zeros([(long)context.get_data("vocabulary"), gradient.shape[1]], ScalarType.Float32);
            var tokens = (int[])context.get_data("tokens");
            if (gradient.dtype == ScalarType.Float32) Backward<Float32Element>(gradient.contiguous(), tokens, weightGradient);
            else Backward<BFloat16Element>(gradient.contiguous(), tokens, weightGradient);
            return [weightGradient, null!, null!];
        }

        private static void Forward<T>(Tensor weight, int[] tokens, Tensor output) where T : struct, IElement
        {
            int hidden = (int)weight.shape[1];
            byte* from = Fused.Pointer(weight), to = Fused.Pointer(output);
            Fused.ForRows(tokens.Length, (start, end, _) =>
            {
                for (int row = start; row < end; row++)
                    for (nint i = 0; i < hidden; i += Elements.Step)
                        Elements.Store<T>(to + (nint)row * hidden * T.Size, i, Elements.Load<Float32Element>(from + (nint)tokens[row] * hidden * sizeof(float), i, hidden - i), hidden - i);
            });
        }

        /// <summary>Threads share the columns, so that no two write the same number.</summary>
        private static void Backward<T>(Tensor gradient, int[] tokens, Tensor weightGradient) where T : struct, IElement
        {
            int hidden = (int)gradient.shape[1];
            byte* dy = Fused.Pointer(gradient), dw = Fused.Pointer(weightGradient);
            Fused.ForRows((hidden + Elements.Step - 1) / Elements.Step, (start, end, _) =>
            {
                for (int row = 0; row < tokens.Length; row++)
                {
                    byte* from = dy + (nint)row * hidden * T.Size, to = dw + (nint)tokens[row] * hidden * sizeof(float);
                    for (nint i = start * Elements.Step; i < Math.Min(hidden, end * Elements.Step); i += Elements.Step)
                        Elements.Store<Float32Element>(to, i, Elements.Load<Float32Element>(to, i, hidden - i) + Elements.Load<T>(from, i, hidden - i), hidden - i);
                }
            });
        }
    }
}

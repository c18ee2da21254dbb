using System.Runtime.Intrinsics;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace SeekSharp.Training.Operations;

/// <summary>silu(gate) ⊙ up of rows [gate | up].</summary>
internal static class SwiGluOperation
{
    /// <param name="gateUp">[..., 2 · width].</param>
    /// <returns>[..., width].</returns>
    public static Tensor Apply(Tensor gateUp) => Fused.Supports(gateUp) ? Function.apply(gateUp) : Plain(gateUp);

    public static Tensor Plain(Tensor gateUp)
    {
        long width = gateUp.shape[^1] / 2;
        return nn.functional.silu(gateUp.narrow(-1, 0, width)) * gateUp.narrow(-1, width, width);
    }

    private sealed unsafe class Function : SingleTensorFunction<Function>
    {
        public override string Name => nameof(SwiGluOperation);

        public override Tensor forward(AutogradContext context, params object[] arguments)
        {
            Tensor gateUp = ((Tensor)arguments[0]).contiguous();
            context.save_for_backward([gateUp]);
            Tensor output = Fused.Empty([.. gateUp.shape[..^1], gateUp.shape[^1] / 2], gateUp.dtype);
            if (gateUp.dtype == ScalarType.Float32) Forward<Float32Element>(gateUp, output);
            else Forward<BFloat16Element>(gateUp, output);
            return output;
        }

        public override List<Tensor> backward(AutogradContext context, Tensor gradient)
        {
            Tensor gateUp = context.get_saved_variables()[0];
            Tensor gateUpGradient = Fused.Empty(gateUp.shape, gateUp.dtype);
            if (gateUp.dtype == ScalarType.Float32) Backward<Float32Element>(gradient.contiguous(), gateUp, gateUpGradient);
            else Backward<BFloat16Element>(gradient.contiguous(), gateUp, gateUpGradient);
            return [gateUpGradient];
        }

        private static void Forward<T>(Tensor gateUp, Tensor output) where T : struct, IElement
        {
            int width = (int)output.shape[^1], rows = (int)(output.numel() / width);
            byte* x = Fused.Pointer(gateUp), y = Fused.Pointer(output);
            Fused.ForRows(rows, (start, end, _) =>
            {
                for (int row = start; row < end; row++)
                {
                    byte* gate = x + 2 * (nint)row * width * T.Size, up = gate + (nint)width * T.Size, to = y + (nint)row * width * T.Size;
                    for (nint i = 0; i < width; i += Elements.Step)
                    {
                        Vector512<float> values = Elements.Load<T>(gate, i, width - i);
                        Elements.Store<T>(to, i, values * Sigmoid(values) * Elements.Load<T>(up, i, width - i), width - i);
                    }
                }
            });
        }

        private static void Backward<T>(Tensor gradient, Tensor gateUp, Tensor gateUpGradient) where T : struct, IElement
        {
            int width = (int)gradient.shape[^1], rows = (int)(gradient.numel() / width);
            byte* x = Fused.Pointer(gateUp), dx = Fused.Pointer(gateUpGradient), dy = Fused.Pointer(gradient);
            Fused.ForRows(rows, (start, end, _) =>
            {
                for (int row = start; row < end; row++)
                {
                    nint gateAt = 2 * (nint)row * width * T.Size, upAt = gateAt + (nint)width * T.Size, at = (nint)row * width * T.Size;
                    for (nint i = 0; i < width; i += Elements.Step)
                    {
                        Vector512<float> gate = Elements.Load<T>(x + gateAt, i, width - i), up = Elements.Load<T>(x + upAt, i, width - i);
                        Vector512<float> upper = Elements.Load<T>(dy + at, i, width - i), sigmoid = Sigmoid(gate), silu = gate * sigmoid;
                        Elements.Store<T>(dx + upAt, i, upper * silu, width - i);
                        Elements.Store<T>(dx + gateAt, i, upper * up * (sigmoid + silu * (Vector512<float>.One - sigmoid)), width - i);
                    }
                }
            });
        }

        private static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Elements.Exp(-x));
    }
}

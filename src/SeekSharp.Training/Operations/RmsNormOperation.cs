using System.Runtime.Intrinsics;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace SeekSharp.Training.Operations;

/// <summary>RMS norm over the last dimension.</summary>
internal static class RmsNormOperation
{
    /// <param name="input">x, [..., length].</param>
    /// <param name="weight">g, [length].</param>
    /// <param name="epsilon">Added under the root.</param>
    /// <returns>x / sqrt(mean(x²) + epsilon) · g in the type of x.</returns>
    public static Tensor Apply(Tensor input, Tensor weight, float epsilon) =>
        Fused.Supports(input) && weight.dtype == ScalarType.Float32 ? Function.apply(input, weight, epsilon) : Plain(input, weight, epsilon);

    public static Tensor Plain(Tensor input, Tensor weight, float epsilon)
    {
        Tensor x = input.to(weight.dtype);
        return (x * (x.square().mean([-1], keepdim: true) + epsilon).rsqrt() * weight).to(input.dtype);
    }

    private sealed unsafe class Function : SingleTensorFunction<Function>
    {
        public override string Name => nameof(RmsNormOperation);

        public override Tensor forward(AutogradContext context, params object[] arguments)
        {
            Tensor input = ((Tensor)arguments[0]).contiguous(), weight = (Tensor)arguments[1];
            Tensor output = Fused.Empty(input.shape, input.dtype), scales = Fused.Empty([input.numel() / weight.numel()], ScalarType.Float32);
            context.save_for_backward([input, weight, scales]);
            if (input.dtype == ScalarType.Float32) Forward<Float32Element>(input, weight, (float)arguments[2], output, scales);
            else Forward<BFloat16Element>(input, weight, (float)arguments[2], output, scales);
            return output;
        }

        public override List<Tensor> backward(AutogradContext context, Tensor gradient)
        {
            List<Tensor> saved = context.get_saved_variables();
            (Tensor input, Tensor weight, Tensor scales) = (saved[0], saved[1], saved[2]);
            gradient = gradient.contiguous();
            Tensor inputGradient = Fused.Empty(input.shape, input.dtype);
            Tensor weightGradient = input.dtype == ScalarType.Float32
                ? Backward<Float32Element>(gradient, input, weight, scales, inputGradient)
                : Backward<BFloat16Element>(gradient, input, weight, scales, inputGradient);
            return [inputGradient, weightGradient, null!];
        }

        private static void Forward<T>(Tensor input, Tensor weight, float epsilon, Tensor output, Tensor scales) where T : struct, IElement
        {
            int length = (int)weight.numel(), rows = (int)scales.numel();
            byte* x = Fused.Pointer(input), y = Fused.Pointer(output), g = Fused.Pointer(weight);
            float* scale = (float*)Fused.Pointer(scales);
            Fused.ForRows(rows, (start, end, _) =>
            {
                for (int row = start; row < end; row++)
                {
                    byte* from = x + (nint)row * length * T.Size, to = y + (nint)row * length * T.Size;
                    Vector512<float> sum = default;
                    for (nint i = 0; i < length; i += Elements.Step)
                    {
                        Vector512<float> values = Elements.Load<T>(from, i, length - i);
                        sum = Vector512.FusedMultiplyAdd(values, values, sum);
                    }

                    scale[row] = 1 / MathF.Sqrt(Vector512.Sum(sum) / length + epsilon);
                    Vector512<float> factor = Vector512.Create(scale[row]);
                    for (nint i = 0; i < length; i += Elements.Step)
                        Elements.Store<T>(to, i, Elements.Load<T>(from, i, length - i) * factor * Elements.Load<Float32Element>(g, i, length - i), length - i);
                }
            });
        }

        /// <summary>With n = x · scale: dx = scale · (g dy - n · mean(g dy · n)), dg = sum of dy · n over the rows.</summary>
        private static Tensor Backward<T>(Tensor gradient, Tensor input, Tensor weight, Tensor scales, Tensor inputGradient) where T : struct, IElement
        {
            int length = (int)weight.numel(), rows = (int)scales.numel();
            Tensor partial = zeros([Fused.ThreadCount, length], ScalarType.Float32);
            byte* x = Fused.Pointer(input), dy = Fused.Pointer(gradient), dx = Fused.Pointer(inputGradient), g = Fused.Pointer(weight), sums = Fused.Pointer(partial);
            float* scale = (float*)Fused.Pointer(scales);
            Fused.ForRows(rows, (start, end, thread) =>
            {
                byte* sum = sums + (nint)thread * length * sizeof(float);
                for (int row = start; row < end; row++)
                {
                    nint at = (nint)row * length * T.Size;
                    Vector512<float> factor = Vector512.Create(scale[row]), dot = default;
                    for (nint i = 0; i < length; i += Elements.Step)
                    {
                        Vector512<float> normed = Elements.Load<T>(x + at, i, length - i) * factor, upper = Elements.Load<T>(dy + at, i, length - i);
                        Elements.Store<Float32Element>(sum, i, Elements.Load<Float32Element>(sum, i, length - i) + upper * normed, length - i);
                        dot = Vector512.FusedMultiplyAdd(upper * Elements.Load<Float32Element>(g, i, length - i), normed, dot);
                    }

                    Vector512<float> mean = Vector512.Create(Vector512.Sum(dot) / length);
                    for (nint i = 0; i < length; i += Elements.Step)
                    {
                        Vector512<float> normed = Elements.Load<T>(x + at, i, length - i) * factor, upper = Elements.Load<T>(dy + at, i, length - i);
                        Elements.Store<T>(dx + at, i, factor * (upper * Elements.Load<Float32Element>(g, i, length - i) - normed * mean), length - i);
                    }
                }
            });
            return partial.sum([0]); // sum(0) would take 0 for a type
        }
    }
}

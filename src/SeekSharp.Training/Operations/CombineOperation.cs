using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SeekSharp.Training.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace SeekSharp.Training.Operations;

/// <summary>Adds what a token's experts gave, times their weights.</summary>
internal static class CombineOperation
{
    /// <param name="output">What the experts gave, [experts, capacity, hidden].</param>
    /// <param name="weights">[tokens, experts per token].</param>
    /// <param name="assignment">Who computed what.</param>
    /// <returns>[tokens, hidden], zero for padding.</returns>
    public static Tensor Apply(Tensor output, Tensor weights, ExpertAssignment assignment) => Fused.Supports(output) && weights.dtype == ScalarType.Float32
        ? Function.apply(output, weights, assignment)
        : Plain(output, weights, assignment);

    public static Tensor Plain(Tensor output, Tensor weights, ExpertAssignment assignment)
    {
        long[] slots = [.. assignment.SlotOfChoice.Select(slot => (long)Math.Max(slot, 0))];
        float[] isReal = [.. assignment.SlotOfChoice.Select(slot => slot < 0 ? 0f : 1f)];
        Tensor rows = output.flatten(0, 1).index_select(0, tensor(slots, device: output.device)); // [tokens · experts per token, hidden]
        Tensor factors = weights * tensor(isReal, weights.shape, dtype: weights.dtype, device: output.device);
        return (rows.view(assignment.Tokens, assignment.PerToken, -1) * factors.unsqueeze(-1)).sum(1).to(output.dtype);
    }

    private sealed unsafe class Function : SingleTensorFunction<Function>
    {
        public override string Name => nameof(CombineOperation);

        public override Tensor forward(AutogradContext context, params object[] arguments)
        {
            Tensor output = ((Tensor)arguments[0]).contiguous(), weights = ((Tensor)arguments[1]).contiguous();
            var assignment = (ExpertAssignment)arguments[2];
            context.save_data("assignment", assignment);
            context.save_for_backward([output, weights]);
            Tensor combined = Fused.Empty([assignment.Tokens, output.shape[2]], output.dtype);
            if (output.dtype == ScalarType.Float32) Forward<Float32Element>(output, weights, assignment, combined);
            else Forward<BFloat16Element>(output, weights, assignment, combined);
            return combined;
        }

        public override List<Tensor> backward(AutogradContext context, Tensor gradient)
        {
            var assignment = (ExpertAssignment)context.get_data("assignment");
            List<Tensor> saved = context.get_saved_variables();
            Tensor outputGradient = Fused.Empty(saved[0].shape, saved[0].dtype), weightsGradient = zeros(saved[1].shape, ScalarType.Float32);
            if (gradient.dtype == ScalarType.Float32) Backward<Float32Element>(gradient.contiguous(), saved[0], saved[1], assignment, outputGradient, weightsGradient);
            else Backward<BFloat16Element>(gradient.contiguous(), saved[0], saved[1], assignment, outputGradient, weightsGradient);
            return [outputGradient, weightsGradient, null!];
        }

        private static void Forward<T>(Tensor output, Tensor weights, ExpertAssignment assignment, Tensor combined) where T : struct, IElement
        {
            int hidden = (int)combined.shape[1], perToken = assignment.PerToken;
            byte* x = Fused.Pointer(output), y = Fused.Pointer(combined);
            float* weight = (float*)Fused.Pointer(weights);
            Fused.ForRows(assignment.Tokens, (start, end, _) =>
            {
                for (int token = start; token < end; token++)
                {
                    ReadOnlySpan<int> slots = assignment.SlotOfChoice.AsSpan(token * perToken, perToken);
                    for (nint i = 0; i < hidden; i += Elements.Step)
                    {
                        Vector512<float> sum = default;
                        for (int k = 0; k < slots.Length; k++)
                        {
                            if (slots[k] < 0) continue;
                            Vector512<float> values = Elements.Load<T>(x + (nint)slots[k] * hidden * T.Size, i, hidden - i);
                            sum = Vector512.FusedMultiplyAdd(values, Vector512.Create(weight[token * perToken + k]), sum);
                        }

                        Elements.Store<T>(y + (nint)token * hidden * T.Size, i, sum, hidden - i);
                    }
                }
            });
        }

        /// <summary>Slot by slot: the slot's gradient is its token's times the weight, the weight's is the dot product of token and slot.</summary>
        private static void Backward<T>(Tensor gradient, Tensor output, Tensor weights, ExpertAssignment assignment, Tensor outputGradient, Tensor weightsGradient)
            where T : struct, IElement
        {
            int hidden = (int)gradient.shape[1];
            byte* dy = Fused.Pointer(gradient), x = Fused.Pointer(output), dx = Fused.Pointer(outputGradient);
            float* weight = (float*)Fused.Pointer(weights), weightGradient = (float*)Fused.Pointer(weightsGradient);
            Fused.ForRows(assignment.TokenOfSlot.Length, (start, end, _) =>
            {
                for (int slot = start; slot < end; slot++)
                {
                    nint at = (nint)slot * hidden * T.Size;
                    int token = assignment.TokenOfSlot[slot], choice = assignment.ChoiceOfSlot[slot];
                    if (token < 0)
                    {
                        Unsafe.InitBlockUnaligned(dx + at, 0, (uint)(hidden * T.Size));
                        continue;
                    }

                    Vector512<float> factor = Vector512.Create(weight[choice]), dot = default;
                    for (nint i = 0; i < hidden; i += Elements.Step)
                    {
                        Vector512<float> upper = Elements.Load<T>(dy + (nint)token * hidden * T.Size, i, hidden - i);
                        dot = Vector512.FusedMultiplyAdd(upper, Elements.Load<T>(x + at, i, hidden - i), dot);
                        Elements.Store<T>(dx + at, i, upper * factor, hidden - i);
                    }

                    weightGradient[choice] = Vector512.Sum(dot);
                }
            });
        }
    }
}

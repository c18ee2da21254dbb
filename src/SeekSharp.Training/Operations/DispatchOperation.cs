using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SeekSharp.Training.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace SeekSharp.Training.Operations;

/// <summary>Copies tokens to the slots of the experts that shall compute them.</summary>
internal static class DispatchOperation
{
    /// <param name="input">[tokens, hidden].</param>
    /// <param name="assignment">Who computes what.</param>
    /// <returns>[experts, capacity, hidden]; empty slots are zero.</returns>
    public static Tensor Apply(Tensor input, ExpertAssignment assignment) =>
        Fused.Supports(input) ? Function.apply(input, assignment) : Plain(input, assignment);

    public static Tensor Plain(Tensor input, ExpertAssignment assignment)
    {
        long[] tokens = [.. assignment.TokenOfSlot.Select(token => (long)Math.Max(token, 0))];
        float[] isFilled = [.. assignment.TokenOfSlot.Select(token => token < 0 ? 0f : 1f)];
        Tensor rows = input.index_select(0, tensor(tokens, device: input.device)) * tensor(isFilled, [tokens.Length, 1], dtype: input.dtype, device: input.device);
        return rows.view(assignment.Experts, assignment.Capacity, -1);
    }

    private sealed unsafe class Function : SingleTensorFunction<Function>
    {
        public override string Name => nameof(DispatchOperation);

        public override Tensor forward(AutogradContext context, params object[] arguments)
        {
            Tensor input = ((Tensor)arguments[0]).contiguous();
            var assignment = (ExpertAssignment)arguments[1];
            context.save_data("assignment", assignment);
            Tensor output = Fused.Empty([assignment.Experts, assignment.Capacity, input.shape[1]], input.dtype);
            uint bytes = (uint)(input.shape[1] * input.ElementSize);
            byte* from = Fused.Pointer(input), to = Fused.Pointer(output);
            Fused.ForRows(assignment.TokenOfSlot.Length, (start, end, _) =>
            {
                for (int slot = start; slot < end; slot++)
                {
                    int token = assignment.TokenOfSlot[slot];
                    if (token < 0) Unsafe.InitBlockUnaligned(to + (nint)slot * (nint)bytes, 0, bytes);
                    else Unsafe.CopyBlockUnaligned(to + (nint)slot * (nint)bytes, from + (nint)token * (nint)bytes, bytes);
                }
            });
            return output;
        }

        public override List<Tensor> backward(AutogradContext context, Tensor gradient)
        {
            var assignment = (ExpertAssignment)context.get_data("assignment");
            Tensor inputGradient = Fused.Empty([assignment.Tokens, gradient.shape[2]], gradient.dtype);
            if (gradient.dtype == ScalarType.Float32) Backward<Float32Element>(gradient.contiguous(), assignment, inputGradient);
            else Backward<BFloat16Element>(gradient.contiguous(), assignment, inputGradient);
            return [inputGradient, null!];
        }

        /// <summary>A token's gradient is the sum over its slots.</summary>
        private static void Backward<T>(Tensor gradient, ExpertAssignment assignment, Tensor inputGradient) where T : struct, IElement
        {
            int hidden = (int)inputGradient.shape[1], perToken = assignment.PerToken;
            byte* dy = Fused.Pointer(gradient), dx = Fused.Pointer(inputGradient);
            Fused.ForRows(assignment.Tokens, (start, end, _) =>
            {
                for (int token = start; token < end; token++)
                {
                    ReadOnlySpan<int> slots = assignment.SlotOfChoice.AsSpan(token * perToken, perToken);
                    for (nint i = 0; i < hidden; i += Elements.Step)
                    {
                        Vector512<float> sum = default;
                        foreach (int slot in slots)
                            if (slot >= 0) sum += Elements.Load<T>(dy + (nint)slot * hidden * T.Size, i, hidden - i);
                        Elements.Store<T>(dx + (nint)token * hidden * T.Size, i, sum, hidden - i);
                    }
                }
            });
        }
    }
}

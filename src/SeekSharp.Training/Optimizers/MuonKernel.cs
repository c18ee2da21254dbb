using System.Runtime.Intrinsics;
using SeekSharp.Training.Operations;
using static TorchSharp.torch;

namespace SeekSharp.Training.Optimizers;

/// <summary>What Muon does before and behind the Newton-Schulz iteration: each in one pass over the memory, or plainly where kernels cannot read it.</summary>
internal static unsafe class MuonKernel
{
    /// <summary>Whether kernels can read a parameter.</summary>
    private static bool IsFused(Tensor weight) => Fused.Supports(weight) && weight.dtype == ScalarType.Float32;

    /// <summary>Type of the iteration's products.</summary>
    public static ScalarType ProductType(Tensor weight) => weight.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.BFloat16;

    /// <summary>
    /// g = scale · gradient; m = β m + g; direction = (g + β m) / |g + β m| for each matrix.
    /// </summary>
    /// <param name="gradient">[..., rows, columns].</param>
    /// <param name="momentum">m, moved in place.</param>
    /// <param name="direction">Receives the directions, [count, rows, columns] in <see cref="ProductType"/>.</param>
    /// <param name="scale">Of clipping.</param>
    /// <param name="beta">β.</param>
    public static void Direction(Tensor gradient, Tensor momentum, Tensor direction, double scale, double beta)
    {
        if (!IsFused(momentum))
        {
            gradient.mul_(scale);
            momentum.mul_(beta).add_(gradient);
            Tensor sum = gradient.add(momentum, alpha: beta).view(direction.shape);
            direction.copy_(sum / (sum.square().sum([1, 2], keepdim: true).sqrt() + 1e-7));
            return;
        }

        int count = (int)direction.shape[0], size = (int)(direction.numel() / count);
        byte* g = Fused.Pointer(gradient.contiguous()), m = Fused.Pointer(momentum), d = Fused.Pointer(direction);
        Vector512<float> factor = Vector512.Create((float)scale), decay = Vector512.Create((float)beta);
        Fused.ForRows(count, (start, end, _) =>
        {
            for (int matrix = start; matrix < end; matrix++)
            {
                byte* from = g + (nint)matrix * size * sizeof(float), kept = m + (nint)matrix * size * sizeof(float);
                Vector512<float> squares = default;
                for (nint i = 0; i < size; i += Elements.Step)
                {
                    Vector512<float> values = Elements.Load<Float32Element>(from, i, size - i) * factor;
                    Vector512<float> mean = Vector512.FusedMultiplyAdd(Elements.Load<Float32Element>(kept, i, size - i), decay, values);
                    Elements.Store<Float32Element>(kept, i, mean, size - i);
                    Vector512<float> sum = Vector512.FusedMultiplyAdd(mean, decay, values);
                    squares = Vector512.FusedMultiplyAdd(sum, sum, squares);
                }

                Vector512<float> inverse = Vector512.Create(1 / (MathF.Sqrt(Vector512.Sum(squares)) + 1e-7f));
                for (nint i = 0; i < size; i += Elements.Step)
                {
                    Vector512<float> sum = Vector512.FusedMultiplyAdd(Elements.Load<Float32Element>(kept, i, size - i), decay, Elements.Load<Float32Element>(from, i, size - i) * factor);
                    Elements.Store<BFloat16Element>(d + (nint)matrix * size * sizeof(ushort), i, sum * inverse, size - i);
                }
            }
        });
    }

    /// <summary>W = kept · W - rate · update.</summary>
    /// <param name="weight">W, [..., rows, columns], moved in place.</param>
    /// <param name="update">[count, rows, columns] in <see cref="ProductType"/>.</param>
    /// <param name="kept">What decay leaves of W.</param>
    /// <param name="rate">Factor of the update.</param>
    public static void Move(Tensor weight, Tensor update, double kept, double rate)
    {
        if (!IsFused(weight))
        {
            weight.mul_(kept).add_(update.view(weight.shape).to(weight.dtype), alpha: -rate);
            return;
        }

        long count = weight.numel();
        byte* w = Fused.Pointer(weight), u = Fused.Pointer(update);
        Vector512<float> left = Vector512.Create((float)kept), factor = Vector512.Create((float)-rate);
        Fused.ForRows((int)((count + Elements.Step - 1) / Elements.Step), (start, end, _) =>
        {
            for (nint i = (nint)start * Elements.Step; i < (nint)end * Elements.Step; i += Elements.Step)
            {
                nint remaining = (nint)count - i;
                Elements.Store<Float32Element>(w, i, Elements.Load<Float32Element>(w, i, remaining) * left + Elements.Load<BFloat16Element>(u, i, remaining) * factor, remaining);
            }
        });
    }
}

using static TorchSharp.torch;

namespace SeekSharp.Training.Optimizers;

/// <summary>
/// The Newton-Schulz iteration of Muon (Jordan et al. 2024): turns G = U S Vᵀ into about U Vᵀ, all singular values between 0.7 and 1.2, with matrix
/// products alone.
/// </summary>
internal static class NewtonSchulz
{
    private const int Steps = 5;
    private const float A = 3.4445f, B = -4.7750f, C = 2.0315f;

    /// <param name="matrices">[count, rows, columns], of Frobenius norm 1 at most. bfloat16 is enough.</param>
    /// <returns>[count, rows, columns] in the same type.</returns>
    public static Tensor Orthogonalize(Tensor matrices)
    {
        bool isTall = matrices.shape[1] > matrices.shape[2];
        Tensor x = isTall ? matrices.transpose(1, 2).contiguous() : matrices; // the products are those of the shorter side
        for (int step = 0; step < Steps; step++)
        {
            Tensor gram = bmm(x, x.transpose(1, 2));
            Tensor polynomial = baddbmm(gram, gram, gram, B, C); // B · gram + C · gram²; the addend is the third argument
            x = baddbmm(polynomial, x, x, A, 1);
        }

        return isTall ? x.transpose(1, 2).contiguous() : x;
    }
}

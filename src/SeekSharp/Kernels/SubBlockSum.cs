using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>The integer sum of weights x activations over one sub-block, exact at every level.</summary>
/// <remarks>
/// Levels that add products in 16 bits must carry over to 32 bits before these overflow: after 2 steps for 6-bit weights, 4 for 5-bit ones, at the
/// end of the sub-block for smaller ones. For 8-bit weights a single step could overflow; they are multiplied as two nibbles.
/// All conditions are constants of the instance and vanish in compilation.
/// </remarks>
internal struct SubBlockSum<TFormat, TLanes, TInt, TFloat>
    where TFormat : struct, IQuantizedFormat
    where TLanes : struct, ILanes<TInt, TFloat>
    where TInt : unmanaged
    where TFloat : unmanaged
{
    private TInt _sums;
    private TInt _upper;
    private TInt _total;

    private static int ExactSteps
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TLanes.ExactSteps(TFormat.LargestQuant);
    }

    private static int StepsPerSubBlock
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TFormat.SubBlockLength / 4;
    }

    /// <summary>Adds 4 columns.</summary>
    /// <param name="weights">Unsigned bytes.</param>
    /// <param name="activations">4 int8 of one token, in every lane.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(TInt weights, TInt activations)
    {
        if (ExactSteps == 0)
        {
            TInt nibbles = TLanes.Broadcast(Lines.Nibbles);
            _sums = TLanes.MultiplyAdd(_sums, TLanes.And(weights, nibbles), activations);
            _upper = TLanes.MultiplyAdd(_upper, TLanes.And(TLanes.ShiftRight(weights, 4), nibbles), activations);
        }
        else
        {
            _sums = TLanes.MultiplyAdd(_sums, weights, activations);
        }
    }

    /// <summary>To be called after every second step: carries over where it is time to.</summary>
    /// <param name="steps">Steps added so far, a constant: 2, 4, 6 or 8; or 2 and 4 again for the second half.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AfterSteps(int steps)
    {
        if (ExactSteps == 0 || ExactSteps >= StepsPerSubBlock || (ExactSteps >= 4 && steps % 4 != 0)) return;
        _total = TLanes.Add(_total, TLanes.Reduce(_sums));
        _sums = default;
    }

    /// <summary>The sum of quants x activations, the format's offset subtracted.</summary>
    /// <param name="activationSum">Sum of the activations of the sub-block.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TInt Total(int activationSum)
    {
        TInt total = ExactSteps == 0 ? TLanes.Add(TLanes.Reduce(_sums), TLanes.ShiftLeft(TLanes.Reduce(_upper), 4))
            : ExactSteps >= StepsPerSubBlock ? TLanes.Reduce(_sums)
            : _total;
        return TFormat.OffsetShift < 0 ? total : TLanes.Subtract(total, TLanes.Broadcast(activationSum << TFormat.OffsetShift));
    }
}

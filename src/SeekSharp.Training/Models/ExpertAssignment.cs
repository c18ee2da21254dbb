namespace SeekSharp.Training.Models;

/// <summary>Which expert computes which token of a batch, and where: expert e has the slots e · capacity to (e + 1) · capacity - 1.</summary>
internal sealed class ExpertAssignment
{
    /// <summary>Few different capacities mean few different shapes, each of which LibTorch prepares once and keeps.</summary>
    private const int CapacityStep = 128;

    /// <summary>Sorts tokens by expert; tokens of an expert stay in order.</summary>
    /// <param name="choices">Chosen experts [tokens, experts per token]; -1 everywhere for padding.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="experts">Number of experts.</param>
    public ExpertAssignment(int[] choices, int tokens, int experts)
    {
        Choices = choices;
        Tokens = tokens;
        Experts = experts;
        PerToken = choices.Length / tokens;
        Load = new int[experts];
        foreach (int expert in choices)
            if (expert >= 0) Load[expert]++;
        int most = Math.Max(1, Load.Max());
        // Small batches are not blown up to the step.
        Capacity = most >= CapacityStep ? (most + CapacityStep - 1) / CapacityStep * CapacityStep : (int)uint.Max(16, System.Numerics.BitOperations.RoundUpToPowerOf2((uint)most));
        SlotOfChoice = new int[choices.Length];
        TokenOfSlot = new int[experts * Capacity];
        ChoiceOfSlot = new int[TokenOfSlot.Length];
        TokenOfSlot.AsSpan().Fill(-1);
        ChoiceOfSlot.AsSpan().Fill(-1);
        int[] filled = new int[experts];
        for (int i = 0; i < choices.Length; i++)
        {
            SlotOfChoice[i] = -1;
            if (choices[i] < 0) continue;
            int slot = choices[i] * Capacity + filled[choices[i]]++;
            SlotOfChoice[i] = slot;
            TokenOfSlot[slot] = i / PerToken;
            ChoiceOfSlot[slot] = i;
        }
    }

    public int Tokens { get; }
    public int Experts { get; }
    public int PerToken { get; }

    /// <summary>Slots of one expert.</summary>
    public int Capacity { get; }

    /// <summary>Chosen experts [tokens, experts per token], -1 for padding.</summary>
    public int[] Choices { get; }

    /// <summary>Tokens of each expert.</summary>
    public int[] Load { get; }

    /// <summary>Slot of each choice, -1 for padding.</summary>
    public int[] SlotOfChoice { get; }

    /// <summary>Token in each slot, -1 where the slot is empty.</summary>
    public int[] TokenOfSlot { get; }

    /// <summary>Choice in each slot, -1 where the slot is empty.</summary>
    public int[] ChoiceOfSlot { get; }
}

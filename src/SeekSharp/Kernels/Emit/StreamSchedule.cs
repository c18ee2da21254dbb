namespace SeekSharp.Kernels;

/// <summary>Brings the steps of a trace into the order of the code, and gives them registers.</summary>
internal static class StreamSchedule
{
    /// <summary>Numbers of the steps in the order of the code: what merely computes a value waits until its first use, so that few values are alive at once.</summary>
    public static List<int> Order(List<TraceStep> steps)
    {
        var order = new List<int>(steps.Count);
        var isPlaced = new bool[steps.Count];
        for (int i = 0; i < steps.Count; i++)
            if (!steps[i].CanWait) Place(i);
        return order;

        void Place(int number)
        {
            if (number < 0 || isPlaced[number]) return;
            isPlaced[number] = true;
            TraceStep step = steps[number];
            Place(step.First);
            Place(step.Second);
            Place(step.Third);
            if (!IsFixed(step)) order.Add(number);
        }
    }

    /// <summary>Gives each value a register. Sums have the first ones, constants the last ones for good.</summary>
    /// <param name="steps">The trace.</param>
    /// <param name="order">Order of the code.</param>
    /// <param name="sums">Number of sums.</param>
    /// <param name="count">Registers there are.</param>
    /// <param name="registers">Receives the register of each step's result, -1 where there is none.</param>
    /// <param name="constants">Receives the registers of constants.</param>
    /// <returns>False when there are too few registers.</returns>
    public static bool TryAllocate(List<TraceStep> steps, List<int> order, int sums, int count, out int[] registers, out Dictionary<int, int> constants)
    {
        registers = new int[steps.Count];
        constants = [];
        Array.Fill(registers, -1);
        for (int i = 0; i < steps.Count; i++)
        {
            TraceStep step = steps[i];
            if (step.Kind == TraceKind.Sum) registers[i] = i;
            if (step.Kind != TraceKind.Constant || !IsFixed(step)) continue;
            constants.TryAdd((int)step.Immediate, count - 1 - constants.Count);
            registers[i] = constants[(int)step.Immediate];
        }

        int[] lastUses = LastUses(steps, order), given = registers;
        var free = new Stack<int>(Enumerable.Range(sums, count - sums - constants.Count).Reverse());
        for (int i = 0; i < order.Count; i++)
        {
            TraceStep step = steps[order[i]];
            Free(step, i, step.First);
            if (step.Second != step.First) Free(step, i, step.Second);
            if (step.Third != step.First && step.Third != step.Second) Free(step, i, step.Third);
            if (step.Kind == TraceKind.Store) continue;
            if (step.Overwritten >= 0) registers[order[i]] = registers[step.Overwritten];
            else if (!free.TryPop(out registers[order[i]])) return false;
        }

        return true;

        // The register of an operand that is overwritten goes on with the result.
        void Free(TraceStep step, int at, int operand)
        {
            if (operand < 0 || operand == step.Overwritten || lastUses[operand] != at || IsFixed(steps[operand])) return;
            free.Push(given[operand]);
        }
    }

    private static int[] LastUses(List<TraceStep> steps, List<int> order)
    {
        var lastUses = new int[steps.Count];
        for (int i = 0; i < order.Count; i++)
        {
            TraceStep step = steps[order[i]];
            if (step.First >= 0) lastUses[step.First] = i;
            if (step.Second >= 0) lastUses[step.Second] = i;
            if (step.Third >= 0) lastUses[step.Third] = i;
        }

        return lastUses;
    }

    /// <summary>Whether a value has its register before the unit begins. Zero is made where it is used: it starts a sum and is overwritten.</summary>
    private static bool IsFixed(TraceStep step) => step.Kind == TraceKind.Sum || (step.Kind == TraceKind.Constant && step.Immediate != 0);
}

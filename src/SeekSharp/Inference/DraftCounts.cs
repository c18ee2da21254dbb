namespace SeekSharp.Inference;

/// <summary>What speculative decoding did for a reply.</summary>
/// <param name="Drafted">Drafts that were computed.</param>
/// <param name="Accepted">Drafts that the model chose itself.</param>
/// <param name="Steps">Steps that gave tokens of the reply, with and without drafts.</param>
public readonly record struct DraftCounts(int Drafted, int Accepted, int Steps)
{
    /// <summary>Share of the drafts that were accepted; NaN where there were none.</summary>
    public double Acceptance => (double)Accepted / Drafted;
}

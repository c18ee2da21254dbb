using SeekSharp.Training.Models;

namespace SeekSharp.Training.Stages;

/// <summary>Batches of the data streams as the model takes them.</summary>
internal static class TrainingRows
{
    /// <summary>A batch whose rows end at their last learned token.</summary>
    public static TokenBatch ToModel(Text.TokenBatch batch)
    {
        TrainingSequence[] sequences = new TrainingSequence[batch.Rows];
        for (int row = 0; row < batch.Rows; row++)
        {
            ReadOnlySpan<bool> isLearned = batch.IsLearned.AsSpan(row * batch.Length, batch.Length);
            int length = isLearned.LastIndexOf(true) + 1;
            float[] weights = new float[length];
            for (int i = 0; i < length; i++) weights[i] = isLearned[i] ? 1 : 0;
            sequences[row] = new TrainingSequence(batch.Tokens.AsMemory(row * batch.Length, length), weights);
        }

        return TokenBatch.Create(sequences);
    }
}

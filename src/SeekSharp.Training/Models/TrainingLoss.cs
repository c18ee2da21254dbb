
namespace SeekSharp.Training.Models;

/// <summary>The loss of a batch and its parts.</summary>
/// <param name="Total">What to differentiate; lives in the dispose scope of the call.</param>
/// <param name="CrossEntropy">Mean of -log p over the predictions, weighted.</param>
/// <param name="Prediction">Mean cross-entropy of the prediction layers, before λ; 0 where they are left out.</param>
/// <param name="Balance">Balance losses, with their weights.</param>
public sealed record TrainingLoss(Tensor Total, double CrossEntropy, double Prediction, double Balance);

using System.Globalization;
using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;
using SeekSharp.Planning.Training;

namespace SeekSharp.Planning.Tests.Training;

/// <summary>Plans beside published costs (reference/deepseek.md §2.1, §1.7).</summary>
public sealed class PublishedRunsTests(ITestOutputHelper output)
{
    // V3's pre-training 2,664K hours within 5%; its context extension 119K, V2 172.8K and DeepSeek 67B 300.6K a trillion tokens within 20%, all with the same constants.
    [Fact]
    public void Three_fitted_constants_predict_four_runs()
    {
        double[] tolerances = [0.05, 0.2, 0.2, 0.2], hours = [2_664_000, 119_000, 172_800, 300_600];
        Assert.True(TrainingCalibration.Fitted.Assumptions.Count(assumption => assumption.IsFitted) <= 3);
        Assert.Equal(hours, PublishedRuns.All.Select(run => run.Hours));
        foreach (var (run, tolerance) in PublishedRuns.All.Zip(tolerances))
        {
            double error = run.RelativeError(TrainingCalibration.Fitted);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run.Name}: {run.PredictedHours(TrainingCalibration.Fitted):N0} h, {100 * error:F1}%"));
            Assert.InRange(error, -tolerance, tolerance);
        }
    }

    // Nothing fitted: within 30%.
    [Fact]
    public void First_principles_come_within_30_percent()
    {
        foreach (PublishedRun run in PublishedRuns.All)
        {
            double error = run.RelativeError(TrainingCalibration.FirstPrinciples);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run.Name}: {run.PredictedHours(TrainingCalibration.FirstPrinciples):N0} h, {100 * error:F1}%"));
        }

        Assert.InRange(PublishedRuns.All[0].RelativeError(TrainingCalibration.FirstPrinciples), -0.3, 0.3);
        Assert.DoesNotContain(TrainingCalibration.FirstPrinciples.Assumptions, assumption => assumption.IsFitted);
    }

    // An independent run, in no fit: Llama 3.1 405B took 30.84M H100 hours for 15.6T tokens (its model card) in BF16 on up to 16,384 chips; the layout is searched.
    [Fact]
    public void A_run_that_nothing_was_fitted_to_comes_near()
    {
        TrainingPlan plan = LayoutSearch.Run(new TrainingScenario
        {
            Model = ModelCatalog.Find("Llama-3.1-405B"), Chip = ChipCatalog.Default.Find("H100"), Devices = 16_384, Tokens = 15.6e12, SequenceLength = 8192,
            BatchSequences = 2048, Techniques = TrainingTechniques.BFloat16, Formats = TrainingFormats.Mixed,
        }).RequireBest();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Llama 3.1 405B: {plan.DeviceHours / 1e6:F2}M h, {plan.Utilization:P1}, {plan.Scenario.Layout}"));
        Assert.InRange(plan.DeviceHours / 30.84e6, 0.7, 1.1);
    }

    /// <summary>Where the constants come from: least squares of the logarithms, V3's pre-training with weight 16.</summary>
    [Fact]
    public void The_constants_are_the_best_fit()
    {
        double[] shares = [0.4, 0.5, 0.3];
        double best = Loss(shares);
        for (double step = 0.1; step > 1e-5; step /= 2)
            for (int round = 0; round < 30; round++)
            {
                bool isBetter = false;
                for (int i = 0; i < 3; i++)
                    foreach (double factor in (double[])[1 + step, 1 / (1 + step)])
                    {
                        double[] changed = [.. shares];
                        changed[i] *= factor;
                        if (Loss(changed) is { } loss && loss < best) (best, shares, isBetter) = (loss, changed, true);
                    }

                if (!isBetter) break;
            }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{shares[0]:0.0000} {shares[1]:0.0000} {shares[2]:0.0000}, loss {best:0.000000}"));
        TrainingCalibration fitted = TrainingCalibration.Fitted;
        Assert.Equal(shares[0], fitted.Float8Share, 0.005);
        Assert.Equal(shares[1], fitted.BFloat16Share, 0.005);
        Assert.Equal(shares[2], fitted.AttentionShare, 0.005);
    }

    private static double Loss(double[] shares)
    {
        TrainingCalibration calibration = TrainingCalibration.Fitted with { Float8Share = shares[0], BFloat16Share = shares[1], AttentionShare = shares[2] };
        double sum = 0;
        for (int i = 0; i < PublishedRuns.All.Count; i++)
            sum += (i == 0 ? 16 : 1) * Math.Pow(Math.Log(PublishedRuns.All[i].PredictedHours(calibration) / PublishedRuns.All[i].Hours), 2);
        return sum;
    }
}

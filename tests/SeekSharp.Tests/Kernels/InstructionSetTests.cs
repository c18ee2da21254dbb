using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

/// <summary>Runs the kernels in processes whose runtime pretends that the processor lacks instructions, so that one machine tests every fallback.</summary>
public sealed class InstructionSetTests
{
    /// <summary>Tells a child process what was switched off and what is left.</summary>
    private const string ChildMark = "SEEKSHARP_TEST_CHILD";

    [Theory]
    [InlineData("DOTNET_EnableAVX512", KernelLevel.Vector256)]
    [InlineData("DOTNET_EnableAVXVNNI", null)]
    [InlineData("DOTNET_EnableAVX2", KernelLevel.Vector128)]
    [InlineData("DOTNET_EnableSSE42", KernelLevel.Vector128)]
    [InlineData("DOTNET_EnableHWIntrinsic", KernelLevel.Scalar)]
    public async Task ResultsStayTheSameWithout(string setting, KernelLevel? bestWithout)
    {
        if (KernelLevels.Best < KernelLevel.Vector512) Assert.Skip("This processor has no AVX-512 to switch off.");
        KernelLevel best = bestWithout ?? KernelLevels.Best;
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(InstructionSetTests).Assembly.Location);
        foreach (string argument in new[] { "-method", $"{typeof(InstructionSetTests).FullName}.{nameof(InTheChildProcess)}", "-explicit", "only", "-noLogo", "-noColor" })
            start.ArgumentList.Add(argument);
        start.Environment[setting] = "0";
        start.Environment[ChildMark] = $"{setting}={best}";
        using Process child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(child.ExitCode == 0, await output + await errors);
        Assert.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", await output, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void InTheChildProcess()
    {
        string[] parts = Environment.GetEnvironmentVariable(ChildMark)!.Split('=');
        Assert.Equal(Enum.Parse<KernelLevel>(parts[1]), KernelLevels.Best);
        Assert.True(parts[0] switch
        {
            "DOTNET_EnableAVX512" => !Avx512BW.IsSupported && Avx2.IsSupported,
            "DOTNET_EnableAVXVNNI" => !AvxVnni.IsSupported && Avx512BW.IsSupported,
            "DOTNET_EnableAVX2" => !Avx2.IsSupported && Vector128.IsHardwareAccelerated,
            "DOTNET_EnableSSE42" => !Ssse3.IsSupported && Vector128.IsHardwareAccelerated,
            _ => !Vector128.IsHardwareAccelerated,
        });
        foreach (TensorType type in Enum.GetValues<TensorType>()) MatrixProductsTests.Verify(type, 17, RandomMatrix.Columns(type, 2), [1, 5]);
        var operations = new VectorOperationsTests();
        foreach (KernelLevel level in Enum.GetValues<KernelLevel>().Where(KernelLevels.IsSupported))
        {
            operations.RmsNorm(level);
            operations.AddAndAddScaled(level);
            operations.SwiGlu(level);
        }

        var quantizer = new ActivationQuantizerTests();
        quantizer.RandomRows(44);
        quantizer.Blocks_at_the_edges();
        quantizer.Halves_are_rounded_to_even();
    }
}

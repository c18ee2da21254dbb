using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace SeekSharp.Tests.Models;

/// <summary>Floats [rows, columns], and what tests ask about two of them.</summary>
internal sealed record Matrix(int Rows, int Columns, float[] Values)
{
    public Matrix(int rows, int columns) : this(rows, columns, new float[rows * columns]) { }

    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Columns, Columns);

    /// <summary>The last <paramref name="count"/> rows.</summary>
    public Matrix Last(int count) => new(count, Columns, Values[^(count * Columns)..]);

    /// <summary>Reads a file of NumPy, version 1, float32, two dimensions.</summary>
    public static Matrix ReadNpy(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int headerLength = BitConverter.ToUInt16(file, 8);
        string header = Encoding.ASCII.GetString(file, 10, headerLength);
        Match shape = Regex.Match(header, @"'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\)", RegexOptions.CultureInvariant);
        Assert.True(shape.Success, $"{path}: {header}");
        int rows = int.Parse(shape.Groups[1].Value, CultureInfo.InvariantCulture), columns = int.Parse(shape.Groups[2].Value, CultureInfo.InvariantCulture);
        float[] values = MemoryMarshal.Cast<byte, float>(file.AsSpan(10 + headerLength)).ToArray();
        Assert.Equal(rows * columns, values.Length);
        return new Matrix(rows, columns, values);
    }

    /// <summary>The greatest, over the rows, of |this - expected| / |expected|.</summary>
    public double RelativeRms(Matrix expected) => RelativeRmsPerRow(expected).Max();

    public IEnumerable<double> RelativeRmsPerRow(Matrix expected)
    {
        Assert.Equal((expected.Rows, expected.Columns), (Rows, Columns));
        for (int row = 0; row < Rows; row++)
        {
            double error = 0, size = 0;
            for (int i = row * Columns; i < (row + 1) * Columns; i++)
            {
                double difference = (double)Values[i] - expected.Values[i];
                error += difference * difference;
                size += (double)expected.Values[i] * expected.Values[i];
            }

            // Not a number, and a row of zeros, must not pass as a small error.
            double relative = Math.Sqrt(error / size);
            yield return double.IsFinite(relative) ? relative : double.PositiveInfinity;
        }
    }

    /// <summary>The greatest, over the rows, of KL(softmax(this) || softmax(other)), in nats.</summary>
    public double Divergence(Matrix other)
    {
        Assert.Equal((other.Rows, other.Columns), (Rows, Columns));
        return Enumerable.Range(0, Rows).Max(row => Divergence(Row(row), other.Row(row)));
    }

    /// <summary>Fails unless every bit is the same.</summary>
    public void AssertSameBits(Matrix expected, string what)
    {
        Assert.Equal((expected.Rows, expected.Columns), (Rows, Columns));
        for (int i = 0; i < Values.Length; i++)
            if (BitConverter.SingleToInt32Bits(Values[i]) != BitConverter.SingleToInt32Bits(expected.Values[i]))
                Assert.Fail($"{what}: row {i / Columns}, column {i % Columns} is {Values[i]:R}, not {expected.Values[i]:R}.");
    }

    private static double Divergence(ReadOnlySpan<float> p, ReadOnlySpan<float> q)
    {
        double pSum = LogSum(p), qSum = LogSum(q), divergence = 0;
        for (int i = 0; i < p.Length; i++) divergence += Math.Exp(p[i] - pSum) * (p[i] - pSum - (q[i] - qSum));
        return double.IsFinite(divergence) ? divergence : double.PositiveInfinity;
    }

    private static double LogSum(ReadOnlySpan<float> logits)
    {
        double most = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits) most = Math.Max(most, logit);
        foreach (float logit in logits) sum += Math.Exp(logit - most);
        return most + Math.Log(sum);
    }
}

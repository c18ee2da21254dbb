using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Tests.Tasks;

public sealed class ArithmeticExpressionTests
{
    [Theory]
    [InlineData("3*7+12", 33, 1)]
    [InlineData("(3 + 7) * 12", 120, 1)]
    [InlineData("2-3-4", -5, 1)]
    [InlineData("12/8", 3, 2)]
    [InlineData("1/3+1/6", 1, 2)]
    [InlineData("8/(3-8/3)", 24, 1)]
    [InlineData("6÷(1-4)", -2, 1)]
    public void Computes_exactly(string text, long numerator, long denominator)
    {
        Assert.True(ArithmeticExpression.TryCompute(text, out long top, out long bottom, out _));
        Assert.Equal((numerator, denominator), (top, bottom));
    }

    [Fact]
    public void Lists_the_numbers()
    {
        Assert.True(ArithmeticExpression.TryCompute("(3+17)*4", out _, out _, out IReadOnlyList<long> numbers));
        Assert.Equal([3, 17, 4], numbers);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1+")]
    [InlineData("(1")]
    [InlineData("1)")]
    [InlineData("1/0")]
    [InlineData("1/(2-2)")]
    [InlineData("-1")]
    [InlineData("1 2")]
    [InlineData("1.5")]
    [InlineData("x")]
    [InlineData("1234567890")]
    [InlineData("999999999*999999999*999999999")]
    public void Refuses_the_rest(string text) => Assert.False(ArithmeticExpression.TryCompute(text, out _, out _, out _));

    [Fact]
    public void Refuses_what_is_deep_or_long()
    {
        Assert.False(ArithmeticExpression.TryCompute(new string('(', 100) + "1" + new string(')', 100), out _, out _, out _));
        Assert.True(ArithmeticExpression.TryCompute(new string('(', 32) + "1" + new string(')', 32), out _, out _, out _));
        Assert.False(ArithmeticExpression.TryCompute(string.Join('+', Enumerable.Repeat("1", 200)), out _, out _, out _));
    }
}

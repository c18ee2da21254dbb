using System.Diagnostics;
using System.Text.Json;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Tokenizers;

public sealed class FormCTests
{
    [Fact]
    public void Form_c_is_that_of_others()
    {
        foreach (JsonElement pair in Vectors.Read("form-c").EnumerateArray())
            Assert.Equal(pair[1].GetString(), FormC.Normalize(pair[0].GetString()).ToString());
    }

    [Fact]
    public void Text_in_form_c_stays_as_it_is()
    {
        foreach (JsonElement pair in Vectors.Read("form-c").EnumerateArray())
            Assert.Equal(pair[1].GetString(), FormC.Normalize(pair[1].GetString()).ToString());
    }

    [Fact]
    public void A_long_run_of_marks_takes_no_long_time()
    {
        long start = Stopwatch.GetTimestamp();
        FormC.Normalize(string.Concat(Enumerable.Repeat("\u0301\u0323", 50_000)));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1));
    }
}

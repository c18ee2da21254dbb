using System.Text;
using SeekSharp.Hub;

namespace SeekSharp.Tests.Hub;

public sealed class HostileHubTests : PullFixture
{
    [Theory]
    [InlineData("../evil.gguf")]
    [InlineData("..\\evil.gguf")]
    [InlineData("/etc/evil.gguf")]
    [InlineData("a/../../evil.gguf")]
    [InlineData("C:evil.gguf")]
    [InlineData("a//evil.gguf")]
    [InlineData("con.gguf")]
    [InlineData("LPT1.x.gguf")]
    [InlineData(" .gguf")]
    [InlineData("a\u0000b.gguf")]
    [InlineData("a\nb.gguf")]
    [InlineData("a\u001b[2Jb.gguf")]
    [InlineData("a?b.gguf")]
    public async Task Names_that_leave_their_folder_are_refused(string path)
    {
        Hub.Add(path, 100);
        string message = await PullFailsAsync();
        Assert.Contains("not safe", message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
        Assert.Empty(Hub.ContentRequests);
        RequireNothingWhole();
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(Folder)!, "evil*"));
    }

    [Fact]
    public async Task Long_names_and_two_files_for_one_place_are_refused()
    {
        Hub.Add(new string('a', 300) + ".gguf", 100);
        Assert.Contains("not safe", await PullFailsAsync(), StringComparison.Ordinal);
        Hub.Remove(new string('a', 300) + ".gguf");
        Hub.Add("seek-model.json", 100);
        Assert.Contains("not safe", await PullFailsAsync($"{Name}:seek-model.json"), StringComparison.Ordinal);
        Hub.Add("config.json", 100);
        Hub.Add("model-00001-of-00002.safetensors", 100);
        Hub.Answer = request => request.Target.Contains("/tree/", StringComparison.Ordinal)
            ? TestHub.Json($"[{TestHub.Entry("config.json", [1], true)},{TestHub.Entry("model.safetensors", [1], true)},{TestHub.Entry("model.safetensors", [2], true)}]")
            : null;
        Assert.Contains("two files", await PullFailsAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("<html></html>")]
    [InlineData("""[{"type":"file"}]""")]
    [InlineData("""[{"type":"file","path":""}]""")]
    [InlineData("""[{"type":"file","path":"a.gguf","size":1}]""")]
    [InlineData("""[{"type":"file","path":"a.gguf","size":-1,"oid":"0123456789012345678901234567890123456789"}]""")]
    [InlineData("""[{"type":"file","path":"a.gguf","size":1e30,"oid":"0123456789012345678901234567890123456789"}]""")]
    [InlineData("""[{"type":"file","path":"a.gguf","size":9223372036854775807,"oid":"0123456789012345678901234567890123456789"}]""")]
    [InlineData("""[{"type":"file","path":"a.gguf","size":"1","oid":"0123456789012345678901234567890123456789"}]""")]
    [InlineData("""[{"type":"file","path":"a.gguf","size":1,"oid":"xyz"}]""")]
    [InlineData("""[{"type":"file","path":"a.gguf","size":1,"oid":"0123456789012345678901234567890123456789","lfs":{}}]""")]
    [InlineData("""[{"type":"file","path":"\ud800","size":1,"oid":"0123456789012345678901234567890123456789"}]""")]
    [InlineData("""[{"\ud800":1,"type":"file"}]""")]
    [InlineData("""[1,"x",[],{"type":7}]""")]
    public async Task Lists_that_make_no_sense_are_errors(string json)
    {
        Hub.Answer = request => request.Target.Contains("/tree/", StringComparison.Ordinal) ? TestHub.Json(json) : null;
        await PullFailsAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"sha":"main"}""")]
    [InlineData("""{"sha":"../../../../../../../../../../../../../x"}""")]
    [InlineData("""{"sha":7}""")]
    public async Task Commits_that_are_none_are_errors(string json)
    {
        Hub.Answer = _ => TestHub.Json(json);
        await PullFailsAsync();
    }

    [Fact]
    public async Task Endless_lists_end()
    {
        string page = $"[{string.Join(',', Enumerable.Range(0, 2000).Select(i => TestHub.Entry($"{i}.txt", [], false)))}]";
        Hub.Answer = request => request.Target.Contains("/tree/", StringComparison.Ordinal)
            ? TestHub.Json(page) with { Headers = [("Link", $"<{request.Target}>; rel=\"next\"")] }
            : null;
        Assert.Contains("100000 files", await PullFailsAsync(), StringComparison.Ordinal);
        byte[] endless = Encoding.ASCII.GetBytes(new string('[', 17 << 20));
        Hub.Answer = request => request.Target.Contains("/tree/", StringComparison.Ordinal) ? new TestAnswer(200, endless) : null;
        Assert.Contains("more than", await PullFailsAsync(), StringComparison.Ordinal);
        Hub.Answer = request => request.Target.Contains("/tree/", StringComparison.Ordinal) ? TestHub.Json(new string('[', 100_000)) : null;
        await PullFailsAsync();
    }

    [Fact]
    public async Task Lists_do_not_continue_at_other_hosts()
    {
        Hub.Answer = request => request.Target.Contains("/tree/", StringComparison.Ordinal)
            ? TestHub.Json("[]") with { Headers = [("Link", $"<{Hub.CdnAddress}/api>; rel=\"next\"")] }
            : null;
        Assert.Contains("another host", await PullFailsAsync(options: Options("hf_secret")), StringComparison.Ordinal);
        Assert.DoesNotContain(Hub.Requests, request => request.AtCdn);
    }

    [Fact]
    public async Task Files_larger_than_any_disk_are_refused_before_the_transfer()
    {
        Hub.Answer = request => request.Target.Contains("/tree/", StringComparison.Ordinal)
            ? TestHub.Json($$"""[{"type":"file","path":"a.gguf","oid":"{{TestHub.Commit}}","size":{{1L << 44}}}]""")
            : null;
        using HubClient client = new(new HubOptions { Endpoint = Hub.Endpoint });
        HubException failure = await Assert.ThrowsAsync<HubException>(() => Store.PullAsync(client, ModelName.Parse(Name)));
        Assert.Contains("free", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Hub.ContentRequests);
    }

    [Theory]
    [InlineData("ftp://host")]
    [InlineData("https://user:password@host")]
    [InlineData("https://host/?x=1")]
    public void Endpoints_are_plain_addresses(string address) =>
        Assert.Throws<HubException>(() => new HubClient(new HubOptions { Endpoint = new Uri(address) }));

    [Fact]
    public void Tokens_are_checked_and_never_shown()
    {
        foreach (var (endpoint, token) in new[] { ("https://host", "bad token"), ("https://host", "bad\ntoken"), ("http://host", "bad-token"), ("https://host", "") })
        {
            string message = Assert.Throws<HubException>(() => new HubClient(new HubOptions { Endpoint = new Uri(endpoint), Token = token })).Message;
            Assert.DoesNotContain("bad", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("model")]
    [InlineData("../model")]
    [InlineData("org/..")]
    [InlineData("org/model/file")]
    [InlineData("org/model:")]
    [InlineData("org/nul")]
    [InlineData("/etc/passwd")]
    [InlineData("org/mod el")]
    [InlineData("https://huggingface.co/org/model")]
    public void Names_of_models_are_two_words(string name) => Assert.Contains("owner/repository", Assert.Throws<HubException>(() => ModelName.Parse(name)).Message, StringComparison.Ordinal);
}

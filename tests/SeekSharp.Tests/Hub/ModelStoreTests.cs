using SeekSharp.Hub;

namespace SeekSharp.Tests.Hub;

public sealed class ModelStoreTests : PullFixture
{
    [Fact]
    public async Task Models_are_found_by_path_and_by_names_that_fit_one()
    {
        Hub.Add("a-Q4_0.gguf", 1000);
        Hub.Add("a-Q8_0.gguf", 2000);
        string small = (await PullAsync($"{Name}:Q4_0")).Path;
        foreach (string name in new[] { "org/model:Q4_0", "ORG/Model:q4_0", "org/model", "model", "model:Q4_0", small, Folder }) Assert.Equal(name == Folder ? Folder : small, Store.Resolve(name));
        string large = (await PullAsync($"{Name}:Q8_0")).Path;
        Assert.Equal(large, Store.Resolve("model:Q8_0"));
        foreach (string name in new[] { "model", "org/model" }) Fails(name, "org/model:Q4_0, org/model:Q8_0", "full name");
        Fails("other", "'other'", "org/model:Q4_0, org/model:Q8_0", "seek pull");
        Fails("", "''");
        Store.Remove(Store.Find("model:Q4_0"));
        Assert.Equal(large, Store.Resolve("model"));
    }

    [Fact]
    public void An_empty_store_says_how_to_pull() => Fails("org/model", "no model is pulled yet", "seek pull");

    [Fact]
    public async Task Files_that_changed_are_not_a_model()
    {
        Hub.Add("a.gguf", 1000);
        string path = (await PullAsync()).Path;
        File.WriteAllBytes(path, new byte[999]);
        Fails("model", "changed", "seek pull org/model:a");
        File.Delete(path);
        Fails("model", "missing", "seek pull org/model:a");
        await PullAsync();
        Assert.Equal(1000, new FileInfo(Store.Resolve("model")).Length);
    }

    [Fact]
    public async Task Broken_off_pulls_are_listed_and_can_be_removed()
    {
        Hub.Add("a.gguf", 100_000);
        Hub.Answer = request => request.AtCdn && Hub.SentBytes > 50_000 ? new TestAnswer(503) : null;
        await PullFailsAsync(options: Options(attempts: 1));
        StoredModel model = Assert.Single(Store.List());
        Assert.False(model.IsComplete);
        Fails("model", "broken off", "seek pull org/model:a");
        Store.Remove(model);
        Assert.Empty(Store.List());
        Assert.Empty(Directory.EnumerateFiles(Folder, "*.part*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Removing_takes_what_was_pulled_and_nothing_else()
    {
        Hub.Add("config.json", 10, isLarge: false);
        Hub.Add("model.safetensors", 1000);
        StoredModel model = await PullAsync();
        string own = Path.Combine(model.Path, "notes.txt");
        File.WriteAllText(own, "mine");
        Store.Remove(model);
        Assert.Equal([own], Directory.EnumerateFiles(model.Path));
        Assert.Empty(Store.List());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"name":"org/other","endpoint":"","revision":"","commit":"","pulled":"2026-01-01","main_file":null,"files":[]}""")]
    [InlineData("""{"name":"org/model","endpoint":"","revision":"","commit":"","pulled":"never","main_file":null,"files":[]}""")]
    [InlineData("""{"name":"org/model","endpoint":"","revision":"","commit":"","pulled":"2026-01-01","main_file":"../x","files":[]}""")]
    [InlineData("""{"name":"org/model","endpoint":"","revision":"","commit":"","pulled":"2026-01-01","main_file":null,"files":[{"name":"../../x","size":1,"hash":"git-sha1:0123456789012345678901234567890123456789"}]}""")]
    [InlineData("""{"name":"org/model","endpoint":"","revision":"","commit":"","pulled":"2026-01-01","main_file":null,"files":[{"name":"x","size":-1,"hash":"git-sha1:0123456789012345678901234567890123456789"}]}""")]
    public void Manifests_that_make_no_sense_are_no_models(string json)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Folder, "org", "model")).FullName;
        File.WriteAllText(Path.Combine(folder, "seek-model.json"), json);
        Assert.Empty(Store.List());
    }

    [Fact]
    public void Tokens_are_kept_for_one_host_and_one_user()
    {
        Uri hub = new("https://hub.example"), other = new("https://other.example");
        string path = TokenStore.Write(Folder, hub, "hf_secret");
        Assert.Equal("hf_secret", TokenStore.Read(Folder, hub));
        Assert.Null(TokenStore.Read(Folder, other));
        Assert.Null(TokenStore.Read(Folder, new Uri("http://hub.example")));
        Assert.Throws<HubException>(() => TokenStore.Write(Folder, hub, "two words"));
        if (OperatingSystem.IsWindows()) return; // it has no such rights
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<HubException>(() => TokenStore.Read(Folder, hub)).Message, StringComparison.Ordinal);
    }

    private void Fails(string name, params string[] parts)
    {
        string message = Assert.Throws<HubException>(() => Store.Resolve(name)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }
}

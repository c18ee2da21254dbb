using Microsoft.Extensions.AI;
using SeekSharp.Cli.Chat;

namespace SeekSharp.Cli.Tests.Chat;

public sealed class ChatFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("seek-tests-").FullName;

    private string File => Path.Combine(_folder, "chat.json");

    [Fact]
    public void What_was_saved_is_loaded_by_its_owner_alone()
    {
        var saved = new ChatFile("be \"brief\"", [new(ChatRole.User, "hé\n\U0001F600"), ChatSession.CreateAnswer("yes", "hm"), new(ChatRole.User, ""), ChatSession.CreateAnswer("no", "")]);
        saved.Save(File);
        saved.Save(File);
        ChatFile loaded = ChatFile.Load(File);
        Assert.Equal(saved.System, loaded.System);
        Assert.Equal(saved.Messages.Select(message => (message.Role, message.Text)), loaded.Messages.Select(message => (message.Role, message.Text)));
        Assert.Equal("hm", Assert.Single(loaded.Messages[1].Contents.OfType<TextReasoningContent>()).Text);
        Assert.Empty(loaded.Messages[3].Contents.OfType<TextReasoningContent>());
        Assert.Equal([File], Directory.GetFiles(_folder));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public void A_save_that_fails_leaves_nothing_behind()
    {
        Directory.CreateDirectory(File);
        Assert.ThrowsAny<Exception>(() => new ChatFile(null, []).Save(File));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"kind":"other","version":1,"messages":[]}""")]
    [InlineData("""{"kind":"seeksharp-chat","version":2,"messages":[]}""")]
    [InlineData("""{"kind":"seeksharp-chat","version":"1","messages":[]}""")]
    [InlineData("""{"kind":"seeksharp-chat","version":1,"messages":{}}""")]
    [InlineData("""{"kind":"seeksharp-chat","version":1,"messages":[1]}""")]
    [InlineData("""{"kind":"seeksharp-chat","version":1,"messages":[{"role":"system","content":"x"},{"role":"assistant","content":"y"}]}""")]
    [InlineData("""{"kind":"seeksharp-chat","version":1,"messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("""{"kind":"seeksharp-chat","version":1,"messages":[{"role":"user","content":null},{"role":"assistant","content":"y"}]}""")]
    [InlineData("""{"kind":"seeksharp-chat","version":1,"messages":[{"role":"user","content":"\ud800"},{"role":"assistant","content":"y"}]}""")]
    [InlineData("""{"kind":"seeksharp-chat","version":1,"system":3,"messages":[]}""")]
    [InlineData("""{"kind":"seeksharp-chat","version":99999999999,"messages":[]}""")]
    public void Other_files_are_refused(string text)
    {
        System.IO.File.WriteAllText(File, text);
        Assert.Contains(File, Assert.Throws<CommandException>(() => ChatFile.Load(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        System.IO.File.WriteAllText(File, new string('[', 100_000));
        Assert.Throws<CommandException>(() => ChatFile.Load(File));
    }

    [Fact]
    public void History_is_kept_where_the_user_says()
    {
        var history = new InputHistory(File);
        Assert.Null(history.Older("x"));
        foreach (string entry in new[] { "one", "two\nlines \"q\"", "two\nlines \"q\"", " " }) history.Add(entry);
        history = new InputHistory(File);
        Assert.Equal(["one", "two\nlines \"q\""], history.Entries);
        Assert.Equal("two\nlines \"q\"", history.Older("draft"));
        Assert.Equal("one", history.Older("?"));
        Assert.Null(history.Older("?"));
        Assert.Equal("two\nlines \"q\"", history.Newer());
        Assert.Equal("draft", history.Newer());
        Assert.Null(history.Newer());
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        System.IO.File.WriteAllText(File, "one\n");
        Assert.Throws<CommandException>(() => new InputHistory(File));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

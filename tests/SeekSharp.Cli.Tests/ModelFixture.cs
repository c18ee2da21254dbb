namespace SeekSharp.Cli.Tests;

/// <summary>A folder with tiny models for the tests of one class.</summary>
public sealed class ModelFixture : IDisposable
{
    public ModelFixture()
    {
        Folder = Directory.CreateTempSubdirectory("seek-tests-").FullName;
        Model = PathOf("tiny.gguf");
        ChatModel = PathOf("chat.gguf");
        TinyModel.Write(Model);
        BrokenChatModel = PathOf("broken.gguf");
        ThinkingModel = PathOf("thinking.gguf");
        TinyModel.Write(ChatModel, "{{ messages[0].content }}");
        TinyModel.Write(BrokenChatModel, "{% if %}");
        ScriptedModel.Write(ThinkingModel, ScriptedModel.Thinking, ScriptedModel.ThinkingTemplate);
    }

    public string Folder { get; }

    public string Model { get; }

    public string ChatModel { get; }

    public string BrokenChatModel { get; }

    /// <summary>Says what <see cref="ScriptedModel.Thinking"/> is.</summary>
    public string ThinkingModel { get; }

    public string PathOf(string name) => Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

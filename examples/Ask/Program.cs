using Microsoft.Extensions.AI;
using SeekSharp.Chat;

using IChatClient client = new SeekChatClient("model.gguf");
await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Why is the sky blue?"))
{
    foreach (TextReasoningContent thought in update.Contents.OfType<TextReasoningContent>())
        Console.Error.Write(thought.Text);
    Console.Write(update.Text);
}

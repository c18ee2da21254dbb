using Microsoft.Extensions.AI;

namespace SeekSharp.Cli.Chat;

/// <summary>Shows one reply.</summary>
internal interface IReplyView
{
    /// <summary>Shows what is new.</summary>
    void Write(ChatResponseUpdate update);

    /// <summary>The reply ended, by itself or because the user stopped it.</summary>
    void End(Turn turn);

    /// <summary>The reply failed; why is said elsewhere.</summary>
    void Fail();
}

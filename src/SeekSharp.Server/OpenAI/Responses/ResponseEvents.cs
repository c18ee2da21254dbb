using System.Text;
using SeekSharp.Chat;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Json;
using SeekSharp.Server.Replies;

namespace SeekSharp.Server.OpenAI.Responses;

/// <summary>Sends a response as events: each part is begun, grows and is closed.</summary>
internal sealed class ResponseEvents(EventStream stream)
{
    private readonly StringBuilder _text = new();
    private int _sequence;
    private OutputItem? _item;
    private ReplyPart _part;

    /// <summary>The parts that are closed.</summary>
    public ResponseOutput Output { get; } = new();

    private int Index => Output.Items.Length;

    private string Kind => _part == ReplyPart.Reasoning ? "response.reasoning_text" : "response.output_text";

    /// <summary>Sends how the response as a whole is.</summary>
    public ValueTask SendAsync(string type, ResponseObject response) => SendAsync(Event(type) with { Response = response });

    /// <summary>Sends some text.</summary>
    public async ValueTask SendAsync(ReplyPiece piece)
    {
        if (_item is null || piece.Part != _part)
        {
            if (_item is not null) await CloseAsync();
            await OpenAsync(piece.Part);
        }

        _text.Append(piece.Text);
        await SendAsync(Event($"{Kind}.delta") with { ItemId = _item!.Id, OutputIndex = Index, ContentIndex = 0, Delta = piece.Text });
    }

    /// <summary>Closes the part that is open. A response has at least one part.</summary>
    public async ValueTask CloseAsync()
    {
        if (_item is null)
        {
            if (Index > 0) return;
            await OpenAsync(ReplyPart.Answer);
        }

        OutputItem item = _item!;
        string text = _text.ToString();
        int index = Index;
        await SendAsync(Event($"{Kind}.done") with { ItemId = item.Id, OutputIndex = index, ContentIndex = 0, Text = text });
        await SendAsync(Event("response.content_part.done") with { ItemId = item.Id, OutputIndex = index, ContentIndex = 0, Part = ResponseOutput.ContentOf(_part, text) });
        await SendAsync(Event("response.output_item.done") with { OutputIndex = index, Item = Output.Add(item, _part, text) });
        _item = null;
        _text.Clear();
    }

    /// <summary>Sends what went wrong.</summary>
    public ValueTask SendErrorAsync(ApiException error) => SendAsync(Event("error") with { Message = error.Message, Code = error.Code ?? error.Type });

    private async ValueTask OpenAsync(ReplyPart part)
    {
        _part = part;
        _item = ResponseOutput.Begin(part);
        await SendAsync(Event("response.output_item.added") with { OutputIndex = Index, Item = _item });
        await SendAsync(Event("response.content_part.added") with { ItemId = _item.Id, OutputIndex = Index, ContentIndex = 0, Part = ResponseOutput.ContentOf(part, "") });
    }

    private ResponseEvent Event(string type) => new(type, _sequence++);

    private ValueTask SendAsync(ResponseEvent message) => stream.WriteAsync(message, ServerJson.Relaxed.ResponseEvent, message.Type);
}

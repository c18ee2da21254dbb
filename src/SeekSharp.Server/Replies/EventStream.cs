using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SeekSharp.Server.Replies;

/// <summary>Writes server-sent events. One caller at a time.</summary>
/// <param name="context">The request.</param>
/// <param name="keepAlive">How often a stream that has nothing to say says that it is alive.</param>
internal sealed class EventStream(HttpContext context, TimeSpan keepAlive)
{
    private static readonly byte[] s_keepAlive = ": keep-alive\n\n"u8.ToArray(), s_done = "data: [DONE]\n\n"u8.ToArray();

    /// <summary>Sends the headers: from here on an error can only be an event.</summary>
    public Task BeginAsync()
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // proxies must not collect events
        return context.Response.StartAsync(context.RequestAborted);
    }

    /// <summary>Sends an event.</summary>
    /// <param name="value">Its data.</param>
    /// <param name="type">What that is.</param>
    /// <param name="name">Its name, or null.</param>
    public async ValueTask WriteAsync<T>(T value, JsonTypeInfo<T> type, string? name = null)
    {
        PipeWriter body = context.Response.BodyWriter;
        if (name is not null)
        {
            Append(body, "event: "u8);
            Encoding.UTF8.GetBytes(name, body);
            Append(body, "\n"u8);
        }

        Append(body, "data: "u8);
        // Events need their data on one line: the writer does not indent.
        using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true })) JsonSerializer.Serialize(json, value, type);
        Append(body, "\n\n"u8);
        await body.FlushAsync(context.RequestAborted);
    }

    /// <summary>Sends OpenAI's end of a stream.</summary>
    public async ValueTask WriteDoneAsync() => await context.Response.BodyWriter.WriteAsync(s_done, context.RequestAborted);

    /// <summary>Hands on what comes, and sends a comment now and then while nothing does.</summary>
    public async IAsyncEnumerable<T> WaitFor<T>(IAsyncEnumerable<T> source, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await using IAsyncEnumerator<T> enumerator = source.GetAsyncEnumerator(cancellation);
        while (true)
        {
            ValueTask<bool> next = enumerator.MoveNextAsync();
            bool has = next.IsCompleted ? await next : await WaitAsync(next.AsTask());
            if (!has) yield break;
            yield return enumerator.Current;
        }
    }

    private async Task<bool> WaitAsync(Task<bool> next)
    {
        while (true)
        {
            try
            {
                return await next.WaitAsync(keepAlive);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                // Without the client's cancellation: an enumerator must not be given up while it runs, and the cancellation ends it anyway.
                await context.Response.BodyWriter.WriteAsync(s_keepAlive, CancellationToken.None);
            }
        }
    }

    private static void Append(PipeWriter body, ReadOnlySpan<byte> text)
    {
        text.CopyTo(body.GetSpan(text.Length));
        body.Advance(text.Length);
    }
}

using SeekSharp.Chat;
using SeekSharp.Inference;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Models;
using SeekSharp.Server.Replies;

namespace SeekSharp.Server.OpenAI;

/// <summary>Reads what a body of POST /chat/completions wants.</summary>
internal static class ChatCompletionReader
{
    private const int MostReplies = 16;

    /// <summary>Reads a request.</summary>
    /// <exception cref="ApiException">A field has a value that it cannot have, or asks for what is not there yet.</exception>
    public static ReplyRequest Read(ChatCompletionRequest body, ModelRegistry models)
    {
        ModelChoice model = models.Find(body.Model);
        RequireText(body.ResponseFormat?.Type, "response_format");
        ThinkingFields thinking = ThinkingFields.Read(
            model.Thinking, body.Thinking?.Type, body.Thinking?.BudgetTokens, body.ReasoningEffort, "reasoning_effort");
        GenerationOptions options = new SamplingFields
        {
            Temperature = body.Temperature,
            TopP = body.TopP,
            TopK = body.TopK,
            MinP = body.MinP,
            FrequencyPenalty = body.FrequencyPenalty,
            PresencePenalty = body.PresencePenalty,
            LogitBias = body.LogitBias,
            Seed = body.Seed,
            MaxTokens = body.MaxCompletionTokens is null ? ("max_tokens", body.MaxTokens) : ("max_completion_tokens", body.MaxCompletionTokens),
            Stop = ("stop", body.Stop),
            LogProbabilities = body.Logprobs == true,
            TopLogProbabilities = body.TopLogprobs,
        }.Read();
        ChatRequest chat = ConversationReader.Read(body.Messages) with
        {
            Tools = ConversationReader.ReadTools(body.Tools, body.ToolChoice),
            Thinking = thinking.Thinks,
            Effort = thinking.Effort,
            Generation = options with { ReasoningBudget = thinking.Budget },
        };
        return new ConversationRequest(model, chat) { Count = ReadCount(body.N) };
    }

    /// <summary>Refuses forms of replies that cannot be held to yet.</summary>
    public static void RequireText(string? format, string name)
    {
        if (format is null or "text") return;
        if (format is "json_object" or "json_schema")
            throw ApiException.Unsupported(name, $"'{name}' can only be text: replies cannot be held to JSON yet. Ask for JSON in the prompt.");
        throw ApiException.Invalid(name, $"'{name}' has an unknown type; it can only be text.");
    }

    /// <summary>Number of replies.</summary>
    public static int ReadCount(int? n) => n is { } count ? SamplingFields.Whole("n", count, 1, MostReplies) : 1;
}

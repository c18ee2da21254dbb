using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using SeekSharp.Chat;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers local models as services.</summary>
public static class SeekSharpServiceCollectionExtensions
{
    /// <summary>
    /// Registers a local model as the one <see cref="IChatClient"/> (and as <see cref="SeekChatClient"/>) of an application. It is loaded when it is
    /// first asked for, and freed with the service provider. The application's logging is used.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="modelPath">GGUF file (any part of a split one) or Hugging Face folder.</param>
    /// <param name="configure">Changes the options: <c>options => options with { ContextLength = 16_384 }</c>. Null takes the defaults.</param>
    /// <returns>The services.</returns>
    /// <remarks>
    /// Middleware goes around it with <c>services.AddChatClient(provider => provider.GetRequiredService&lt;SeekChatClient&gt;()).UseLogging()</c>.
    /// </remarks>
    public static IServiceCollection AddSeekSharp(
        this IServiceCollection services, string modelPath, Func<SeekChatClientOptions, SeekChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        services.AddSingleton(provider =>
        {
            var options = new SeekChatClientOptions { LoggerFactory = provider.GetService<ILoggerFactory>() };
            return new SeekChatClient(modelPath, configure is null ? options : configure(options));
        });
        return services.AddSingleton<IChatClient>(provider => provider.GetRequiredService<SeekChatClient>());
    }
}

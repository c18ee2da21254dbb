using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace SeekSharp.Server.Security;

/// <summary>The origin of a page that may read the reply.</summary>
internal sealed record AllowedOrigin(string Origin)
{
    public void AddTo(IHeaderDictionary headers)
    {
        headers.AccessControlAllowOrigin = Origin;
        headers.AccessControlExposeHeaders = $"{RequestId.Header}, {HeaderNames.RetryAfter}";
        headers.Vary = HeaderNames.Origin;
    }
}

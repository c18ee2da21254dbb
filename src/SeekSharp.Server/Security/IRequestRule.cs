using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Errors;

namespace SeekSharp.Server.Security;

/// <summary>Decides on requests by their headers, before anybody reads a body.</summary>
internal interface IRequestRule
{
    /// <returns>Why the request is refused, or null.</returns>
    ApiException? Check(HttpContext context);
}

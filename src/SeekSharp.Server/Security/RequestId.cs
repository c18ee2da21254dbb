using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace SeekSharp.Server.Security;

/// <summary>Names each request, in its reply and in the log. The number is random: it says nothing about client or content.</summary>
internal static class RequestId
{
    public const string Header = "x-request-id";

    public static void Assign(HttpContext context) => context.TraceIdentifier = $"req_{RandomNumberGenerator.GetHexString(24, lowercase: true)}";
}

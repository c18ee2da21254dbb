namespace SeekSharp.Server.Security;

/// <summary>What is kept of an API key: enough to recognise it, too little to use it.</summary>
/// <param name="Id">Names the key in lists, logs and caches.</param>
/// <param name="Name">What its maker calls it; may be empty.</param>
/// <param name="Created">Day on which it was made.</param>
/// <param name="Salt">Random bytes that go into the hash.</param>
/// <param name="Hash">Hash of the salt and the secret part of the key.</param>
/// <param name="RequestsPerMinute">Its limit of requests; null: the server's, 0: none.</param>
/// <param name="TokensPerMinute">Its limit of tokens; null: the server's, 0: none.</param>
internal sealed record ApiKey(string Id, string Name, DateOnly Created, byte[] Salt, byte[] Hash, int? RequestsPerMinute, int? TokensPerMinute);

using SeekSharp.Hub;
using SeekSharp.Inference;
using SeekSharp.Server;
using SeekSharp.Server.Security;
using SeekSharp.Weights;

namespace SeekSharp.Cli.Data;

/// <summary>Everything that SeekSharp keeps on disk by itself. What users write, such as saved chats and converted models, lies where they said.</summary>
internal static class DataInventory
{
    private const string Keys = "keys", Prefixes = "prefix-cache", PackedWeights = "packed-weights", PulledModels = "models", HubTokens = "tokens";

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<string> Names { get; } = [Keys, Prefixes, PackedWeights, PulledModels, HubTokens];

    /// <summary>What a kind is, and what is lost with it.</summary>
    public static string Describe(string name) => name switch
    {
        Keys => "API keys of the server, which are kept as hashes: apps that use them lose access",
        Prefixes => "computed beginnings of prompts, as 'seek serve' keeps them: the next prompt takes as long as the first",
        PackedWeights => "models as they are in memory: they load slowly once after that",
        PulledModels => "pulled models, and pulls that were broken off",
        HubTokens => "access tokens of hubs",
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    /// <summary>What there is now.</summary>
    public static IReadOnlyList<StoredData> All() => [.. Names.Select(Find)];

    private static StoredData Find(string name)
    {
        switch (name)
        {
            case Keys:
                var keys = new ApiKeyStore();
                return new(name, keys.Folder, keys.Erase);
            case Prefixes:
                return new(name, ServerFolders.Prefixes, () => PrefixStore.EraseFolder(ServerFolders.Prefixes, tenant: null));
            case PackedWeights:
                var packed = new PackedCache();
                return new(name, packed.Folder, packed.Clear);
            case PulledModels:
                var store = Models.Store;
                return new(name, store.Folder, () => RemoveModels(store));
            default:
                return new(name, TokenStore.Folder, TokenStore.Erase);
        }
    }

    private static long RemoveModels(ModelStore store)
    {
        var models = store.List();
        foreach (var model in models) store.Remove(model);
        return models.Sum(model => model.Size);
    }
}

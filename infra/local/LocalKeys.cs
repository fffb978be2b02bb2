using System.Security.Cryptography;
using System.Text.Json;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local;

/// <summary>Random keys of one data folder, made at the first start, readable by their owner alone.</summary>
/// <param name="FunctionsMaster">Opens everything at the functions host.</param>
/// <param name="Functions">Opens functions of level Function.</param>
/// <param name="EventGridTopic">Key of the topics.</param>
/// <param name="Operator">An admin's key of the pipeline, for this machine's own commands.</param>
/// <param name="GroupToken">With it this machine's agents enrol.</param>
internal sealed record LocalKeys(string FunctionsMaster, string Functions, string EventGridTopic, string Operator, string GroupToken)
{
    /// <summary>The key of a private storage account; null until one was asked for.</summary>
    public string? Storage { get; init; }

    /// <summary>The keys of the functions host.</summary>
    public HostKeys Host => new(FunctionsMaster, Functions);

    /// <exception cref="LocalPlatformException">When the file is damaged.</exception>
    public static LocalKeys ReadOrCreate(string folder)
    {
        var path = Path.Combine(folder, "keys.json");
        if (!File.Exists(path))
        {
            return Written(path, new(Random(), Random(), Random(), Random(), Random()));
        }

        try
        {
            if (JsonSerializer.Deserialize<LocalKeys>(File.ReadAllText(path), JsonSerializerOptions.Web)
                is { FunctionsMaster: not null, Functions: not null, EventGridTopic: not null } keys)
            {
                // One written before operators and devices had keys of their own has none of these.
                return keys is { Operator: not null, GroupToken: not null }
                    ? keys
                    : Written(path, keys with { Operator = keys.Operator ?? Random(), GroupToken = keys.GroupToken ?? Random() });
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new LocalPlatformException($"{path} is damaged; delete it, and new keys are made.");
    }

    /// <summary>The same with a key for a private storage account, which stays the same over restarts.</summary>
    public LocalKeys WithStorage(string folder)
    {
        if (Storage is not null)
        {
            return this;
        }

        return Written(Path.Combine(folder, "keys.json"), this with { Storage = Random(64) });
    }

    private static LocalKeys Written(string path, LocalKeys keys)
    {
        PrivateFile.Write(path, JsonSerializer.Serialize(keys, JsonSerializerOptions.Web));
        return keys;
    }

    // Base64, as the keys of Event Grid and of storage are; the alphabet of URLs, so that no address needs escaping, would not be.
    private static string Random(int bytes = 32) => Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes));
}

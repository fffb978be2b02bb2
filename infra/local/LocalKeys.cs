using System.Security.Cryptography;
using System.Text.Json;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local;

/// <summary>Random keys of one data folder, made at the first start, readable by their owner alone.</summary>
internal sealed record LocalKeys(string FunctionsMaster, string Functions, string EventGridTopic)
{
    /// <summary>The keys of the functions host.</summary>
    public HostKeys Host => new(FunctionsMaster, Functions);

    /// <exception cref="LocalPlatformException">When the file is damaged.</exception>
    public static LocalKeys ReadOrCreate(string folder)
    {
        var path = Path.Combine(folder, "keys.json");
        if (!File.Exists(path))
        {
            PrivateFile.Write(path, JsonSerializer.Serialize(new LocalKeys(Random(), Random(), Random()), JsonSerializerOptions.Web));
        }

        try
        {
            if (JsonSerializer.Deserialize<LocalKeys>(File.ReadAllText(path), JsonSerializerOptions.Web)
                is { FunctionsMaster: not null, Functions: not null, EventGridTopic: not null } keys)
            {
                return keys;
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new LocalPlatformException($"{path} is damaged; delete it, and new keys are made.");
    }

    // Base64, as Event Grid keys are; the alphabet of URLs, so that no address needs escaping, would not be.
    private static string Random() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}

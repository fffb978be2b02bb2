using System.Text.Json;

namespace SlmOps.Local;

/// <summary>The endpoints of the platform that runs in a data folder, for other processes of the same user.</summary>
public static class EndpointsFile
{
    private const string Name = "endpoints.json";

    public static void Write(LocalEndpoints endpoints) => PrivateFile.Write(
        Path.Combine(endpoints.DataFolder, Name), JsonSerializer.Serialize(endpoints, JsonSerializerOptions.Web));

    public static void Delete(string folder) => File.Delete(Path.Combine(folder, Name));

    /// <exception cref="LocalPlatformException">When no platform runs there.</exception>
    public static LocalEndpoints Read(string folder)
    {
        try
        {
            // A platform that was killed leaves its file behind, but not its lock.
            if (FolderLock.IsHeld(folder)
                && JsonSerializer.Deserialize<LocalEndpoints>(File.ReadAllText(Path.Combine(folder, Name)), JsonSerializerOptions.Web)
                    is { } endpoints)
            {
                return endpoints;
            }
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            // Said below.
        }

        throw new LocalPlatformException($"No local platform runs in {folder}; start one with: slmops up");
    }
}

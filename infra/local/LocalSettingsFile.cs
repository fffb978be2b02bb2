using System.Text.Json;

namespace SlmOps.Local;

/// <summary>A developer's settings beside a built app, as the Core Tools read them.</summary>
internal static class LocalSettingsFile
{
    private const string Name = "local.settings.json";
    private const long MaxBytes = 1024 * 1024;

    /// <summary>The values of the folder's file; none when there is no file.</summary>
    /// <exception cref="LocalPlatformException">When the file cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path))
        {
            return new Dictionary<string, string>();
        }

        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new LocalPlatformException($"{path} has more than {MaxBytes} bytes.");
        }

        try
        {
            // {"IsEncrypted":false,"Values":{"AzureWebJobsStorage":"UseDevelopmentStorage=true",…}}
            using var document = JsonDocument.Parse(
                File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            var root = document.RootElement;
            if (root.TryGetProperty("IsEncrypted", out var encrypted) && encrypted.ValueKind == JsonValueKind.True)
            {
                throw new LocalPlatformException(
                    $"{path} is encrypted, which only the Core Tools can read; decrypt it: func settings decrypt");
            }

            return root.TryGetProperty("Values", out var values) && values.ValueKind == JsonValueKind.Object
                ? values.EnumerateObject().ToDictionary(item => item.Name, item => item.Value.ToString())
                : new Dictionary<string, string>();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new LocalPlatformException($"{path} is no settings file: {e.Message}", e);
        }
    }
}

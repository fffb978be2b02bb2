using System.Text.Json;

namespace SlmOps.Pipeline.Lab;

/// <summary>The words in which the agent's process is asked for its smoke test, as <c>SmokeRequest</c> and <c>SmokeOutcome</c> of the agent.</summary>
internal static class LabSmokeTest
{
    internal static string Ask(string folder) => JsonSerializer.Serialize(new { folder, prompts = int.MaxValue });

    /// <summary>What the agent answered.</summary>
    /// <exception cref="InvalidDataException">When it is no such answer.</exception>
    internal static LabSmoke Read(string answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var root = document.RootElement;
            return new(root.GetProperty("passed").GetBoolean(), root.GetProperty("reason").GetString() ?? "")
            {
                Code = root.TryGetProperty("code", out var code) ? code.GetString() : null,
            };
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"The agent's smoke test answered something else than an outcome: {fault.Message}", fault);
        }
    }
}

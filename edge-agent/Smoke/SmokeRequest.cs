namespace SlmOps.EdgeAgent.Smoke;

/// <summary>What the agent asks of the smoke test's process.</summary>
/// <param name="Folder">A slot.</param>
/// <param name="Prompts">Most prompts to run.</param>
internal sealed record SmokeRequest(string Folder, int Prompts);

using System.Security.Cryptography;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Smoke;

namespace SlmOps.EdgeAgent.Run;

/// <summary>What surrounds an agent and differs in tests.</summary>
/// <param name="Clock">The time.</param>
/// <param name="Random">Source of jitter.</param>
/// <param name="Command">What starts this program; see <see cref="SmokeTrial"/>.</param>
/// <param name="BeforeWrite">See <see cref="StateFile"/>.</param>
/// <param name="AfterWrite">See <see cref="StateFile"/>.</param>
/// <param name="FreeBytes">Room on the disk of the data folder.</param>
/// <param name="System">What a model's failure may depend on besides itself; <see cref="Device.Machine.Surroundings"/> unless given.</param>
internal sealed record AgentSurroundings(
    TimeProvider Clock, Random Random, IReadOnlyList<string> Command, Action<int>? BeforeWrite = null, Action<int>? AfterWrite = null,
    Func<long>? FreeBytes = null, string? System = null)
{
    internal static AgentSurroundings Real() =>
        new(TimeProvider.System, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)), OwnCommand());

    // Started as `dotnet slmops-agent.dll`, the process is dotnet and needs to be told what to run.
    private static string[] OwnCommand()
    {
        var process = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        return Path.GetFileNameWithoutExtension(process) == "dotnet"
            ? [process, Path.Combine(AppContext.BaseDirectory, "slmops-agent.dll")]
            : [process];
    }
}

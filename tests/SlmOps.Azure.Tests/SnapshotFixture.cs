[assembly: AssemblyFixture(typeof(SlmOps.Azure.Tests.SnapshotFixture))]

namespace SlmOps.Azure.Tests;

/// <summary>The two deployments the tests look at, each resolved once.</summary>
public sealed class SnapshotFixture : IAsyncLifetime
{
    private readonly InfraCopy _infra = new();

    /// <summary>Everything switched on: golden.bicepparam.</summary>
    internal Snapshot Full { get; private set; } = null!;

    /// <summary>What azd deploys for somebody who set nothing: required parameters alone.</summary>
    internal Snapshot Plain { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Full = await Snapshot.TakeAsync(_infra.Folder, "golden.bicepparam");
        _infra.Write("plain.bicepparam", """
            using 'main.bicep'
            param environmentName = 'golden'
            param location = 'westeurope'
            """);
        Plain = await Snapshot.TakeAsync(_infra.Folder, "plain.bicepparam");
    }

    public ValueTask DisposeAsync()
    {
        _infra.Dispose();
        return ValueTask.CompletedTask;
    }
}

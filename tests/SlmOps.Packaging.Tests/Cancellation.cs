global using static SlmOps.Packaging.Tests.Cancellation;

namespace SlmOps.Packaging.Tests;

internal static class Cancellation
{
    internal static CancellationToken Stop => TestContext.Current.CancellationToken;
}

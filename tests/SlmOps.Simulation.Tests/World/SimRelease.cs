using System.Text;
using SlmOps.Contracts;

namespace SlmOps.Simulation.Tests.World;

/// <summary>How a release behaves on a device.</summary>
internal enum Quality
{
    Good,

    /// <summary>Its smoke test fails everywhere.</summary>
    FailsItsTest,

    /// <summary>It passes its test and fails at the end of the soak.</summary>
    FailsInItsSoak,

    /// <summary>A device that puts it in charge is never heard of again.</summary>
    Kills,

    /// <summary>It computes something else on every second device, which is of another class of processors.</summary>
    FailsOnOneClass,
}

/// <summary>A release of one variant.</summary>
internal sealed record SimRelease(ReleaseRef Ref, VariantOffer Variant, Quality Quality)
{
    internal static SimRelease Of(string version, Quality quality)
    {
        var digest = Digest.Of(Encoding.UTF8.GetBytes(version));
        return new(
            new("phi", version, digest, 1000, Digest.Of(Encoding.UTF8.GetBytes($"signature {version}"))),
            new(
                "int8", Digest.Of(Encoding.UTF8.GetBytes($"manifest {version}")), 500, 1000, "int8", new(1, "1.20.0", []),
                new(null, null, null, null, null, null, null, null)),
            quality);
    }
}

using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Identity;
using SlmOps.Packaging.Certificates;
using SlmOps.Packaging.Signing;

namespace SlmOps.EdgeAgent.SelfTest;

/// <summary>A device is admitted by an authority of its own, keeps what it got, and signs a token.</summary>
internal static class IdentityTest
{
    internal static async Task<string> RunAsync(string root, CancellationToken cancellationToken)
    {
        using var fleet = LocalSigningKey.CreateInMemory();
        var folder = new DataFolder(Path.Combine(root, "identity"));
        var now = TimeProvider.System.GetUtcNow();
        using var credential = new Credential(folder, "self-test", "stable", TimeProvider.System, NullLogger.Instance);
        var asked = await credential.RequestAsync("token", cancellationToken);
        var request = DeviceRequest.Read(Convert.FromBase64String(asked.Request));
        var authority = await FleetCertificates.AuthorityAsync(fleet, now.AddHours(-1), now.AddDays(9), cancellationToken);
        var certificate = await FleetCertificates.IssueAsync(
            authority, fleet, request, now.AddHours(-1), now.AddDays(3), cancellationToken);
        var fault = credential.Accept(new(
            "stable", Convert.ToBase64String(certificate), Convert.ToBase64String(authority), "slmops:self-test", now.AddDays(2),
            now.AddDays(3)));
        using var again = new Credential(folder, "self-test", "stable", TimeProvider.System, NullLogger.Instance);
        var token = await again.AssertAsync(cancellationToken);
        return fault is null && again.IsEnrolled && token?.Split('.').Length == 3
            ? "a certificate was asked for, checked and kept, and a token signed"
            : throw new InvalidDataException(fault ?? "What was kept did not come back.");
    }
}

using Azure.Core;
using SlmOps.Packaging.Signing;

namespace SlmOps.Pipeline.Signing;

/// <summary>
/// Two keys, as in Uptane: the release key signs what exists, the director key says what runs where. A device needs
/// both to agree, so one stolen key installs nothing. A third, the online key, says day by day that the list of what
/// exists is still the newest; it can hold devices back for some days at most and bring them nothing. The fleet key signs the
/// certificates of devices: it says who belongs to the fleet, and nothing about what they run.
/// </summary>
internal sealed class SigningKeys(PipelineOptions options, TokenCredential credential, HttpClient http)
{
    private static readonly TokenRequestContext VaultScope = new(["https://vault.azure.net/.default"]);

    private ISigningKey? _release;
    private ISigningKey? _director;
    private ISigningKey? _online;
    private ISigningKey? _fleet;

    internal async Task<ISigningKey> ReleaseAsync(CancellationToken cancellationToken) =>
        _release ??= await OpenAsync(options.ReleaseKey, cancellationToken).ConfigureAwait(false);

    internal async Task<ISigningKey> DirectorAsync(CancellationToken cancellationToken) =>
        _director ??= await OpenAsync(options.DirectorKey, cancellationToken).ConfigureAwait(false);

    internal async Task<ISigningKey> OnlineAsync(CancellationToken cancellationToken) =>
        _online ??= await OpenAsync(options.OnlineKey, cancellationToken).ConfigureAwait(false);

    internal async Task<ISigningKey> FleetAsync(CancellationToken cancellationToken) =>
        _fleet ??= await OpenAsync(options.FleetKey, cancellationToken).ConfigureAwait(false);

    private async Task<ISigningKey> OpenAsync(string place, CancellationToken cancellationToken) =>
        place.StartsWith("https://", StringComparison.Ordinal)
            ? await KeyVaultSigningKey.OpenAsync(http, new Uri(place), TokenAsync, cancellationToken).ConfigureAwait(false)
            : LocalSigningKey.LoadOrCreate(place);

    private async ValueTask<string> TokenAsync(CancellationToken cancellationToken) =>
        (await credential.GetTokenAsync(VaultScope, cancellationToken).ConfigureAwait(false)).Token;
}

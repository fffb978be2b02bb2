namespace SlmOps.Local.Azurite;

/// <summary>Where the three services of Azurite listen.</summary>
internal sealed record AzuriteEndpoints(Uri Blob, Uri Queue, Uri Table)
{
    /// <summary>The well-known development account.</summary>
    public const string Account = "devstoreaccount1";

    /// <summary>The published key of the development account; it protects nothing.</summary>
    public const string WellKnownKey =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>The key that storage takes.</summary>
    public string Key { get; init; } = WellKnownKey;

    /// <summary>Connection string that names each service.</summary>
    public string ConnectionString => ConnectionStringWithBlob(Blob);

    /// <summary>The same with another blob endpoint, for a proxy before Azurite.</summary>
    public string ConnectionStringWithBlob(Uri blob) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};"
        + $"BlobEndpoint={Endpoint(blob)};QueueEndpoint={Endpoint(Queue)};TableEndpoint={Endpoint(Table)};";

    private static string Endpoint(Uri service) => new Uri(service, Account).AbsoluteUri;
}

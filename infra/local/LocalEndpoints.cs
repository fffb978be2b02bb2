namespace SlmOps.Local;

/// <summary>Where a running local platform is reached, and the keys for it.</summary>
/// <param name="StorageConnectionString">Blobs through the proxy that raises events; queues and tables at Azurite.</param>
/// <param name="EventGridTopicEndpoint">Endpoint of the topic <c>slmops</c> for a publisher client.</param>
/// <param name="EventGridKey">Its key.</param>
/// <param name="FunctionsUrl">The functions host.</param>
/// <param name="FunctionsKey">Opens HTTP functions of level Function.</param>
/// <param name="OperatorKey">An admin's key of the pipeline.</param>
/// <param name="EnrolmentToken">With it agents enrol.</param>
/// <param name="FrontUrl">Health, metrics, flush and the event log.</param>
/// <param name="DataFolder">Folder of all data.</param>
public sealed record LocalEndpoints(
    string StorageConnectionString,
    Uri EventGridTopicEndpoint,
    string EventGridKey,
    Uri FunctionsUrl,
    string FunctionsKey,
    string OperatorKey,
    string EnrolmentToken,
    Uri FrontUrl,
    string DataFolder);

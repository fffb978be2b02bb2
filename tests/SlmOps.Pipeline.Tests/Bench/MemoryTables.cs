using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace SlmOps.Pipeline.Tests.Bench;

/// <summary>
/// Table storage in memory, behind the real client: rows with ETags, the two filters that devices' calls lead to, and batches that
/// delete. It says which rows were written, so that a test can tell what a call changed. Where Azurite would take minutes.
/// </summary>
internal sealed partial class MemoryTables : HttpPipelineTransport, IDisposable
{
    private readonly HttpClientTransport _requests = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<RowName, (string Json, string ETag)> _rows = [];
    private readonly List<RowName> _written = [];
    private long _version;

    internal TableServiceClient Client => new(
        "UseDevelopmentStorage=true", new TableClientOptions { Transport = this, Retry = { MaxRetries = 0 } });

    /// <summary>Names of all rows.</summary>
    internal IReadOnlyList<RowName> Names
    {
        get
        {
            lock (_gate)
            {
                return [.. _rows.Keys];
            }
        }
    }

    /// <summary>Bytes that the rows take, about.</summary>
    internal long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _rows.Sum(row => 2L * (row.Value.Json.Length + 400));
            }
        }
    }

    /// <summary>The rows that were written or deleted since it was asked last.</summary>
    internal IReadOnlyList<RowName> TakeWritten()
    {
        lock (_gate)
        {
            var written = _written.ToArray();
            _written.Clear();
            return written;
        }
    }

    public void Dispose() => _requests.Dispose();

    public override Request CreateRequest() => _requests.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException("Everything is asynchronous here.");

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        var body = "";
        if (message.Request.Content is { } content)
        {
            using var written = new MemoryStream();
            await content.WriteToAsync(written, message.CancellationToken);
            body = System.Text.Encoding.UTF8.GetString(written.GetBuffer(), 0, (int)written.Length);
        }

        // Calls of one device overlap here too.
        await Task.Yield();
        lock (_gate)
        {
            message.Response = Answer(message.Request, Uri.UnescapeDataString(message.Request.Uri.ToUri().AbsolutePath), body);
        }
    }

    private Answer Answer(Request request, string path, string body)
    {
        if (path.EndsWith("/$batch", StringComparison.Ordinal))
        {
            return Batch(request, body);
        }

        if (RowAddress().Match(path) is { Success: true } row)
        {
            return Row(request, NameOf(row), body);
        }

        var table = path[(path.LastIndexOf('/') + 1)..].Replace("()", "", StringComparison.Ordinal);
        if (request.Method == RequestMethod.Get)
        {
            return Query(request, table);
        }

        var entity = JsonNode.Parse(body)!;
        var name = new RowName(table, (string)entity["PartitionKey"]!, (string)entity["RowKey"]!);
        return _rows.ContainsKey(name) ? Fault(request, 409, "EntityAlreadyExists") : Write(request, name, body);
    }

    private Answer Row(Request request, RowName name, string body)
    {
        var exists = _rows.TryGetValue(name, out var row);
        if (request.Method == RequestMethod.Get)
        {
            return exists ? new(request, 200, Show(row)) : Fault(request, 404, "ResourceNotFound");
        }

        var condition = request.Headers.TryGetValue("If-Match", out var given) ? given : null;
        if (condition is not null && !exists)
        {
            return Fault(request, 404, "ResourceNotFound");
        }

        if (condition is not null and not "*" && condition != row.ETag)
        {
            return Fault(request, 412, "UpdateConditionNotSatisfied");
        }

        if (request.Method != RequestMethod.Delete)
        {
            return Write(request, name, body);
        }

        Delete(name);
        return new(request, 204);
    }

    private Answer Write(Request request, RowName name, string body)
    {
        var etag = string.Create(CultureInfo.InvariantCulture, $"W/\"datetime'{++_version}'\"");
        _rows[name] = (body, etag);
        _written.Add(name);
        return new Answer(request, 204).With("ETag", etag);
    }

    private void Delete(RowName name)
    {
        _rows.Remove(name);
        _written.Add(name);
    }

    private Answer Query(Request request, string table)
    {
        var filter = Filter().Match(Uri.UnescapeDataString(request.Uri.Query));
        Assert.True(filter.Success, request.Uri.Query);
        var (wanted, below) = (filter.Groups["key"].Value, filter.Groups["is"].Value == "lt");
        var found = _rows
            .Where(row => row.Key.Table == table
                && (below ? string.CompareOrdinal(row.Key.Partition, wanted) < 0 : row.Key.Partition == wanted))
            .OrderBy(row => row.Key.Partition, StringComparer.Ordinal).ThenBy(row => row.Key.Row, StringComparer.Ordinal);
        return new(request, 200, $$"""{"value":[{{string.Join(',', found.Select(row => Show(row.Value)))}}]}""");
    }

    private Answer Batch(Request request, string body)
    {
        var deletions = Deletion().Matches(body)
            .Select(one => NameOf(RowAddress().Match(Uri.UnescapeDataString(one.Groups["path"].Value)))).ToList();
        Assert.NotEmpty(deletions);
        deletions.ForEach(Delete);
        var parts = string.Concat(deletions.Select(_ =>
            "--changes\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n"));
        return new(
            request, 202,
            $"--batch\r\nContent-Type: multipart/mixed; boundary=changes\r\n\r\n{parts}--changes--\r\n--batch--\r\n",
            "multipart/mixed; boundary=batch");
    }

    private static RowName NameOf(Match address) => new(
        address.Groups["table"].Value, address.Groups["partition"].Value.Replace("''", "'", StringComparison.Ordinal),
        address.Groups["row"].Value.Replace("''", "'", StringComparison.Ordinal));

    private static string Show((string Json, string ETag) row) =>
        $"{{\"odata.etag\":\"{row.ETag.Replace("\"", "\\\"", StringComparison.Ordinal)}\",{row.Json.TrimStart()[1..]}";

    private static Answer Fault(Request request, int status, string code) =>
        new(request, status, $$$$"""{"odata.error":{"code":"{{{{code}}}}","message":{"lang":"en-US","value":"{{{{code}}}}"}}}""");

    [GeneratedRegex(@"/(?<table>\w+)\(PartitionKey='(?<partition>.*)',\s*RowKey='(?<row>.*)'\)$")]
    private static partial Regex RowAddress();

    [GeneratedRegex(@"filter=PartitionKey (?<is>eq|lt) '(?<key>[^']*)'")]
    private static partial Regex Filter();

    [GeneratedRegex(@"DELETE \S*(?<path>/\w+\(PartitionKey[^?\s]*\))")]
    private static partial Regex Deletion();
}

/// <summary>Where a row stands.</summary>
internal sealed record RowName(string Table, string Partition, string Row);

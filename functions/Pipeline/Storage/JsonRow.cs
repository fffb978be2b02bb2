using System.Text.Encodings.Web;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;

namespace SlmOps.Pipeline.Storage;

/// <summary>
/// A record as one table row. A binary property holds 64 KiB at most and a row 1 MiB, so the JSON is cut into
/// <c>Data0</c>, <c>Data1</c>, ….
/// </summary>
internal static class JsonRow
{
    private const int ChunkBytes = 60 * 1024;
    private const int MaxChunks = 14;

    // Rows are never part of a web page: a letter that is not ASCII takes its bytes, not the six of an escape.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 32,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static TableEntity Write<T>(string partition, string row, T value)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, Json);
        var chunks = bytes.Chunk(ChunkBytes).ToList();
        if (chunks.Count > MaxChunks)
        {
            throw new InvalidOperationException(
                $"The record {partition}/{row} has {bytes.Length} bytes; a table row holds {MaxChunks * ChunkBytes}.");
        }

        var entity = new TableEntity(partition, row);
        for (var index = 0; index < chunks.Count; index++)
        {
            entity[Name(index)] = chunks[index];
        }

        return entity;
    }

    internal static T Read<T>(TableEntity entity)
    {
        using var bytes = new MemoryStream();
        for (var index = 0; entity.GetBinary(Name(index)) is { } chunk; index++)
        {
            bytes.Write(chunk);
        }

        return JsonSerializer.Deserialize<T>(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), Json)
            ?? throw new InvalidDataException($"The row {entity.PartitionKey}/{entity.RowKey} is empty.");
    }

    internal static async Task<Stored<T>?> FindAsync<T>(
        this TableClient table, string partition, string row, CancellationToken cancellationToken)
        where T : class
    {
        var found = await table.GetEntityIfExistsAsync<TableEntity>(partition, row, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        return found is { HasValue: true, Value: { } entity } ? new(Read<T>(entity), entity.ETag) : null;
    }

    /// <summary>All rows of a partition whose key starts with the prefix, in key order.</summary>
    internal static AsyncPageable<TableEntity> WithPrefixAsync(
        this TableClient table, string partition, string prefix, CancellationToken cancellationToken)
    {
        // '|' ends every prefix; '}' is the character after it.
        var end = string.Concat(prefix.AsSpan(0, prefix.Length - 1), "}");
        return table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {prefix} and RowKey lt {end}"),
            cancellationToken: cancellationToken);
    }

    private static string Name(int index) => $"Data{index}";
}

internal sealed record Stored<T>(T Value, ETag ETag);

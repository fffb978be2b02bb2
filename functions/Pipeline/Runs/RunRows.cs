using Azure.Data.Tables;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Runs;

/// <summary>Everything that is stored about one run, read at once.</summary>
internal sealed class RunRows(IReadOnlyList<TableEntity> rows)
{
    internal T? Find<T>(string row)
        where T : class => rows.FirstOrDefault(found => found.RowKey == row) is { } entity ? JsonRow.Read<T>(entity) : null;

    internal bool Has(string row) => rows.Any(found => found.RowKey == row);

    internal IReadOnlyList<T> List<T>(string prefix) =>
        [.. rows.Where(row => row.RowKey.StartsWith(prefix, StringComparison.Ordinal)).Select(JsonRow.Read<T>)];

    /// <summary>How long a stage took, all its messages together; null while it has no result.</summary>
    internal long? ElapsedMs(FlowStep step)
    {
        var results = step.IsPerVariant ? List<Timed>(step.Row!) : [.. new[] { Find<Timed>(step.RowOf(null)) }.OfType<Timed>()];
        return results.Count == 0 ? null : results.Sum(result => result.ElapsedMs);
    }

    /// <summary>What all results have in common.</summary>
    private sealed record Timed : StageResult;
}

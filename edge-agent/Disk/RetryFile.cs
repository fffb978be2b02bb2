using System.Text;
using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>What is to be tried again: everything, or one release.</summary>
/// <param name="Named">The release, or null for everything.</param>
internal sealed record RetryRequest((ModelName Model, ModelVersion Version)? Named)
{
    internal const string Everything = "*";

    internal string Line => Named is { } named ? $"{named.Model}/{named.Version}" : Everything;

    /// <summary>Reads <c>*</c> or <c>name/version</c>; null for anything else.</summary>
    internal static RetryRequest? Parse(string text)
    {
        if (text == Everything)
        {
            return new(Named: null);
        }

        return text.Split('/') is [var model, var version]
            && ModelName.TryParse(model, out var name)
            && ModelVersion.TryParse(version, out var number)
                ? new((name, number))
                : null;
    }
}

/// <summary>How <c>slmops-agent retry</c> tells an agent that may be running: a file with a line for each wish.</summary>
internal static class RetryFile
{
    private const long MaxBytes = 16 << 10;

    /// <summary>What is asked for; null when nothing is.</summary>
    internal static IReadOnlyList<RetryRequest>? Read(DataFolder folder)
    {
        var bytes = DurableFile.Read(folder.Retry, MaxBytes, out var damage);
        if (damage is not null)
        {
            DiskPath.PutAside(folder.Retry);
        }

        return bytes is null ? null : [.. Encoding.UTF8.GetString(bytes).Split('\n').Select(RetryRequest.Parse).OfType<RetryRequest>()];
    }

    internal static void Add(DataFolder folder, RetryRequest request)
    {
        var lines = (Read(folder) ?? []).Select(one => one.Line).Append(request.Line).Distinct();
        DurableFile.Write(folder.Retry, Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
    }
}

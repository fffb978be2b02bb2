using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Collect;

/// <summary>Which artifacts a run still needs: the upload and what was built of it. Pure.</summary>
internal static class ArtifactNeeds
{
    /// <summary>Nothing for a run that ended without a release: it is not taken up again, a new version is uploaded instead.</summary>
    internal static IEnumerable<Digest> Of(RunRows rows) =>
        rows.Find<RunRecord>(RunRecord.Row) is not { } record || HasFailed(rows)
            ? []
            : record.Files.Concat(rows.List<QuantizeResult>(QuantizeResult.Prefix).SelectMany(built => built.Files))
                .Select(file => file.Digest);

    private static bool HasFailed(RunRows rows) =>
        rows.Find<ReleaseResult>(ReleaseResult.Row) is null
        && (rows.Find<PackageResult>(PackageResult.Row) is { Variants.Count: 0 }
            || rows.Find<AdaptResult>(AdaptResult.Row) is { Problems.Count: > 0 }

            // Intake's rejections are of other uploads under the same name; a later stage's are of this run.
            || Rejections.In(rows).Any(rejection => rejection.Stage != IntakeStage.Name));
}
